"""One self-contained page to decide on: the most suspicious cases in pictures, and all numbers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from l2b_run.report.decisions import audit_key, choices
from l2b_run.report.numbers import NONE
from l2b_run.report.page import page_source, render_page
from l2b_seg.audit import truth
from l2b_seg.audit.judges.quality import quality_text
from l2b_seg.audit.masks import AuditedMasks
from l2b_seg.audit.review.card import GIVEN, MENDED, PROPOSED, class_colours, pictures_of
from l2b_seg.audit.review.difference import DIFFERENCES, OTHER

TOP_CASES, TOP_SLICES = 60, 100
"""Cases with a card of pictures; every case can be decided in the table of all."""

_NUMBERS = (  # key, heading in a table and on a card, decimals
    ("one_minus_dice", "1 - Dice", 3),
    ("loss", "mean loss", 3),
    ("soft_min", "soft minimum", 3),
    ("hd95", "HD95", 1),
    ("true_dice", "true Dice", 3),
)
_ON_CARD = (("dice", "Dice with the proposal", 3), *_NUMBERS[1:])
_FIRST = (("rank", "rank", 0), ("case", "case", None))
_SUSPICION = (("score", "score", 3), ("diagnosis", "diagnosis", None))
_CASE = (*_FIRST, *_SUSPICION, ("judge", "judge", None), *_NUMBERS)
_SLICE = (*_FIRST, ("slice", "slice", 0), *_SUSPICION, ("state", "state", None), *_NUMBERS)

RANKINGS = {
    "score": "this audit",
    "one_minus_dice": "1 - Dice with the proposal",
    "loss": "mean loss",
    "soft_min": "soft minimum (cleanlab)",
    "hd95": "HD95",
}


def audit_page(masks: AuditedMasks, result: dict[str, Any], audit: Path) -> str:
    """The page as text. It holds its styles, pictures and scripts, and loads nothing.

    Names are escaped. result: what goes into audit.json. audit: folder of the proposals. The masks are read again, of
    the TOP_CASES first cases alone. Raises DataError where a file has gone.
    """
    classes = list(masks.dataset.classes)
    colours = class_colours(len(classes))
    return render_page(
        "l2b_seg.audit",
        "audit.html.j2",
        style=page_source("l2b_seg.audit", "audit.css") + page_source("l2b_run.report", "decisions.css"),
        script=page_source("l2b_run.report", "tables.js", "decisions.js") + page_source("l2b_seg.audit", "audit.js"),
        result=result,
        audit=audit_key(result["cases"]),
        judges=quality_text(result["judges"]),
        lines={"given mask": GIVEN, "mend": MENDED, "proposal": PROPOSED},
        class_colours=list(zip(classes, colours, strict=True)) if len(classes) > 1 else [],
        differences={kind: named for kind, named in DIFFERENCES.items() if kind != OTHER or len(classes) > 1},
        cards=[_card(masks, result, row, audit) for row in result["cases"][:TOP_CASES]],
        slices=_table(_SLICE, result["slices"][:TOP_SLICES]),
        cases=_table(_CASE, [row | {"judge": "unsure" if row["unsure"] else None} for row in result["cases"]]),
        usual_dice=f"{np.median([row['expected_dice'] for row in result['cases']]):.2f}",
        choices=choices("mask", mend=True),
        offered={row["case"]: choices("mask", mend=row["mend"]) for row in result["cases"]},
        unjudged=choices("mask", proposal=False),
        parts=_compared(result["truth"]),
        rankings=RANKINGS,
        number=_text,
        wrong_below=truth.WRONG_BELOW,
    )


def _card(masks: AuditedMasks, result: dict[str, Any], row: dict[str, Any], audit: Path) -> dict[str, Any]:
    """What the card of a case shows: words, numbers and pictures."""
    numbers = [(heading, _text(row.get(key), decimals)) for key, heading, decimals in _ON_CARD]
    return (
        row
        | pictures_of(masks, result, row, audit)
        | {
            "score": _text(row["score"], 3),
            "sure": _text(row["sure"], 2),
            "numbers": [(heading, text) for heading, text in numbers if text != NONE],
        }
    )


def _table(columns: Sequence[tuple[str, str, int | None]], rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Headings and rows of a table that can be sorted, without the columns that no row has."""
    there = [column for column in columns if any(row.get(column[0]) is not None for row in rows)]
    cells = [
        [(_text(row.get(key), decimals), decimals is None, row.get(key)) for key, _, decimals in there] for row in rows
    ]
    return {
        "headings": [(heading, decimals is None) for _, heading, decimals in there],
        "rows": list(zip([row["case"] for row in rows], cells, strict=True)),
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
