"""One self-contained page: the most suspicious slices, the given mask beside the network's proposal, and the cases."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from l2b_data.cases.label_map import case_labels, label_values
from l2b_data.images.volume import read_volume
from l2b_seg.audit import truth
from l2b_seg.audit.words import in_words
from l2b_seg.report.pictures import grey_levels, image_uri, outline
from l2b_seg.run_data import RunData

TOP = 40
GIVEN, PROPOSED = ("#F0E442", "6 4"), ("#56B4E9", "")
"""Colour and SVG dash array of an outline. From Okabe and Ito's palette, told apart with every colour blindness."""

_MARGIN = 0.5  # of the extent of both masks, around them

_NUMBERS = (  # key, heading, decimals
    ("presence", "presence", 2),
    ("dice", "Dice with the proposal", 2),
    ("hd95", "HD95", 1),
    ("assd", "ASSD", 1),
    ("trusted_disagreement", "trusted disagreement", 2),
    ("beta_share", "beta share", 2),
    ("true_dice", "true Dice", 2),
)
_CASE_NUMBERS = (
    ("score", "score", 3),
    ("worst_slice", "worst slice", 0),
    ("worst_score", "its score", 3),
    ("suspect_slices", "slices above 0.5", 0),
    ("slices", "of", 0),
    ("dice", "Dice with the proposal", 3),
    ("hd95", "HD95", 1),
    ("assd", "ASSD", 1),
    ("beta_share", "beta share", 2),
)


def audit_page(data: RunData, result: dict[str, Any], proposal_path: Callable[[str], Path]) -> str:
    """The page as text. It holds its styles and pictures itself, has no script and loads nothing; names are escaped.

    result: what goes into audit.json. The masks are read again, of the cases of the TOP slices alone.
    Raises DataError where a file has gone.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("l2b_seg.audit", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    classes = list(data.dataset.classes)
    what = classes[0] if len(classes) == 1 else "foreground"
    return environment.get_template("audit.html.j2").render(
        result=result,
        given_line=GIVEN,
        proposed_line=PROPOSED,
        cards=_cards(data, result, what, proposal_path),
        case_columns=[heading for _, heading, _ in _CASE_NUMBERS],
        cases=[
            {"rank": row["rank"], "case": row["case"], "cells": [_text(row[key], n) for key, _, n in _CASE_NUMBERS]}
            for row in result["cases"]
        ],
        quality=_quality_rows(result["truth"]),
        wrong_below=truth.WRONG_BELOW,
    )


def _cards(
    data: RunData, result: dict[str, Any], what: str, proposal_path: Callable[[str], Path]
) -> list[dict[str, Any]]:
    """A card a row of the first TOP, in their order; every case is read once."""
    rows, plane = result["slices"][:TOP], result["plane"]
    pictures: dict[tuple[str, int], dict[str, Any]] = {}
    for case in dict.fromkeys(row["case"] for row in rows):
        indices = [row["slice"] for row in rows if row["case"] == case]
        pictures |= _pictures(data, case, indices, proposal_path(case), plane)
    return [
        {
            "rank": row["rank"],
            "case": row["case"],
            "slice": row["slice"],
            "score": f"{row['score']:.3f}",
            "words": in_words(row, result["unit"], what),
            "numbers": [(heading, _text(row[key], n)) for key, heading, n in _NUMBERS if row.get(key) is not None],
            **pictures[row["case"], row["slice"]],
        }
        for row in rows
    ]


def _pictures(
    data: RunData, case: str, indices: list[int], proposal: Path, plane: str | None
) -> dict[tuple[str, int], dict[str, Any]]:
    """(case, slice) -> image, size, window around the masks, both outlines, a class each; as training saw it."""
    dataset, classes = data.dataset, len(data.dataset.classes)
    channels = [read_volume(path) for path in dataset.image_paths(case)]
    cut = channels[0].cut(plane)
    given = cut.apply(case_labels(dataset, case, data.labels).array)
    proposed = cut.apply(label_values(proposal, read_volume(proposal).array, dataset.values))
    image = _image([cut.apply(channel.array) for channel in channels])
    found = {}
    for index in indices:
        height, width = given.shape[1:]
        found[case, index] = {
            "image": image_uri(image[index]),
            "width": width,
            "height": height,
            "window": " ".join(map(str, _window((given[index] > 0) | (proposed[index] > 0)))),
            "given": _outlines(given[index], classes),
            "proposed": _outlines(proposed[index], classes),
        }
    return found


def _image(channels: list[np.ndarray]) -> np.ndarray:
    """(D, H, W) uint8, or (D, H, W, 3) of three channels; of other numbers their mean."""
    levels = [grey_levels(channel) for channel in channels]
    if len(levels) == 3:
        return np.stack(levels, -1)
    return np.mean(levels, axis=0).round().astype(np.uint8)


def _outlines(mask: np.ndarray, classes: int) -> list[str]:
    """SVG paths in half pixels, one for each class that is there."""
    return [path for value in range(1, classes + 1) if (path := outline(mask == value))]


def _window(union: np.ndarray) -> tuple[int, int, int, int]:
    """(x, y, width, height) in half pixels of a square around the masks, within the slice; all of it without masks."""
    height, width = union.shape
    if not union.any():
        return 0, 0, 2 * width, 2 * height
    rows, columns = np.nonzero(union)
    extent = max(np.ptp(rows), np.ptp(columns)) + 1
    side = int(min(max(extent * (1 + 2 * _MARGIN), max(height, width) / 3), max(height, width)))
    starts = [
        int(np.clip((hits.min() + hits.max()) // 2 - side // 2, 0, max(length - side, 0)))
        for hits, length in ((columns, width), (rows, height))
    ]
    return 2 * starts[0], 2 * starts[1], 2 * min(side, width), 2 * min(side, height)


def _quality_rows(quality: dict[str, Any] | None) -> list[dict[str, Any]]:
    """How good each ranking is, for the page's table; none where the truth is not known."""
    if quality is None:
        return []
    named = {"score": "this audit", "loss": "mean loss", "cleanlab": "cleanlab"}
    keys = ("auroc", "average_precision", "spearman")
    return [
        {
            "name": text,
            "cells": [_text(quality[part][name][key], 3) for part in ("all", "foreground") for key in keys],
        }
        for name, text in named.items()
        if name in quality["all"]
    ]


def _text(value: float | int | str | None, decimals: int) -> str:
    if value is None:
        return "–"
    return f"{value:.{decimals}f}" if isinstance(value, float) else str(value)
