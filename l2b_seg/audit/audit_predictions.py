"""The audit of a data set's masks by predictions from files; nothing is trained."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from l2b_data.cases.dataset import CLEAN_LABELS, Dataset
from l2b_seg.audit.judges.predictions import panel_of_predictions
from l2b_seg.audit.masks import Cases, audited_masks, masks_record
from l2b_seg.audit.rank import rank
from l2b_seg.run_data import RunData


def audit_predictions(
    dataset: Dataset,
    predictions: Path,
    out: Path,
    *,
    cases: Cases = "train",
    given: Path | None = None,
    mend_to: Path | None = None,
    review_to: Path | None = None,
    workers: int = 1,
    say: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Rank the masks of a data set by what predictions in a folder say of them; write and return as `audit` does.

    predictions: see `prediction_files`. given: folder of the masks; labelsTr if left out. workers: processes; the
    result does not depend on it. audit.json has under "failed" each case that was left out, and why: no prediction, or
    files that cannot be used. Raises DataError where that is all of them, and as `rank`.
    """
    split = dataset.splits
    data = RunData(dataset, CLEAN_LABELS, {}, split["train"], split["meta"], split["test"])
    masks = audited_masks(data, cases, given)
    panel = panel_of_predictions(predictions, data, masks.folders, workers=workers)
    there = set(panel.judges[0].cases)
    missing = {case: f"no prediction in {predictions}" for case in masks.folders if case not in there}
    record = {"run": predictions.resolve().name, "method": None, **masks_record(masks)}
    masks = replace(masks, folders={case: folder for case, folder in masks.folders.items() if case in there})
    return rank(
        masks,
        panel,
        out,
        record=record,
        plane=dataset.plane,
        clean=data.meta,
        failed=missing,
        mend_to=mend_to,
        review_to=review_to,
        say=say,
    )
