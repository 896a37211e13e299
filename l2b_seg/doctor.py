"""What this installation can do: versions, devices, memory, cache, extras, and a step of the engine on each device."""

import os
import platform
import shutil
import time
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

from l2b_run.cache import cache_dir
from l2b_run.environment import memory_mb, package_version, usable_cores
from l2b_run.extras import EXTRAS, install_command, missing_modules

PACKAGES = {
    "torch": "torch",
    "torchvision": "torchvision",
    "monai": "monai",
    "segmentation-models-pytorch": "segmentation_models_pytorch",
    "nibabel": "nibabel",
    "SimpleITK": "SimpleITK",
    "pillow": "PIL",
    "numpy": "numpy",
    "scipy": "scipy",
    "scikit-image": "skimage",
    "pydantic": "pydantic",
    "PyYAML": "yaml",
    "typer": "typer",
    "rich": "rich",
    "pooch": "pooch",
    "matplotlib": "matplotlib",
    "jinja2": "jinja2",
    "safetensors": "safetensors",
}
"""Distribution -> module, all of them needed."""

_LITTLE_DISK_GB = 1.0


def doctor() -> dict[str, Any]:
    """Look at the installation; never raises for what it finds.

    Returns:
        python, platform, versions (distribution -> version or None), cpu (cores, torch_threads), memory_gb, cuda
        (version torch was built with or None; devices: name, memory_gb, free_gb), cache (folder, size_mb, free_gb),
        extras (name -> missing modules, and the command that installs them), self_test (device -> seconds, or
        message of failure), problems (each says what is wrong and what to do) and usable: no problem was found.
    """
    problems = _broken_packages()
    found: dict[str, Any] = {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "versions": {name: package_version(name) for name in ("l2b", *PACKAGES)},
        "cpu": {"cores": usable_cores()},
        "memory_gb": memory_mb() / 1e3,
        "cache": _cache(problems),
        "extras": {name: {"missing": missing_modules(name), "install": install_command(name)} for name in EXTRAS},
    }
    if not any(problem.startswith("torch ") for problem in problems):
        import torch

        found["cpu"]["torch_threads"] = torch.get_num_threads()
        found["cuda"] = _cuda(problems)
        devices = ["cpu", *(f"cuda:{number}" for number in range(len(found["cuda"]["devices"])))]
        found["self_test"] = {device: _self_test(device, problems) for device in devices}
    return {**found, "problems": problems, "usable": not problems}


def _broken_packages() -> list[str]:
    problems = []
    for name, module in PACKAGES.items():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what a library tells its own developers
                import_module(module)
        except Exception as error:  # a half-working library fails in its own way
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            problems.append(f"{name} cannot be imported ({reason}): pip install --upgrade {name}")
    return problems


def _cache(problems: list[str]) -> dict[str, Any]:
    folder = cache_dir()
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(existing).free / 1e9
    if not os.access(existing, os.W_OK) or not existing.is_dir():
        problems.append(f"cache folder {folder} cannot be written: name another one by L2B_CACHE")
    elif free < _LITTLE_DISK_GB:
        problems.append(f"cache folder {folder} has {free:.1f} GB free: free space, or name another one by L2B_CACHE")
    return {"folder": str(folder), "size_mb": _size(folder) / 1e6, "free_gb": free}


def _size(folder: Path) -> int:
    return sum(os.lstat(os.path.join(where, name)).st_size for where, _, names in os.walk(folder) for name in names)


def _cuda(problems: list[str]) -> dict[str, Any]:
    import torch

    devices = []
    for number in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        try:
            free, total = torch.cuda.mem_get_info(number)
        except RuntimeError as error:
            problems.append(f"cuda:{number} does not answer ({error}): restart its driver, or use --device cpu")
            continue
        name = torch.cuda.get_device_name(number)
        devices.append({"name": name, "memory_gb": total / 1e9, "free_gb": free / 1e9})
    return {"version": torch.version.cuda, "devices": devices}


def _self_test(device: str, problems: list[str]) -> dict[str, Any]:
    """One exact step of the engine on a tiny network, as training takes it: its seconds, or why it failed."""
    started = time.perf_counter()
    try:
        _tiny_step(device)
    except Exception as error:  # whatever breaks, the finding is that it broke
        text = f"{type(error).__name__}: {error}".splitlines()[0]
        problems.append(f"a training step on {device} failed ({text}): check the torch installation for this device")
        return {"ok": False, "error": text}
    return {"ok": True, "seconds": time.perf_counter() - started}


def _tiny_step(device: str) -> None:
    import torch
    from torch import nn

    from l2b import train_step
    from l2b_seg.task import Task

    task = Task(1, ("square",))
    with torch.random.fork_rng(devices=[device] if device != "cpu" else []):
        torch.manual_seed(0)
        layers = (nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 1, 1))
        model = nn.Sequential(*layers).to(device)
        image = torch.rand(4, 1, 16, 16, device=device)
    target = (image > 0.5).float()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    before = [parameter.detach().clone() for parameter in model.parameters()]
    step = train_step(
        model,
        optimizer,
        (image[:2], 1 - target[:2]),
        (image[2:], target[2:]),
        loss=task.loss,
        pseudo_label=task.hard_pseudo_label,
    )
    total = float(step.weights.sum())
    if step.weights.shape != (2, 2, 16, 16) or not abs(total - 1) < 1e-3:
        raise RuntimeError(f"weights of shape {tuple(step.weights.shape)} and sum {total:.4f}, expected 1")
    if not any((old != new).any() for old, new in zip(before, model.parameters(), strict=True)):
        raise RuntimeError("the step did not move the network")
