"""The card of a case: its worst slices, each with the masks that can be chosen and where given and proposal differ."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from l2b_data.cases.label_map import case_labels, label_values
from l2b_data.images.orientation import Cut
from l2b_data.images.volume import read_volume
from l2b_seg.audit.masks import AuditedMasks
from l2b_seg.audit.mistakes.mend import mended_labels
from l2b_seg.audit.review.difference import DIFFERENCES, difference
from l2b_seg.audit.review.proposals import proposal_path
from l2b_seg.audit.review.words import in_words
from l2b_seg.report.case import focus, picture_of
from l2b_seg.report.pictures import image_uri, outline

SLICES = 5
GIVEN, PROPOSED, MENDED = ("#F0E442", "6 4"), ("#56B4E9", ""), ("#1FD1A0", "2 3")
"""Colour and SVG dash array of an outline. From Okabe and Ito's palette, told apart with every colour blindness."""

CLASSES = ("#56B4E9", "#E69F00", "#F0E442", "#CC79A7", "#1FD1A0", "#FF8A3D", "#FFFFFF")
"""Colours of several classes, in all pictures: classes that are exchanged would look alike otherwise."""


def class_colours(count: int) -> list[str]:
    """A colour a class, "#rrggbb"; they come round after seven."""
    return [CLASSES[number % len(CLASSES)] for number in range(count)]


def pictures_of(masks: AuditedMasks, result: Mapping[str, Any], row: dict[str, Any], audit: Path) -> dict[str, Any]:
    """What the card of a case shows: size and window of its pictures, in half pixels, and its slices.

    row: of the case in audit.json, `result`. audit: folder of its proposals. A slice: number ("" where the case has no
    other), said, image, masks (name, outline's line, (SVG path, colour) a class) and areas (SVG path, kind) that
    differ, all as training saw them. Raises DataError where a file has gone.
    """
    dataset, case = masks.dataset, row["case"]
    mine = [one for one in result["slices"] if one["case"] == case]
    chosen = shown_slices(mine, whole=row["mend"])
    channels = [read_volume(path) for path in dataset.image_paths(case)]
    cut = channels[0].cut(result["plane"])
    found = _masks(masks, row, audit, cut, result["plane"])
    arrays = [mask[[one["slice"] for one in chosen]] for _, _, mask in found]
    image = picture_of([cut.apply(channel.array) for channel in channels], dataset.channels)
    _, height, width = cut.sizes
    return {
        "width": width,
        "height": height,
        "window": " ".join(map(str, focus(arrays, 1.0) or (0, 0, 2 * width, 2 * height))),
        "shown": [
            {
                "number": one["slice"] if len(mine) > 1 else "",
                "said": in_words(one, result["unit"]),
                "image": image_uri(image[one["slice"]]),
                "masks": [
                    {"name": name, "line": line, "outlines": _outlines(mask[one["slice"]], line, len(dataset.classes))}
                    for name, line, mask in found
                ],
                "areas": _areas(found[0][2][one["slice"]], found[-1][2][one["slice"]]),
            }
            for one in chosen
        ],
    }


def shown_slices(rows: Sequence[dict[str, Any]], *, whole: bool) -> list[dict[str, Any]]:
    """Up to SLICES of a case's slices, the most suspicious first, without those that are empty in mask and proposal.

    rows: of the slices, by suspicion. whole: the mask is wrong as a whole: the largest slice comes first, as the worst
    is often at an end, where nothing shows where it should be.
    """
    found = [row for row in rows if row["state"] != "both empty"] or list(rows)
    largest = [max(found, key=lambda row: row["given_area"])] if whole else []
    return (largest + [row for row in found if row not in largest])[:SLICES]


def _masks(
    masks: AuditedMasks, row: dict[str, Any], audit: Path, cut: Cut, plane: str | None
) -> list[tuple[str, tuple[str, str], np.ndarray]]:
    """Name, line and cut labels of the given mask, of the mended one where there is one, and of the proposal, last."""
    dataset, case = masks.dataset, row["case"]
    path = proposal_path(audit, case)
    found = [("given mask", GIVEN, case_labels(dataset, case, masks.folders[case]).array)]
    if row["mend"]:
        found.append(("mend", MENDED, mended_labels(masks, row, audit, plane)))
    found.append(("proposal", PROPOSED, label_values(path, read_volume(path).array, dataset.values)))
    return [(name, line, cut.apply(array)) for name, line, array in found]


def _outlines(mask: np.ndarray, line: tuple[str, str], count: int) -> list[tuple[str, str]]:
    """SVG path and colour of each class there is in a slice: of one class the line's colour."""
    colours = [line[0]] if count == 1 else class_colours(count)
    return [(path, colour) for value, colour in enumerate(colours, 1) if (path := outline(mask == value))]


def _areas(given: np.ndarray, proposal: np.ndarray) -> list[tuple[str, int]]:
    differs = difference(given, proposal)
    return [(path, kind) for kind in DIFFERENCES if (path := outline(differs == kind))]
