"""Every number of one case: overlap, counts and surface distances of a predicted and a reference mask."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l2b_seg.surface import DEFINITIONS as SURFACE_DEFINITIONS
from l2b_seg.surface import SurfaceDistances, surface_distances

DEFINITIONS = {
    "dice": "2 TP / (2 TP + FP + FN) over the voxels of the case; 1 where both masks are empty, 0 where one is",
    "iou": "TP / (TP + FP + FN) over the voxels of the case; 1 where both masks are empty, 0 where one is",
    **SURFACE_DEFINITIONS,
    "diagonal": "length of the image's diagonal: square root of the sum of (voxels x spacing) squared over the axes",
    "status": "ok: both masks have voxels; missed: the prediction is empty; false_alarm: the reference is empty; "
    "both_empty; distances exist for ok alone",
}
"""What each field of `CaseMetrics` is, as written into result files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMetrics(SurfaceDistances):
    """Metrics of one case: `SurfaceDistances` and overlap; `DEFINITIONS` says what each field is.

    `dice` and `iou` are always numbers in [0, 1]; counts are voxels; `diagonal` has the spacing's unit.
    """

    dice: float
    iou: float
    tp: int
    fp: int
    fn: int
    tn: int
    diagonal: float


def case_metrics(
    pred: NDArray[np.bool_],
    ref: NDArray[np.bool_],
    spacing_mm: Sequence[float],
    *,
    tolerance_mm: float | None = None,
) -> CaseMetrics:
    """Dice, IoU, voxel counts, image diagonal and all surface distances of one case.

    Args:
        pred: predicted mask, bool, (H, W) or (D, H, W).
        ref: reference mask, bool, same shape.
        spacing_mm: voxel size along each array axis, in mm; (1, 1, 1) gives distances in voxels.
        tolerance_mm: distance up to which two borders agree, for `nsd`; None leaves `nsd` out.

    Returns:
        `CaseMetrics`. Two empty masks agree: Dice and IoU 1, no distances. One empty mask: Dice, IoU and
        nsd 0, no distances.

    Raises:
        ValueError: as `surface_distances` does.
    """
    surface = surface_distances(pred, ref, spacing_mm, tolerance_mm=tolerance_mm)
    tp = int(np.count_nonzero(pred & ref))
    n_pred, n_ref = int(np.count_nonzero(pred)), int(np.count_nonzero(ref))
    n_union = n_pred + n_ref - tp
    extent = np.asarray(pred.shape) * np.asarray(spacing_mm, dtype=np.float64)
    return CaseMetrics(
        **{name: getattr(surface, name) for name in SurfaceDistances.__dataclass_fields__},
        dice=2 * tp / (n_pred + n_ref) if n_union else 1.0,
        iou=tp / n_union if n_union else 1.0,
        tp=tp,
        fp=n_pred - tp,
        fn=n_ref - tp,
        tn=pred.size - n_union,
        diagonal=float(np.sqrt((extent**2).sum())),
    )
