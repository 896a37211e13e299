"""The evidence about a slice in words."""

from typing import Any


def in_words(row: dict[str, Any], unit: str, what: str) -> str:
    """One or two sentences about a row of the audit's slices, for a reader who knows nothing of its columns.

    what: name of the class, or of all of them. alpha and beta stay out: on pixels in dispute they told right labels
    from wrong ones less well than the network's own confidence (RESULTS.md).
    """
    sure = f"{what} is {row['presence']:.0%} likely here"
    if row["state"] == "no mask":
        return f"The mask is empty, but the model proposes {_area(row['proposal_area'], unit)}; {sure}."
    if row["state"] == "both empty":
        if row["presence"] < 0.25:
            return "Neither the mask nor the model shows anything here."
        return f"The mask is empty; {sure}, by the model or by the slices around, though the model draws none."
    if row["state"] == "no proposal":
        return f"The mask covers {_area(row['given_area'], unit)} where the model sees nothing."
    of = "pixels" if unit == "voxel" else unit
    said = f"Mask and proposal agree by Dice {row['dice']:.2f}; their borders are up to {row['hd']:.1f} {of} apart."
    sizes = row["given_area"] / row["proposal_area"]
    if sizes > 1.25:
        return f"{said} The mask is {sizes:.1f} times as large as the proposal."
    return f"{said} The proposal is {1 / sizes:.1f} times as large as the mask." if sizes < 0.8 else said


def _area(area: float, unit: str) -> str:
    if unit == "voxel":
        return f"{area:,.0f} pixels"
    return f"{area / 100:.1f} cm²" if area >= 100 else f"{area:.0f} mm²"
