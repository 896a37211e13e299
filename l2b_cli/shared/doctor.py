"""What an installation can do: versions, devices, memory, cache, extras, and a training step on each device."""

import os
import platform
import shutil
import time
import warnings
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from l2b_cli.shared.options import AsJson
from l2b_cli.shared.result import print_result
from l2b_data.errors import L2BError
from l2b_data.files.cache import cache_dir
from l2b_data.files.extras import EXTRAS, install_command, missing_modules, package_version
from l2b_run.folder.environment import memory_mb, usable_cores

if TYPE_CHECKING:
    from torch import Tensor, nn

_LITTLE_DISK_GB = 1.0
_SAME = ("torch", "torchvision", "numpy", "scipy", "pydantic", "typer", "rich", "pooch", "matplotlib", "jinja2")
SHARED_PACKAGES = {name: name for name in (*_SAME, "safetensors")} | {"pillow": "PIL", "PyYAML": "yaml"}
"""Distribution -> module of what both tools need."""


def examine(packages: Mapping[str, str], tiny_step: Callable[[str], None]) -> dict[str, Any]:
    """Look at the installation; never raises for what it finds.

    Args:
        packages: distribution -> module, all of them needed.
        tiny_step: takes a training step on a device ("cpu", "cuda:0"), and raises where it went wrong.

    Returns:
        python, platform, versions (distribution -> version or None), cpu (cores, torch_threads), memory_gb, cuda
        (version torch was built with or None; devices: name, memory_gb, free_gb), cache (folder, size_mb, free_gb),
        extras (name -> missing modules, and the command that installs them), self_test (device -> seconds, or
        message of failure), problems (each says what is wrong and what to do) and usable: no problem was found.
    """
    problems = _broken_packages(packages)
    found: dict[str, Any] = {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "versions": {name: package_version(name) for name in ("l2b", *packages)},
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
        found["self_test"] = {device: _self_test(tiny_step, device, problems) for device in devices}
    return {**found, "problems": problems, "usable": not problems}


def try_step(
    model: "nn.Module",
    batch: "tuple[Tensor, Tensor]",
    meta: "tuple[Tensor, Tensor]",
    *,
    loss: "Callable[[Tensor, Tensor], Tensor]",
    pseudo_label: "Callable[[Tensor], Tensor]",
) -> None:
    """One exact step of the engine on `batch`, judged by `meta` (as `l2b.train_step` takes them).

    Raises RuntimeError where its weights have another shape than (2, *losses) or sum than 1, or the model is unmoved.
    """
    import torch

    from l2b import train_step

    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    before = [parameter.detach().clone() for parameter in model.parameters()]
    step = train_step(model, optimizer, batch, meta, loss=loss, pseudo_label=pseudo_label)
    total, shape = float(step.weights.sum()), (2, *loss(step.logits, batch[1]).shape)
    if step.weights.shape != shape or not abs(total - 1) < 1e-3:
        raise RuntimeError(f"weights of shape {tuple(step.weights.shape)} and sum {total:.4f}, expected 1")
    if not any((old != new).any() for old, new in zip(before, model.parameters(), strict=True)):
        raise RuntimeError("the step did not move the network")


def _broken_packages(packages: Mapping[str, str]) -> list[str]:
    problems = []
    for name, module in packages.items():
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
    files = (os.path.join(where, name) for where, _, names in os.walk(folder) for name in names)
    size = sum(os.lstat(path).st_size for path in files)
    return {"folder": str(folder), "size_mb": size / 1e6, "free_gb": free}


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


def _self_test(tiny_step: Callable[[str], None], device: str, problems: list[str]) -> dict[str, Any]:
    """One step: its seconds, or why it failed."""
    started = time.perf_counter()
    try:
        tiny_step(device)
    except Exception as error:  # whatever breaks, the finding is that it broke
        text = f"{type(error).__name__}: {error}".splitlines()[0]
        problems.append(f"a training step on {device} failed ({text}): check the torch installation for this device")
        return {"ok": False, "error": text}
    return {"ok": True, "seconds": time.perf_counter() - started}


def doctor_rows(found: dict[str, Any]) -> list[tuple[str, str]]:
    """(name, text) a row of what `examine` found, for a terminal."""
    rows = [("l2b", found["versions"]["l2b"] or "not installed, run from its source")]
    rows += [("python", found["python"]), ("platform", found["platform"])]
    rows += [(name, version or "not installed") for name, version in found["versions"].items() if name != "l2b"]
    threads = found["cpu"].get("torch_threads")
    rows.append(("CPU", f"{found['cpu']['cores']} cores" + (f", torch uses {threads} threads" if threads else "")))
    rows.append(("memory", f"{found['memory_gb']:.1f} GB"))
    rows += _cuda_rows(found["cuda"]) if "cuda" in found else []
    cache = found["cache"]
    rows.append(("cache", f"{cache['folder']}: {cache['size_mb']:.0f} MB, {cache['free_gb']:.1f} GB free"))
    for name, extra in found["extras"].items():
        missing = ", ".join(extra["missing"])
        rows.append((f"extra {name}", f"{missing} not installed: {extra['install']}" if missing else "installed"))
    for device, result in found.get("self_test", {}).items():
        rows.append((f"training step on {device}", f"{result['seconds']:.2f} s" if result["ok"] else result["error"]))
    rows.append(("usable", "yes" if found["usable"] else "no"))
    return rows


def _cuda_rows(cuda: dict[str, Any]) -> list[tuple[str, str]]:
    if not cuda["devices"]:
        built = f"torch is built for CUDA {cuda['version']}" if cuda["version"] else "torch is built without CUDA"
        return [("CUDA devices", f"none ({built})")]
    return [
        (f"cuda:{number}", f"{device['name']}, {device['free_gb']:.1f} of {device['memory_gb']:.1f} GB free")
        for number, device in enumerate(cuda["devices"])
    ]


def doctor_of(packages: Mapping[str, str], tiny_step: Callable[[str], None]) -> Callable[..., None]:
    """The command of a tool that needs these packages (distribution -> module) and such a training step (`examine`)."""

    def doctor(as_json: AsJson = False) -> None:
        """Versions, devices, memory, cache, optional extras, and a training step on each device.

        Exit code 0 if everything needed works, 1 with what is wrong and what to do otherwise.
        """
        found = examine(packages, tiny_step)
        print_result(found, (f"{name:<28}{text}" for name, text in doctor_rows(found)), as_json=as_json)
        if not found["usable"]:
            raise L2BError("not usable as it is:\n  " + "\n  ".join(found["problems"]))

    return doctor
