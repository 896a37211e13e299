"""The masks under audit: which cases, each in which folder."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from l2b_data.cases.dataset import CLEAN_LABELS, Dataset
from l2b_data.errors import DataError
from l2b_data.files.hashing import sha256_file

if TYPE_CHECKING:
    from l2b_seg.run_data import RunData

Part = Literal["train", "meta", "test"]
Cases = Literal["all", "train", "meta", "test"]


@dataclass(frozen=True)
class AuditedMasks:
    """The masks an audit ranks.

    labels: what they are called. noise: as a run records it. folders: case -> folder of its mask, of the data set by
    name or any by path. parts: case -> part of the split it is of.
    """

    dataset: Dataset
    labels: str
    noise: dict[str, Any]
    folders: dict[str, str] = field(repr=False)
    parts: dict[str, Part] = field(repr=False)


def audited_masks(data: "RunData", cases: Cases = "train", given: Path | None = None) -> AuditedMasks:
    """The masks of a part of the cases: training ones as given in data.labels, meta and evaluation ones in labelsTr.

    given: a folder, of the data set by name or by path, whose masks are audited instead; training cases it has none of
    are left out.
    Raises DataError where that is no folder, or there is no case to audit.
    """
    of_part: dict[Part, list[str]] = {"train": data.train, "meta": data.meta, "test": data.evaluation}
    parts = {case: part for part in get_args(Part) if cases in (part, "all") for case in of_part[part]}
    folders = {case: data.labels if part == "train" else CLEAN_LABELS for case, part in parts.items()}
    labels = data.labels if "train" in parts.values() else CLEAN_LABELS
    if given is not None:
        labels = _folder(data.dataset, given)
        there = {case for case in parts if data.dataset.label_path(case, labels).is_file()}
        folders |= dict.fromkeys(there, labels)
        folders = {case: folder for case, folder in folders.items() if case in there or parts[case] != "train"}
        if not there:
            raise DataError(f"--given {given}: holds no mask CASE.nii.gz of the cases of --cases {cases}")
    if not parts:
        raise DataError(f"--cases {cases}: {data.dataset.root} has no such case")
    return AuditedMasks(data.dataset, labels, data.noise if labels == data.labels else {}, folders, parts)


def masks_record(masks: AuditedMasks) -> dict[str, Any]:
    """What audit.json says of the masks: enough to find them again, and to see whether they are still the same.

    "data": root of the data set; "masks": of every case whose file is there its part, folder and sha256.
    """
    files = {case: masks.dataset.label_path(case, folder) for case, folder in masks.folders.items()}
    told = {
        case: {"part": masks.parts[case], "folder": masks.folders[case], "sha256": sha256_file(path)}
        for case, path in files.items()
        if path.is_file()
    }
    return {"data": str(masks.dataset.root.resolve()), "masks": told}


def _folder(dataset: Dataset, given: Path) -> str:
    """The folder of the data set by name, else by path from here."""
    for folder, name in ((dataset.root / given, str(given)), (given, str(given.resolve()))):
        if folder.is_dir():
            return name
    raise DataError(f"--given {given}: no such folder, neither in {dataset.root} nor from here")
