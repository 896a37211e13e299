"""One noisy case written, and the manifest: what was drawn, what was applied, what came of it."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from data_prep.mask_noise.draw import DrawnNoise
from data_prep.mask_noise.one_case import RotatedCase, RotatedSlice
from data_prep.mask_noise.one_slice import MAX_ANGLE_DEG, NATIVE_WITHIN, REFERENCE_WIDTH_PX, SMALL_AREA_PX
from l2b_data.cases.surface import surface_distances
from l2b_data.files.extras import package_version
from l2b_data.files.hashing import sha256_file
from l2b_data.images.volume import Volume, write_volume

DEFINITIONS = {
    "order": "per slice: up to small_area_px foreground pixels -> deleted; else rotated about the slice's centre, "
    "eroded or dilated by a square of kernel_px; where ellipse is true and the outcome is larger than small_area_px, "
    "replaced by the ellipse inscribed in its bounding box. Several classes are rotated together, then each is "
    "deformed alone by the same draw and laid down, the one that is larger after the rotation first, the smaller over "
    "it",
    "kernel_px": "max(1, floor(kernel * length_factor * scale + rounding)); rounding is drawn once a slice, uniform in "
    "[0, 1)",
    "scale": "of a case: 1, or in a set of single slices its width over the mean one; small_area_px of the case is "
    "that of the data set times its square",
    "dice": "volumetric Dice of noisy against clean, of several classes the mean over those in the case (class_dice: "
    "each, by label value); dataset value: mean over the training cases",
    "outcome": "of a slice: deleted; empty (eroded or turned away); deformed; ellipse (deformed, then replaced by one)",
    "hd": "largest distance between the borders of all noisy and all clean foreground, in hd_unit; null where the "
    "noisy mask is empty",
    "resolution": f"mean of sqrt(height * width) over the training cases / {REFERENCE_WIDTH_PX}, taken as 1 "
    f"within {NATIVE_WITHIN:.0%} of it; small_area_px is {SMALL_AREA_PX} * resolution^2, and resolution is the length "
    "factor where it is not calibrated",
}


def write_noisy_case(
    case: RotatedCase, clean: Volume, folder: Path, factor: float, small: float, unit: str
) -> dict[str, Any]:
    """Write the noisy mask of one case (uint8, on the clean mask's grid) to `folder`; returns its manifest entry."""
    noisy = case.noisy(factor, small)
    path = folder / f"{case.case}.nii.gz"
    write_volume(clean.with_array(noisy), path)
    spacing = clean.spacing_mm if unit == "mm" else (1.0, 1.0, 1.0)
    slices = [_slice_entry(item, *case.at(factor, small)) for item in case.slices]
    by_class = case.class_dice(factor, small)
    return {
        "noisy_sha256": sha256_file(path),
        "scale": case.scale,
        "dice": case.dice(factor, small),
        **({"class_dice": {str(k): value for k, value in enumerate(by_class, 1)}} if len(by_class) > 1 else {}),
        "hd": surface_distances(noisy > 0, clean.array > 0, spacing).hd,
        "deleted_slices": sum(item.noise.deleted for item in case.slices),
        "foreground_slices": len(case.slices),
        "slices": slices,
    }


def _slice_entry(item: RotatedSlice, factor: float, small: float) -> dict[str, Any]:
    """What was drawn for a slice, the kernel applied, and what came of it."""
    noisy = item.noisy(factor, small)
    plain = replace(item, noise=replace(item.noise, ellipse=False)).noisy(factor, small)
    outcome = "deformed" if np.array_equal(noisy, plain) else "ellipse"
    if not noisy.any():
        outcome = "deleted" if item.noise.deleted else "empty"
    return {
        "index": item.index,
        **asdict(item.noise),
        "kernel_px": item.noise.kernel_px(factor),
        "outcome": outcome,
        "clean_px": int(np.count_nonzero(item.clean())),
        "noisy_px": int(np.count_nonzero(noisy)),
    }


def manifest(
    settings: dict[str, Any], entries: dict[str, dict[str, Any]], noise: DrawnNoise, factor: float, unit: str
) -> dict[str, Any]:
    """The whole manifest from its settings and the entries of all cases."""
    distances = [entry["hd"] for entry in entries.values() if entry["hd"] is not None]
    return {
        **settings,
        "tool_version": package_version("l2b") or "not installed",
        "calibrated": settings["target_dice"] is not None,
        "achieved_dice": float(np.mean([entry["dice"] for entry in entries.values()])),
        "achieved_hd": float(np.mean(distances)) if distances else None,
        "hd_unit": unit,
        "length_factor": factor,
        "resolution": noise.resolution,
        "small_area_px": noise.small_area_px,
        "max_angle_deg": MAX_ANGLE_DEG,
        "kernels": list(noise.level.kernels),
        "cumulative": list(noise.level.cumulative),
        "deleted_slices": sum(entry["deleted_slices"] for entry in entries.values()),
        "foreground_slices": sum(entry["foreground_slices"] for entry in entries.values()),
        "definitions": DEFINITIONS,
        "cases": entries,
    }
