"""Reviewed masks beside the clean ones: still what their manifest says, all on the clean masks' grids."""

from pathlib import Path

from l2b_data.cases.check.fault import Fault
from l2b_data.cases.check.noisy_masks import mask_faults
from l2b_data.cases.dataset import ENDING, Dataset
from l2b_data.errors import DataError
from l2b_data.files.hashing import sha256_file
from l2b_data.files.hidden import visible_files
from l2b_data.review.manifest import MANIFEST, read_review


def reviewed_folders(dataset: Dataset) -> list[Path]:
    """The folders of the data set that hold the manifest of a review, sorted by name."""
    return sorted(path.parent for path in dataset.root.glob(f"*/{MANIFEST}"))


def check_reviewed(dataset: Dataset, name: str) -> list[Fault]:
    """Faults of one of `reviewed_folders`, `name`."""
    folder = dataset.root / name
    try:
        review = read_review(folder)
    except DataError as error:
        return [Fault("review", None, str(folder / MANIFEST), str(error))]
    faults = []
    written = {case: row.get("reviewed_sha256") for case, row in review["cases"].items() if isinstance(row, dict)}
    left = {case: sha256 for case, sha256 in written.items() if case not in review["excluded"]}
    for case in sorted(set(dataset.splits["train"]) - written.keys()):
        faults.append(Fault("review", case, str(folder / MANIFEST), "a training case that was not reviewed"))
    for case, sha256 in sorted(left.items()):
        path = dataset.label_path(case, name)
        if not path.is_file():
            faults.append(Fault("missing", case, str(path), "no such file"))
            continue
        if sha256_file(path) != sha256:
            faults.append(Fault("review", case, str(path), "changed since it was written"))
        faults += mask_faults(dataset, case, path, "reviewed")
    listed = {dataset.label_path(case, name) for case in left}
    for file in visible_files(folder):
        if file.name.endswith(ENDING) and file not in listed:
            faults.append(Fault("review", None, str(file), f"not in {MANIFEST}, or excluded"))
    return faults
