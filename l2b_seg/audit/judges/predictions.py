"""The judge of an audit without a run: predictions of any network, from files."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from l2b_data.cases.dataset import Dataset
from l2b_data.cases.label_map import case_labels
from l2b_data.errors import DataError
from l2b_data.images.volume import read_grid
from l2b_seg.audit.judges.judge import Judge, Panel
from l2b_seg.audit.judges.prediction_files import prediction_files, read_prediction
from l2b_seg.audit.outlook import Outlook, outlook_of
from l2b_seg.run_data import RunData

_WAY_OUT = (
    "Look at the predictions: that they are of these cases, in the data set's label values and on the images' grids; "
    "or train judges of your own: `l2b-seg train`, then `l2b-seg audit RUN`."
)


def panel_of_predictions(folder: Path, data: RunData, audited: Iterable[str], *, workers: int) -> Panel:
    """The judge whose predictions are files in `folder`. Its clean cases: test and meta ones that are predicted there.

    Raises DataError where `folder` has no prediction of an audited case.
    """
    cases = [case for case in audited if prediction_files(folder, case)]
    if not cases:
        raise DataError(
            f"--predictions {folder}: no prediction of an audited case: CASE.nii.gz (a label map, or the probability "
            "of one class), CASE.npz (nnU-Net's), CASE_probabilities.nii.gz"
        )
    parts = {"test": data.evaluation, "meta": data.meta}
    clean = {
        part: [case for case in of_part if _measurable(data.dataset, folder, case)] for part, of_part in parts.items()
    }
    look = partial(look_at_prediction, data.dataset, folder, data.dataset.plane)
    text = f"the predictions in {folder}; cases their network was trained on look better than they are"
    record: dict[str, Any] = {"folds": None, "in_sample": False, "epochs": []}
    judge = Judge(None, "the predictions", look, cases, clean=clean)
    return Panel([judge], text, _WAY_OUT, record, workers=workers, skip_faulty=True, trust=False)


def look_at_prediction(dataset: Dataset, folder: Path, plane: str | None, case: str, labels: str) -> Outlook:
    """What the prediction of `case` in `folder` says of the mask of it in `labels`.

    The prediction decides alone: it is not averaged with the slices beside, and a label map is the proposal as it is.
    Raises DataError where a file cannot be used, or image, mask and prediction are not on one grid.
    """
    mask = case_labels(dataset, case, labels)
    image = dataset.image_path(case)
    if faults := mask.same_grid(read_grid(image)):
        raise DataError(f"{dataset.label_path(case, labels)}: not on the grid of {image.name}: {'; '.join(faults)}")
    files = prediction_files(folder, case)
    if not files:
        raise DataError(f"{folder}: no prediction of {case}")
    found = read_prediction(files, mask, dataset)
    return outlook_of(dataset, case, mask, found.probability, plane, proposal=found.labels, smooth=False)


def _measurable(dataset: Dataset, folder: Path, case: str) -> bool:
    return dataset.label_path(case).is_file() and bool(prediction_files(folder, case))
