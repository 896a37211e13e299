"""Versions, device, commit and command line of a run (env.json)."""

import os
import platform
import resource
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from l2b_data.files.extras import package_version

if TYPE_CHECKING:
    import torch

_RECORDED = (
    *("l2b", "torch", "torchvision", "monai", "segmentation-models-pytorch", "timm"),
    *("numpy", "scipy", "scikit-learn", "nibabel", "SimpleITK", "pillow"),
)


def environment(device: str) -> dict[str, Any]:
    """Versions, device, git commit of the working copy (None outside one) and the command line, as plain values."""
    return {
        "command": sys.argv,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "device": device,
        "versions": {name: package_version(name) for name in _RECORDED},
        "git_commit": _git_commit(),
    }


def usable_cores() -> int:
    """Processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory_mb() -> float:
    """Main memory this process may use in MB (10^6 bytes): the machine's, or less where a container is limited."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = Path("/sys/fs/cgroup/memory.max")
    text = limit.read_text(encoding="ascii").strip() if limit.is_file() else ""
    return min(total, int(text) if text.isdigit() else total) / 1e6


def peak_memory_mb(device: "torch.device") -> float:
    """Most memory used so far, in MB (10^6 bytes): torch's on a CUDA device, else resident memory of this process."""
    if device.type == "cuda":
        import torch

        return torch.cuda.max_memory_allocated(device) / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def _git_commit() -> str | None:
    command = ["git", "-C", str(Path(__file__).resolve().parent), "rev-parse", "HEAD"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return found.stdout.strip() or None
