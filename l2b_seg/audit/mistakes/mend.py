"""Mended copies of the masks whose mistake can be undone without drawing."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from l2b_data.cases.label_map import case_labels, label_values, own_values
from l2b_data.errors import DataError
from l2b_data.images.volume import read_volume, write_volume
from l2b_seg.audit.masks import AuditedMasks
from l2b_seg.audit.mistakes.undo import without
from l2b_seg.audit.review.proposals import proposal_path


def mend(masks: AuditedMasks, cases: Sequence[dict[str, Any]], audit: Path, out: Path, plane: str | None) -> list[Path]:
    """Write out/CASE.nii.gz for every case whose row says that its mistake can be undone; the files.

    cases: rows of audit.json. audit: folder of its proposals. Masks keep their grids; their values are those of the
    user's masks, and the labels in a folder of the data set. Raises DataError where `out` holds the audited masks:
    originals are never touched.
    """
    targets = {row["case"]: masks.dataset.label_path(row["case"], out.resolve()) for row in cases if row["mend"]}
    values = masks.dataset.values_in(out.resolve())
    folders = {masks.dataset.label_path(case, folder).parent.resolve() for case, folder in masks.folders.items()}
    if out.resolve() in folders:
        raise DataError(f"--mend {out}: holds the masks under audit; name another folder")
    for row in cases:
        if row["mend"]:
            mended = mended_labels(masks, row, audit, plane)
            grid = case_labels(masks.dataset, row["case"], masks.folders[row["case"]])
            write_volume(grid.with_array(own_values(mended, values)), targets[row["case"]])
    return list(targets.values())


def mended_labels(masks: AuditedMasks, row: dict[str, Any], audit: Path, plane: str | None) -> np.ndarray:
    """The mask of a case without its mistake, label values (D, H, W) uint8 as it is stored."""
    case, classes = row["case"], len(masks.dataset.classes)
    given = case_labels(masks.dataset, case, masks.folders[case])
    cut = given.cut(plane).unflipped
    if row["partner"] is not None:
        other = case_labels(masks.dataset, row["partner"], masks.folders[row["partner"]])
        return cut.undo(other.cut(plane).unflipped.apply(other.array))
    path = proposal_path(audit, case)
    proposal = label_values(path, read_volume(path).array, masks.dataset.values)
    found = without(row["diagnosis"], cut.apply(given.array), cut.apply(proposal), classes)
    return cut.undo(found)
