"""One self-contained page: the most suspicious cases, the given mask beside the network's proposal, and all numbers."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from l2b_data.cases.label_map import case_labels, label_values
from l2b_data.images.volume import read_volume
from l2b_run.report.numbers import NONE
from l2b_run.report.page import page_source, render_page
from l2b_seg.audit import truth
from l2b_seg.audit.judges.quality import quality_text
from l2b_seg.audit.masks import AuditedMasks
from l2b_seg.report.case import focus, picture_of
from l2b_seg.report.pictures import image_uri, outline

TOP_CASES, TOP_SLICES = 24, 100
GIVEN, PROPOSED = ("#F0E442", "6 4"), ("#56B4E9", "")
"""Colour and SVG dash array of an outline. From Okabe and Ito's palette, told apart with every colour blindness."""

CLASSES = ("#56B4E9", "#E69F00", "#F0E442", "#CC79A7", "#1FD1A0", "#FF8A3D", "#FFFFFF")
"""Colours of several classes, in both pictures: classes that are exchanged would look alike otherwise."""

_NUMBERS = (  # key, heading in a table and on a card, decimals
    ("one_minus_dice", "1 - Dice", 3),
    ("loss", "mean loss", 3),
    ("soft_min", "soft minimum", 3),
    ("hd95", "HD95", 1),
    ("true_dice", "true Dice", 3),
)
_ON_CARD = (("dice", "Dice with the proposal", 3), *_NUMBERS[1:])
_FIRST = (("rank", "rank", 0), ("case", "case", None))
_CASE = (*_FIRST, ("score", "score", 3), ("diagnosis", "diagnosis", None), *_NUMBERS)
_SLICE = (*_FIRST, ("slice", "slice", 0), *_CASE[2:4], ("state", "state", None), *_NUMBERS)

RANKINGS = {
    "score": "this audit",
    "one_minus_dice": "1 - Dice with the proposal",
    "loss": "mean loss",
    "soft_min": "soft minimum (cleanlab)",
    "hd95": "HD95",
}


def audit_page(masks: AuditedMasks, result: dict[str, Any], proposal_path: Callable[[str], Path]) -> str:
    """The page as text. It holds its styles, pictures and the script that sorts its tables, and loads nothing.

    Names are escaped. result: what goes into audit.json. The masks are read again, of the TOP_CASES first cases alone.
    Raises DataError where a file has gone.
    """
    classes = list(masks.dataset.classes)
    return render_page(
        "l2b_seg.audit",
        "audit.html.j2",
        style=page_source("l2b_seg.audit", "audit.css"),
        script=page_source("l2b_run.report", "tables.js"),
        result=result,
        judges=quality_text(result["judges"]),
        given_line=GIVEN,
        proposed_line=PROPOSED,
        class_colours=list(zip(classes, _class_colours(len(classes)), strict=True)) if len(classes) > 1 else [],
        cards=[_card(masks, result, row, proposal_path(row["case"])) for row in result["cases"][:TOP_CASES]],
        slices=_table(_SLICE, result["slices"][:TOP_SLICES]),
        cases=_table(_CASE, result["cases"]),
        parts=_compared(result["truth"]),
        rankings=RANKINGS,
        number=_text,
        wrong_below=truth.WRONG_BELOW,
    )


def _card(masks: AuditedMasks, result: dict[str, Any], row: dict[str, Any], proposal: Path) -> dict[str, Any]:
    """What the card of a case shows: words, numbers, and the pictures of a slice.

    It is the worst one, but the largest of a mask that is wrong as a whole: the worst is often at an end, where nothing
    shows where it should be.
    """
    mine = [one for one in result["slices"] if one["case"] == row["case"]]
    largest = max(mine, key=lambda one: one["given_area"])
    shown = largest if row["mend"] else next(one for one in mine if one["slice"] == row["worst_slice"])
    numbers = [(heading, _text(row.get(key), decimals)) for key, heading, decimals in _ON_CARD]
    return (
        row
        | _picture(masks, row["case"], shown["slice"], proposal, result["plane"])
        | {
            "score": _text(row["score"], 3),
            "sure": _text(row["sure"], 2),
            "words": in_words(shown, result["unit"]),
            "numbers": [(heading, text) for heading, text in numbers if text != NONE],
        }
    )


def _picture(masks: AuditedMasks, case: str, index: int, proposal: Path, plane: str | None) -> dict[str, Any]:
    """Image, size, window around the masks and both outlines, a class each, of a slice; as training saw it."""
    dataset, count = masks.dataset, len(masks.dataset.classes)
    channels = [read_volume(path) for path in dataset.image_paths(case)]
    cut = channels[0].cut(plane)
    given = cut.apply(case_labels(dataset, case, masks.folders[case]).array)[index]
    proposed = cut.apply(label_values(proposal, read_volume(proposal).array, dataset.values))[index]
    image = picture_of([cut.apply(channel.array) for channel in channels], dataset.channels)[index]
    height, width = given.shape
    return {
        "shown": index,
        "image": image_uri(image),
        "width": width,
        "height": height,
        "window": " ".join(map(str, focus([given[None], proposed[None]], 1.0) or (0, 0, 2 * width, 2 * height))),
        "outlines": [  # (SVG path in half pixels, colour), one for each class that is there
            [
                (path, line[0] if count == 1 else colour)
                for value, colour in enumerate(_class_colours(count), 1)
                if (path := outline(mask == value))
            ]
            for mask, line in ((given, GIVEN), (proposed, PROPOSED))
        ],
    }


def _class_colours(count: int) -> list[str]:
    return [CLASSES[number % len(CLASSES)] for number in range(count)]


def _table(columns: Sequence[tuple[str, str, int | None]], rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Headings and rows of a table that can be sorted, without the columns that no row has."""
    there = [column for column in columns if any(row.get(column[0]) is not None for row in rows)]
    return {
        "headings": [(heading, decimals is None) for _, heading, decimals in there],
        "rows": [
            [(_text(row.get(key), decimals), decimals is None, row.get(key)) for key, _, decimals in there]
            for row in rows
        ],
    }


def _compared(found: dict[str, Any] | None) -> dict[str, str]:
    """Key in the truth -> heading, of what the rankings are compared on."""
    if found is None:
        return {}
    parts = {"cases": "cases", "foreground": "slices that show the foreground", "all": "all slices"}
    counts = {part: found[part]["cases" if part == "cases" else "slices"] for part in parts}
    if counts["foreground"] == counts["all"]:
        del parts["foreground"]
    if counts["all"] == counts["cases"]:  # a slice each
        del parts["all"]
    return {part: f"{text}: {found[part]['wrong']} of {counts[part]} wrong" for part, text in parts.items()}


def _text(value: Any, decimals: int | None) -> str:
    if value is None:
        return "" if decimals is None else NONE
    return f"{value:.{decimals}f}" if isinstance(value, float) else str(value)


def in_words(row: dict[str, Any], unit: str) -> str:
    """One or two sentences about a row of the audit's slices, for a reader who knows nothing of its columns."""
    if row["state"] == "no mask":
        return f"The mask is empty, but the model proposes {_area(row['proposal_area'], unit)}."
    if row["state"] == "both empty":
        return "Neither the mask nor the model shows anything here."
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
