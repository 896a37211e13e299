"""A slice of an audit in words."""

from typing import Any


def in_words(row: dict[str, Any], unit: str) -> str:
    """A sentence about a row of the audit's slices, for a reader who knows nothing of its columns."""
    if row["state"] == "no mask":
        return f"The mask is empty, but the judge proposes {_area(row['proposal_area'], unit)}."
    if row["state"] == "both empty":
        return "Neither the mask nor the judge shows anything here."
    if row["state"] == "no proposal":
        return f"The mask covers {_area(row['given_area'], unit)} where the judge sees nothing."
    of = "pixels" if unit == "voxel" else unit
    said = f"Mask and proposal agree by Dice {row['dice']:.2f}, their borders are up to {row['hd']:.1f} {of} apart"
    sizes = row["given_area"] / row["proposal_area"]
    if sizes > 1.25:
        return f"{said}, and the mask is {sizes:.1f} times as large."
    return f"{said}, and the proposal is {1 / sizes:.1f} times as large." if sizes < 0.8 else f"{said}."


def _area(area: float, unit: str) -> str:
    if unit == "voxel":
        return f"{area:,.0f} pixels"
    return f"{area / 100:.1f} cm²" if area >= 100 else f"{area:.0f} mm²"
