"""A folder of spoilt masks that is there already: whether it is what would be written again."""

from pathlib import Path
from typing import Any

from l2b_data.cases.dataset import Dataset
from l2b_data.cases.noise_manifest import read_manifest
from l2b_data.errors import DataError
from l2b_data.files.hashing import sha256_file


def source_hashes(dataset: Dataset) -> dict[str, str]:
    """Training case -> sha256 of its clean mask, sorted by case. Raises DataError naming the cases without one."""
    cases = sorted(dataset.splits["train"])
    absent = [case for case in cases if not dataset.label_path(case).is_file()]
    if absent:
        folder = dataset.label_path(absent[0]).parent
        raise DataError(f"{folder}: no clean mask of {', '.join(absent)}; run `l2b-seg check {dataset.root}`")
    return {case: sha256_file(dataset.label_path(case)) for case in cases}


def require_same(folder: Path, settings: dict[str, Any], sources: dict[str, str]) -> None:
    """Raise DataError where `folder` was made with other settings or of other masks, or its files were changed."""
    manifest = read_manifest(folder)
    differing = [key for key, value in settings.items() if manifest.get(key) != value]
    entries = manifest["cases"]
    if {case: entry["source_sha256"] for case, entry in entries.items()} != sources:
        differing.append("the clean masks or the training cases")
    changed = [
        case
        for case, entry in entries.items()
        if not (path := folder / f"{case}.nii.gz").is_file() or sha256_file(path) != entry["noisy_sha256"]
    ]
    if changed:
        differing.append(f"the noisy masks of {', '.join(changed)}")
    if differing:
        raise DataError(f"{folder} holds another corruption (differs in: {', '.join(differing)}); remove it first")
