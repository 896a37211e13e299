"""Which predicted mask belongs to which reference mask: two files, or two folders by case id."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from l2b_data.cases.case_files import case_id, mask_files
from l2b_data.cases.dataset import CLEAN_LABELS, Dataset
from l2b_data.errors import DataError
from l2b_data.files.shorten import few
from l2b_data.files.unicode_form import composed


@dataclass(frozen=True)
class MaskPairs:
    """pairs: case id -> (prediction, reference); `missing`: references without a prediction; `without_reference`:
    predictions nobody asked for; `dataset`: the prepared data set the references are of, if they are of one; `own`:
    of predictions and references, what stands for their labels in the user's own masks (see `read_mask`)."""

    pairs: dict[str, tuple[Path, Path]]
    missing: list[str] = field(default_factory=list)
    without_reference: list[str] = field(default_factory=list)
    dataset: Dataset | None = None
    own: tuple[Sequence[int], Sequence[int]] = ((), ())


def mask_pairs(pred: Path, ref: Path) -> MaskPairs:
    """Pair two mask files, or the masks of two folders; of a prepared data set the clean masks of its test cases.

    Raises DataError: nothing in a folder, several files for a case, no case id in both, or no test case in a data set.
    """
    if not pred.is_dir():
        return MaskPairs({case_id(ref): (pred, ref)}, own=(_own_values(pred.parent), _own_values(ref.parent)))
    dataset = Dataset.open(ref) if (ref / "splits.json").exists() else None
    predictions, references = mask_files(pred), mask_files(ref) if dataset is None else _test_masks(dataset)
    pairs = {case: (predictions[case], references[case]) for case in references if case in predictions}
    if not pairs:
        shown = [few(list(found), 3) for found in (predictions, references)]
        among = f"no case id of {pred} ({shown[0]}) is among those of {ref} ({shown[1]})"
        raise DataError(f"{among}; name each prediction after its reference")
    missing = [case for case in references if case not in pairs]
    own = (_own_values(pred), _own_values(ref if dataset is None else dataset.root / CLEAN_LABELS))
    return MaskPairs(pairs, missing, [case for case in predictions if case not in pairs], dataset, own)


def _own_values(folder: Path) -> Sequence[int]:
    """Of a prepared data set's folder of masks, what stands for its labels in the user's own masks; () elsewhere."""
    root = folder.absolute().parent
    inside = all((root / name).is_file() for name in ("dataset.json", "splits.json"))
    own = Dataset.open(root).values if inside else []
    return () if own == list(range(len(own))) else own


def _test_masks(dataset: Dataset) -> dict[str, Path]:
    if not dataset.splits["test"]:
        folder = dataset.root / CLEAN_LABELS
        raise DataError(f"{dataset.root}: a prepared data set without test cases; name its folder of masks, {folder}")
    return {composed(case): dataset.label_path(case) for case in dataset.splits["test"]}
