"""The files of a run folder that every kind of run has, read without raising: faults are collected."""

import json
from pathlib import Path
from typing import Any


def read_summary(path: Path, faults: list[str]) -> dict[str, Any]:
    """The object of a summary.json, {} where the file is absent; what is wrong with it goes to `faults`."""
    if not path.exists():
        return {}
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        faults.append(f"{path.name} is damaged: {error}")
        return {}
    if not isinstance(value, dict):
        faults.append(f"{path.name} holds no JSON object")
        return {}
    return value


def read_epochs(path: Path, faults: list[str]) -> list[dict[str, Any]]:
    """The rows of a metrics.jsonl, [] where the file is absent; what is wrong with it goes to `faults`.

    One object a line; the last line may be cut off, as a run that is still going on or was killed leaves it.
    """
    if not path.exists():
        return []
    found = []
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        try:
            epoch = json.loads(line)
        except ValueError as error:
            if number < len(lines):
                faults.append(f"{path.name} line {number} is damaged: {error}")
            continue
        if isinstance(epoch, dict) and "epoch" in epoch:
            found.append(epoch)
        else:
            faults.append(f"{path.name} line {number} is no object with an epoch")
    return found
