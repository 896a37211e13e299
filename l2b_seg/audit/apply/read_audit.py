"""An audit's folder, read to act on it: its masks, unchanged since, its rows and its proposals."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from l2b_data.cases.dataset import Dataset, plain_case_id
from l2b_data.errors import DataError
from l2b_data.files.hashing import sha256_file
from l2b_data.files.json_object import read_json_object
from l2b_data.files.shorten import first_names
from l2b_seg.audit.masks import AuditedMasks
from l2b_seg.audit.mistakes.diagnosis import MECHANICAL
from l2b_seg.audit.review.proposals import proposal_path

_SHOWN = 8


@dataclass(frozen=True)
class Audit:
    """What an audit found.

    rows: case -> its row of audit.json; cases that were not judged have none. sha256: of every audited mask's file.
    plane: that the masks are cut along.
    """

    folder: Path
    masks: AuditedMasks
    rows: dict[str, dict[str, Any]] = field(repr=False)
    sha256: dict[str, str] = field(repr=False)
    plane: str | None

    @property
    def file(self) -> Path:
        return self.folder / "audit.json"

    def can_mend(self, case: str) -> bool:
        """Whether the audit has a mend for the case: a mistake that can be undone."""
        row = self.rows.get(case, {})
        partner_there = row.get("partner") is None or row["partner"] in self.masks.folders
        return row.get("mend") is True and row.get("diagnosis") in MECHANICAL and partner_there

    def has_proposal(self, case: str) -> bool:
        return proposal_path(self.folder, case).is_file()


def read_audit(folder: Path, data: Path | None = None) -> Audit:
    """Read the folder that `audit` wrote. data: where the data set stands now, if it has moved since.

    Raises DataError where it is no such folder, the data set is not there, or masks have gone or changed since.
    """
    path = folder / "audit.json"
    found = read_json_object(path, way_out="name the folder that `audit` wrote")
    try:
        told = {case: (one["part"], one["folder"], one["sha256"]) for case, one in found["masks"].items()}
        rows = {row["case"]: row for row in found["cases"]}
        root, labels, noise, plane = Path(found["data"]), found["labels"], found["noise"], found["plane"]
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"{path}: does not say which masks were audited ({error!r}); audit again, its networks are kept"
        ) from error
    if strange := [case for case in told if not plain_case_id(case)]:
        raise DataError(f"{path}: {', '.join(map(repr, strange))} cannot be names of cases; audit again")
    if data is None and not root.is_dir():
        raise DataError(f"{path}: its data set {root} is not there any more; say where it is with --data")
    parts = {case: part for case, (part, _, _) in told.items()}
    folders = {case: place for case, (_, place, _) in told.items()}
    masks = AuditedMasks(Dataset.open(root if data is None else data), labels, noise, folders, parts)
    sha256 = {case: one for case, (_, _, one) in told.items()}
    _refuse_changed(path, masks, sha256)
    return Audit(folder, masks, rows, sha256, plane)


def _refuse_changed(path: Path, masks: AuditedMasks, sha256: dict[str, str]) -> None:
    files = {case: masks.dataset.label_path(case, folder) for case, folder in masks.folders.items()}
    gone = [str(file) for file in files.values() if not file.is_file()]
    changed = [str(file) for case, file in files.items() if file.is_file() and sha256_file(file) != sha256[case]]
    faults = [f"no such file: {first_names(gone, _SHOWN)}"] if gone else []
    faults += [f"changed since the audit: {first_names(changed, _SHOWN)}"] if changed else []
    if faults:
        raise DataError(f"{path}: masks it is of are not as they were; audit again:\n  " + "\n  ".join(faults))
