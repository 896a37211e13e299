"""Processes of this package: their command line and environment."""

import os
import sys
from pathlib import Path

from l2b_run.folder.environment import usable_cores

_ROOT = Path(__file__).resolve().parents[3]


def python_command(module: str) -> list[str]:
    """The start of a command that runs `module` of this very package, whatever lies in the working folder (-P)."""
    return [sys.executable, "-P", "-m", module]


def child_environment(jobs: int) -> dict[str, str]:
    """This process's environment with the package on the path and the threads of one job.

    OMP_NUM_THREADS says how many, else each job has its share of the cores.
    Threads beyond the cores wait for each other: two on a busy core run 6 to 17 times slower than one.
    """
    threads = os.environ.get("OMP_NUM_THREADS") or str(max(1, usable_cores() // jobs))
    path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    # torch takes MKL_NUM_THREADS before OMP_NUM_THREADS
    return os.environ | {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads, "PYTHONPATH": path}


def last_error(text: str) -> str:
    """What ended a process, from all it wrote: the last line that says "error", else the last one."""
    lines = [line for line in text.splitlines() if line.strip()]
    said = [line for line in lines if line.startswith(("error:", "internal error:"))]
    return (said or lines or ["no word of why"])[-1].strip()
