"""A JSON file that must hold one object, read with nothing taken on trust."""

import json
from pathlib import Path
from typing import Any

from l2b_data.errors import DataError


def read_json_object(path: Path, *, way_out: str) -> dict[str, Any]:
    """The object in `path`, with or without a byte order mark.

    Raises DataError where the file is absent (its message ends in `way_out`: what to give instead), cannot be read, is
    no JSON, or holds something other than an object.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; {way_out}") from None
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {error}") from error
    if not isinstance(value, dict):
        raise DataError(f"{path} holds no JSON object")
    return value


def json_object_or_fault(path: Path, faults: list[str]) -> dict[str, Any]:
    """The object in `path`; {} and a line more in `faults` where there is none, or an empty one."""
    if not path.is_file():
        faults.append(f"{path.name} is missing")
        return {}
    try:
        found = read_json_object(path, way_out="")
    except DataError as error:
        faults.append(str(error))
        return {}
    if not found:
        faults.append(f"{path} holds an empty object")
    return found
