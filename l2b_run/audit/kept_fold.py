"""The folder of one network of a cross-fit: reused, resumed or trained.

record: all that the network comes of, ready for JSON: "settings" and what tells its data from other data.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import yaml

from l2b_data.errors import DataError
from l2b_data.files.atomic import write_json, write_text
from l2b_data.files.json_object import read_json_object

Record = dict[str, Any]
RECORD, CHECKPOINT = "fold.json", "checkpoint_latest.pt"


def fold_folder(plain: Path, record: Record) -> Path:
    """`plain`; where that holds a network of other settings, a hash of the settings stands behind its name.

    A network of these settings and of other data is replaced: the labels it judged are gone.
    """
    own = hashlib.sha256(json.dumps(record["settings"], sort_keys=True).encode()).hexdigest()[:8]
    beside = plain.with_name(f"{plain.name}_{own}")
    taken = _recorded(plain).get("settings", record["settings"]) != record["settings"]
    return beside if taken or beside.is_dir() else plain


def is_finished(folder: Path, record: Record, result: str) -> bool:
    """Whether an earlier call has trained the network of this record, and its file `result` is there."""
    return _recorded(folder) == record | {"finished": True} and (folder / result).is_file()


def begin_fold(folder: Path, record: Record, result: str) -> bool:
    """Write config.yaml and the record of an unfinished network; whether its latest checkpoint is to go on from.

    Where it is not, what lies there of another network is removed, its file `result` as well.
    """
    resume = _recorded(folder) == record | {"finished": False} and (folder / CHECKPOINT).is_file()
    if not resume:
        for name in (CHECKPOINT, result, "metrics.jsonl"):
            (folder / name).unlink(missing_ok=True)
    write_text(folder / "config.yaml", yaml.safe_dump(record["settings"], sort_keys=False))
    write_json(folder / RECORD, record | {"finished": False})
    return resume


def finish_fold(folder: Path, record: Record) -> None:
    """Record that the result is written; the checkpoint goes."""
    write_json(folder / RECORD, record | {"finished": True})
    (folder / CHECKPOINT).unlink(missing_ok=True)


def _recorded(folder: Path) -> Record:
    """fold.json of a folder; empty where it is absent or damaged."""
    try:
        return read_json_object(folder / RECORD, way_out="")
    except DataError:
        return {}
