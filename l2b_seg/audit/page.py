"""One self-contained page: the most suspicious slices, the given mask beside the network's proposal, and the cases."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from l2b_data.cases.label_map import case_labels, label_values
from l2b_data.images.volume import read_volume
from l2b_run.report.numbers import NONE
from l2b_run.report.page import page_source, render_page
from l2b_seg.audit import truth
from l2b_seg.audit.masks import AuditedMasks
from l2b_seg.report.case import focus, picture_of
from l2b_seg.report.pictures import image_uri, outline

TOP = 40
GIVEN, PROPOSED = ("#F0E442", "6 4"), ("#56B4E9", "")
"""Colour and SVG dash array of an outline. From Okabe and Ito's palette, told apart with every colour blindness."""

_COLUMNS = (  # key, heading, decimals on a slice's card and in the table of cases; None: not there
    ("presence", "presence", 2, None),
    ("score", "score", None, 3),
    ("worst_slice", "worst slice", None, 0),
    ("worst_score", "its score", None, 3),
    ("suspect_slices", "slices above 0.5", None, 0),
    ("slices", "of", None, 0),
    ("dice", "Dice with the proposal", 2, 3),
    ("hd95", "HD95", 1, 1),
    ("assd", "ASSD", 1, 1),
    ("loss", "mean loss", None, 3),
    ("soft_min", "soft minimum", None, 3),
    ("true_dice", "true Dice", 2, None),
)
_CARD, _CASE = 0, 1


def audit_page(masks: AuditedMasks, result: dict[str, Any], proposal_path: Callable[[str], Path]) -> str:
    """The page as text. It holds its styles and pictures itself, has no script and loads nothing; names are escaped.

    result: what goes into audit.json. The masks are read again, of the cases of the TOP slices alone.
    Raises DataError where a file has gone.
    """
    return render_page(
        "l2b_seg.audit",
        "audit.html.j2",
        style=page_source("l2b_seg.audit", "audit.css"),
        result=result,
        given_line=GIVEN,
        proposed_line=PROPOSED,
        cards=_cards(masks, result, proposal_path),
        cases=[row | {"cells": _numbers(row, _CASE)} for row in result["cases"]],
        rankings={
            "score": "this audit",
            "one_minus_dice": "1 - Dice with the proposal",
            "loss": "mean loss",
            "soft_min": "soft minimum (cleanlab)",
            "hd95": "HD95",
        },
        number=_text,
        wrong_below=truth.WRONG_BELOW,
    )


def _cards(masks: AuditedMasks, result: dict[str, Any], proposal_path: Callable[[str], Path]) -> list[dict[str, Any]]:
    """A card a row of the first TOP, in their order; every case is read once."""
    rows, plane = result["slices"][:TOP], result["plane"]
    what = next(iter(masks.dataset.classes)) if len(masks.dataset.classes) == 1 else "foreground"
    pictures: dict[tuple[str, int], dict[str, Any]] = {}
    for case in dict.fromkeys(row["case"] for row in rows):
        indices = [row["slice"] for row in rows if row["case"] == case]
        pictures |= _pictures(masks, case, indices, proposal_path(case), plane)
    return [
        row
        | pictures[row["case"], row["slice"]]
        | {
            "score": f"{row['score']:.3f}",
            "words": in_words(row, result["unit"], what),
            "numbers": [(heading, text) for heading, text in _numbers(row, _CARD) if text != NONE],
        }
        for row in rows
    ]


def _pictures(
    masks: AuditedMasks, case: str, indices: list[int], proposal: Path, plane: str | None
) -> dict[tuple[str, int], dict[str, Any]]:
    """(case, slice) -> image, size, window around the masks, both outlines, a class each; as training saw it."""
    dataset, classes = masks.dataset, range(1, len(masks.dataset.classes) + 1)
    channels = [read_volume(path) for path in dataset.image_paths(case)]
    cut = channels[0].cut(plane)
    given = cut.apply(case_labels(dataset, case, masks.folders[case]).array)
    proposed = cut.apply(label_values(proposal, read_volume(proposal).array, dataset.values))
    image = picture_of([cut.apply(channel.array) for channel in channels], dataset.channels)
    height, width = given.shape[1:]
    windows = {index: focus([given[index, None], proposed[index, None]], 1.0) for index in indices}
    return {
        (case, index): {
            "image": image_uri(image[index]),
            "width": width,
            "height": height,
            "window": " ".join(map(str, windows[index] or (0, 0, 2 * width, 2 * height))),
            "outlines": [  # SVG paths in half pixels, one for each class that is there
                [path for value in classes if (path := outline(mask[index] == value))] for mask in (given, proposed)
            ],
        }
        for index in indices
    }


def _numbers(row: dict[str, Any], where: int) -> list[tuple[str, str]]:
    """(heading, text) of a row's numbers, on a card or in the table of cases; NONE where it has none."""
    return [
        (heading, _text(row.get(key), shown))
        for key, heading, *decimals in _COLUMNS
        if (shown := decimals[where]) is not None
    ]


def _text(value: float | int | None, decimals: int) -> str:
    if value is None:
        return NONE
    return f"{value:.{decimals}f}" if isinstance(value, float) else str(value)


def in_words(row: dict[str, Any], unit: str, what: str) -> str:
    """One or two sentences about a row of the audit's slices, for a reader who knows nothing of its columns.

    what: name of the class, or of all of them.
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
