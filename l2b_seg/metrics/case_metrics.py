"""Every number of one case: overlap, counts and surface distances of a predicted and a reference mask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from l2b_data.cases.dice import dice_of_counts
from l2b_data.cases.surface import DEFINITIONS as SURFACE_DEFINITIONS
from l2b_data.cases.surface import SurfaceDistances, surface_distances

DEFINITIONS = {
    "dice": "2 TP / (2 TP + FP + FN) over the voxels of the case; 1 where both masks are empty, 0 where one is",
    "iou": "TP / (TP + FP + FN) over the voxels of the case; 1 where both masks are empty, 0 where one is",
    **SURFACE_DEFINITIONS,
    "diagonal": "length of the image's diagonal: square root of the sum of (voxels x spacing) squared over the axes; "
    "of one slice, that of its plane",
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
    pred: NDArray[np.bool_], ref: NDArray[np.bool_], spacing_mm: Sequence[float], *, tolerance_mm: float | None = None
) -> CaseMetrics:
    """Dice, IoU, voxel counts, image diagonal and all surface distances of one case.

    Args:
        pred: predicted mask, bool, (H, W) or (D, H, W). One slice, (1, H, W), is measured in its plane: in 3-D its
            top and bottom would be border, and every voxel of the mask with them.
        ref: reference mask, bool, same shape.
        spacing_mm: voxel size along each array axis, in mm; (1, 1, 1) gives distances in voxels.
        tolerance_mm: distance up to which two borders agree, for `nsd`; None leaves `nsd` out.

    Returns:
        `CaseMetrics`. Two empty masks agree: Dice and IoU 1, no distances. One empty mask: Dice, IoU and
        nsd 0, no distances.

    Raises:
        ValueError: as `surface_distances` does.
    """
    if pred.ndim == 3 and len(pred) == 1 and pred.shape == ref.shape and len(spacing_mm) == 3:
        pred, ref, spacing_mm = pred[0], ref[0], spacing_mm[1:]
    surface = surface_distances(pred, ref, spacing_mm, tolerance_mm=tolerance_mm)
    tp = int(np.count_nonzero(pred & ref))
    n_pred, n_ref = int(np.count_nonzero(pred)), int(np.count_nonzero(ref))
    n_union = n_pred + n_ref - tp
    extent = np.asarray(pred.shape) * np.asarray(spacing_mm, dtype=np.float64)
    return CaseMetrics(
        **{name: getattr(surface, name) for name in SurfaceDistances.__dataclass_fields__},
        dice=dice_of_counts(tp, n_pred + n_ref),
        iou=tp / n_union if n_union else 1.0,
        tp=tp,
        fp=n_pred - tp,
        fn=n_ref - tp,
        tn=pred.size - n_union,
        diagonal=float(np.sqrt((extent**2).sum())),
    )


def case_class_metrics(
    pred: NDArray[np.integer],
    ref: NDArray[np.integer],
    spacing_mm: Sequence[float],
    classes: Mapping[str, int],
    *,
    tolerance_mm: float | None = None,
) -> dict[str, CaseMetrics]:
    """`case_metrics` of each class against all the rest, for two label maps.

    Args:
        pred: predicted label map, integers, (H, W) or (D, H, W); 0 is background.
        ref: reference label map, integers, same shape.
        spacing_mm: as in `case_metrics`.
        classes: class name -> label value. With one class every value above 0 is that class, in both maps.
        tolerance_mm: as in `case_metrics`.

    Returns:
        class name -> `CaseMetrics`, in the order of `classes`. A class in neither map has status both_empty.

    Raises:
        ValueError: no class, or as `case_metrics` does.
    """
    if not classes:
        raise ValueError("case_class_metrics: classes is empty; name at least one")
    if len(classes) == 1:
        return {name: case_metrics(pred > 0, ref > 0, spacing_mm, tolerance_mm=tolerance_mm) for name in classes}
    return {
        name: case_metrics(pred == value, ref == value, spacing_mm, tolerance_mm=tolerance_mm)
        for name, value in classes.items()
    }
