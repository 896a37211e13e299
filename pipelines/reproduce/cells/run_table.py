"""The runs of a table, each a `train` command in a process of its own: finished ones kept, interrupted ones resumed."""

import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BufferedWriter
from pathlib import Path
from typing import Literal

from l2b_data.files.atomic import write_text
from pipelines.plan.request import TrainRequest
from pipelines.reproduce.cells.child import child_environment, last_error, python_command
from pipelines.reproduce.cells.choose_runs import CellRun
from pipelines.reproduce.cells.kept import epochs_done, is_begun, is_finished

_POLL_SECONDS = 0.2
_STOP_SECONDS = 60.0  # for the step under way, after which training saves nothing more


@dataclass(frozen=True)
class Event:
    """What became of a run. epoch: finished so far. seconds: since its process started. text: of a failed one, why."""

    run: CellRun
    kind: Literal["kept", "started", "resumed", "epoch", "finished", "failed"]
    epoch: int = 0
    seconds: float = 0.0
    text: str = ""


Watch = Callable[[Event], None]


@dataclass
class _Running:
    run: CellRun
    process: subprocess.Popen[bytes]
    log: BufferedWriter
    begin: int  # of what this process writes to the log
    epoch: int
    started: float


def run_table(
    runs: Sequence[CellRun], module: str, *, jobs: int = 1, watch: Watch = lambda event: None
) -> dict[str, str]:
    """Run all that are not finished, `jobs` at a time, in their order; a failed one stops no other.

    module: the tool whose `train` is run. Beside the run folder FOLDER, FOLDER.log has what the process wrote.
    Returns the name of each failed run and why. An exception, as Ctrl-C or SIGTERM raise one, ends the processes first:
    their last finished epoch is kept, and the same call goes on from there.
    """
    failed: dict[str, str] = {}
    waiting = []
    for run in runs:
        if is_finished(run.out):
            watch(Event(run, "kept"))
        else:
            waiting.append(run)
    running: list[_Running] = []
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                running.append(_start(waiting.pop(0), module, jobs, watch))
            time.sleep(_POLL_SECONDS)
            running = [one for one in running if not _ended(one, failed, watch)]
    finally:
        _stop(running)
    return failed


def _start(run: CellRun, module: str, jobs: int, watch: Watch) -> _Running:
    path = Path(f"{run.out}.log")
    if not path.is_file():
        write_text(path, "")  # what is wrong with the place is said in one message
    begin = path.stat().st_size
    log = open(path, "ab")  # noqa: SIM115 - closed when the process has ended
    command = [*python_command(module), *train_arguments(run.request)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=child_environment(jobs))
    done = epochs_done(run.out)
    watch(Event(run, "resumed" if is_begun(run.out) else "started", done))
    return _Running(run, process, log, begin, done, time.monotonic())


def train_arguments(request: TrainRequest) -> list[str]:
    """The arguments of the tool that make this run, or go on with it where it has finished an epoch."""
    assert request.out is not None
    arguments = ["train", request.recipe, "--data", str(request.data), "--device", request.device]
    if is_begun(request.out):
        return [*arguments, "--resume", str(request.out)]
    arguments += ["--method", request.method, "--noise", str(request.noise), "--noise-seed", str(request.noise_seed)]
    arguments += ["--preset", str(request.preset), "--seed", str(request.seed), "--out", str(request.out)]
    return arguments + [part for text in request.overrides for part in ("--set", text)]


def _ended(one: _Running, failed: dict[str, str], watch: Watch) -> bool:
    """Whether its process has ended; what became of it, or of its epochs, goes to `watch` and `failed`."""
    code = one.process.poll()
    epoch = epochs_done(one.run.out)
    if code is None:
        if epoch > one.epoch:
            one.epoch = epoch
            watch(Event(one.run, "epoch", epoch))
        return False
    one.log.close()
    seconds = time.monotonic() - one.started
    if code == 0:
        watch(Event(one.run, "finished", epoch, seconds))
        return True
    path = Path(f"{one.run.out}.log")
    text = last_error(path.read_bytes()[one.begin :].decode("utf-8", "replace"))
    failed[one.run.out.name] = f"{text} (exit code {code}; {path})"
    watch(Event(one.run, "failed", epoch, seconds, failed[one.run.out.name]))
    return True


def _stop(running: Sequence[_Running]) -> None:
    """End the processes after the step under way, or at once where that takes too long or Ctrl-C comes again."""
    for one in running:
        one.process.terminate()
    until = time.monotonic() + _STOP_SECONDS
    try:
        for one in running:
            one.process.wait(max(0.0, until - time.monotonic()))
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        for one in running:
            one.process.kill()
            one.process.wait()
    finally:
        for one in running:
            one.log.close()
