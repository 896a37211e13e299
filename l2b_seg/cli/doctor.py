"""`l2b-seg doctor`: is this installation fit for use?"""

import json
from typing import Annotated, Any

import typer

from l2b_run.errors import L2BError


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Versions, devices, memory, cache, optional extras, and a training step on each device.

    Exit code 0 if everything needed works, 1 with what is wrong and what to do otherwise.
    """
    from l2b_seg.doctor import doctor as examine

    found = examine()
    if as_json:
        typer.echo(json.dumps(found, indent=1, allow_nan=False))
    else:
        for name, text in _rows(found):
            typer.echo(f"{name:<28}{text}")
    if not found["usable"]:
        raise L2BError("not usable as it is:\n  " + "\n  ".join(found["problems"]))


def _rows(found: dict[str, Any]) -> list[tuple[str, str]]:
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
