"""Which predicted mask belongs to which reference mask: two files, or two folders by case id."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from l2b_data.cases.case_files import case_id, mask_files
from l2b_data.cases.dataset import Dataset
from l2b_data.errors import DataError


@dataclass(frozen=True)
class MaskPairs:
    """pairs: case id -> (prediction, reference); `missing`: references without a prediction; `without_reference`:
    predictions nobody asked for; `dataset`: the prepared data set the references are of, if they are of one."""

    pairs: dict[str, tuple[Path, Path]]
    missing: list[str] = field(default_factory=list)
    without_reference: list[str] = field(default_factory=list)
    dataset: Dataset | None = None


def mask_pairs(pred: Path, ref: Path) -> MaskPairs:
    """Pair two mask files, or the masks of two folders; of a prepared data set the clean masks of its test cases.

    Raises:
        DataError: nothing in a folder, several files for a case, no case id in both, or no test case in a data set.
    """
    if not pred.is_dir():
        return MaskPairs({case_id(ref): (pred, ref)})
    dataset = Dataset.open(ref) if (ref / "splits.json").exists() else None
    predictions, references = mask_files(pred), mask_files(ref) if dataset is None else _test_masks(dataset)
    pairs = {case: (predictions[case], references[case]) for case in references if case in predictions}
    if not pairs:
        raise DataError(
            f"no case id of {pred} ({_some(predictions)}) is among those of {ref} ({_some(references)}); "
            "name each prediction after its reference"
        )
    missing = [case for case in references if case not in pairs]
    return MaskPairs(pairs, missing, [case for case in predictions if case not in pairs], dataset)


def _test_masks(dataset: Dataset) -> dict[str, Path]:
    if not dataset.splits["test"]:
        folder = dataset.root / "labelsTr"
        raise DataError(f"{dataset.root}: a prepared data set without test cases; name its folder of masks, {folder}")
    return {case: dataset.label_path(case) for case in dataset.splits["test"]}


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    return ", ".join(listed[:3]) + (", ..." if len(listed) > 3 else "")
