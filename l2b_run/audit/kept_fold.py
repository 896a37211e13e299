"""The folder of one network of a cross-fit: finished it is kept, interrupted it goes on, else it is made anew."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from l2b_data.files.atomic import write_json, write_text
from l2b_run.training.epoch_row import Progress

RECORD, CHECKPOINT = "fold.json", "checkpoint_latest.pt"


@dataclass(frozen=True)
class KeptFold:
    """Network `number` of `count`, in root/fold_NUMBER_of_COUNT.

    record: all that the network comes of, as JSON. result: the name of the file that is kept of it.
    """

    root: Path
    number: int
    count: int
    record: dict[str, Any]
    result: str

    @property
    def folder(self) -> Path:
        return self.root / f"fold_{self.number}_of_{self.count}"

    @property
    def finished(self) -> bool:
        """Whether an earlier call has trained the network of this record, and its result is there."""
        return self._is_recorded(finished=True) and (self.folder / self.result).is_file()

    def begin(self, settings: Mapping[str, Any]) -> bool:
        """Write config.yaml and the record of an unfinished network; whether its latest checkpoint is to go on from.

        Where it is not, what lies in the folder of another record is removed.
        """
        resume = self._is_recorded(finished=False) and (self.folder / CHECKPOINT).is_file()
        if not resume:
            for name in (CHECKPOINT, self.result, "metrics.jsonl"):
                (self.folder / name).unlink(missing_ok=True)
        write_text(self.folder / "config.yaml", yaml.safe_dump(dict(settings), sort_keys=False))
        write_json(self.folder / RECORD, self.record | {"finished": False})
        return resume

    def finish(self) -> None:
        """Record that the result is written; the checkpoint goes."""
        write_json(self.folder / RECORD, self.record | {"finished": True})
        (self.folder / CHECKPOINT).unlink(missing_ok=True)

    def numbered(self, progress: Progress) -> Progress:
        """`progress`, with "fold" first in every row."""
        return lambda row: progress({"fold": self.number, **row})

    def _is_recorded(self, *, finished: bool) -> bool:
        try:
            found = json.loads((self.folder / RECORD).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return bool(found == self.record | {"finished": finished})
