"""A JSON file that must hold one object, read with nothing taken on trust."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from l2b_data.errors import DataError


def read_json_object(path: Path, *, way_out: str, once: bool = False) -> dict[str, Any]:
    """The object in `path`, with or without a byte order mark.

    once: an object may not hold a key twice; else the last one counts.
    Raises DataError where the file is absent (its message ends in `way_out`: what to give instead), cannot be read, is
    no JSON, or holds something other than an object.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=_each_once if once else None)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; {way_out}") from None
    except (OSError, ValueError, RecursionError) as error:
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


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if twice := [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]:
        raise ValueError(f"{', '.join(map(repr, twice))} stands twice in one object")
    return dict(pairs)
