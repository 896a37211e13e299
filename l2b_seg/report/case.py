"""A case for a report's viewer: its slices as pictures, outlines of its masks, maps of trust and weights."""

import json
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from l2b_data.cases.dice import dice
from l2b_seg.report.pictures import TRUSTED, grey_levels, image_uri, outline, trust_uri, weight_uri

MAX_SLICES = 40
MAX_BYTES = 14_000_000  # of all cases in a page
_FEWEST = 6  # slices of a case, however many cases and runs there are
_MEANINGS = {
    "trust": "trust in the given mask",
    "alpha": "training weight of the given mask (alpha)",
    "beta": "training weight of the network's label (beta)",
    "last alpha": "weight of the given mask under the last network (alpha)",
    "last beta": "weight of the network's label under the last network (beta)",
}
_RGB = ({"r", "g", "b"}, {"red", "green", "blue"})


@dataclass(frozen=True)
class ShownCase:
    """What is known of a case, all arrays of one shape (D, H, W) and turned as they are to be seen.

    image: uint8, (D, H, W) or (D, H, W, 3) for colour. masks: id of a source -> label values. maps: id of a run ->
    kind of map (of _MEANINGS) -> trust in [0, 1], or weights as `weight_uri` takes them. reference: the source whose
    mask is the clean one, "" for none. aspect: width of a pixel over its height. numbers: the slices' numbers in the
    file. classes: names of the label values, from 1 on. wanted: slices that are shown in any case.
    """

    case: str
    title: str
    image: np.ndarray
    masks: Mapping[str, np.ndarray]
    maps: Mapping[str, Mapping[str, np.ndarray]] = field(default_factory=dict)
    reference: str = ""
    aspect: float = 1.0
    note: str = ""
    numbers: Sequence[int] | None = None
    classes: Sequence[str] = ()
    wanted: Container[int] = ()


def case_records(shown: Sequence[ShownCase], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """`case_record` of each, with as many slices as keep them all within MAX_BYTES of the page."""
    most = MAX_SLICES
    while True:
        records = [case_record(case, names, most=most) for case in shown]
        size = sum(len(json.dumps(record)) for record in records)
        if size <= MAX_BYTES or most <= _FEWEST:
            return records
        most = max(_FEWEST, min(most - 1, most * MAX_BYTES // size))


def case_record(shown: ShownCase, names: Mapping[str, str], *, most: int = MAX_SLICES) -> dict[str, Any]:
    """The case as the page's script reads it, ready for JSON; `names` of the runs by id, for the choice of a map.

    At most `most` slices, evenly spread, and besides the wanted ones; outlines in half pixels of the native grid, a
    path a class.
    """
    depth, height, width = shown.image.shape[:3]
    numbers = list(shown.numbers or range(depth))
    step = -(-depth // most) if depth else 1
    chosen = [index for index in range(depth) if index % step == 0 or numbers[index] in shown.wanted]
    note = [shown.note] if shown.note else []
    if step > 1:
        besides = ", and those an audit suspects" if len(chosen) > len(range(0, depth, step)) else ""
        note.append(f"Every {_ordinal(step)} of {depth} slices{besides}.")
    areas = [sum(int(np.count_nonzero(mask[index])) for mask in shown.masks.values()) for index in chosen]
    keys = [(f"{run}/{kind}", run, kind) for run, maps in shown.maps.items() for kind in maps]
    keys.sort(key=lambda key: key[2] != "trust")  # trust first: what is shown unless something else is chosen
    return {
        "case": shown.case,
        "title": shown.title,
        "note": " ".join(note),
        "width": width,
        "height": height,
        "aspect": shown.aspect,
        "focus": focus(list(shown.masks.values()), shown.aspect),
        "last": max(numbers, default=0),
        "first": int(np.argmax(areas)) if areas else 0,
        "sources": list(shown.masks),
        "maps": [
            {"key": key, "text": f"{_MEANINGS[kind]}, {names[run]}", "trust": kind == "trust"}
            for key, run, kind in keys
        ],
        "slices": [_slice(shown, index, numbers[index]) for index in chosen],
    }


def _slice(shown: ShownCase, index: int, number: int) -> dict[str, Any]:
    outlines, overlaps = {}, {}
    for source, mask in shown.masks.items():
        paths = {name: outline(mask[index] == value) for value, name in enumerate(shown.classes, start=1)}
        if found := {name: path for name, path in paths.items() if path}:
            outlines[source] = found
        if shown.reference and source != shown.reference:
            clean, drawn = shown.masks[shown.reference][index] > 0, mask[index] > 0
            if clean.any() or drawn.any():
                overlaps[source] = round(dice(clean, drawn), 4)
    maps = dict[str, str]()
    for run, of_run in shown.maps.items():
        for kind, of_slices in of_run.items():
            values = of_slices[index]
            if kind == "trust" and (values <= TRUSTED).any():
                maps[f"{run}/{kind}"] = trust_uri(values)
            elif kind != "trust" and values.any():
                maps[f"{run}/{kind}"] = weight_uri(values)
    drawn = {"outlines": outlines, "dice": overlaps, "maps": maps}
    return {"number": number, "image": image_uri(shown.image[index]), **drawn}


def picture_of(channels: Sequence[np.ndarray], names: Sequence[str]) -> np.ndarray:
    """What is shown of an image's channels (D, H, W): colour for red, green and blue, else the first one in grey."""
    if len(channels) == 3 and {name.lower() for name in names} in _RGB:
        stack = np.stack(channels, axis=-1)
        return stack if stack.dtype == np.uint8 else grey_levels(stack)
    return grey_levels(channels[0])


def focus(masks: Sequence[np.ndarray], aspect: float) -> list[int] | None:
    """x, y, width, height in half pixels: a square on the screen around all masks (D, H, W), None where all are empty.

    With a margin of a quarter of the masks' extent on each side, and at least 40 % of the picture's height.
    """
    covered = [(mask > 0).any(axis=0) for mask in masks]
    if not any(part.any() for part in covered):
        return None
    union = np.any(covered, axis=0)
    height, width = covered[0].shape
    rows, columns = np.nonzero(union.any(axis=1))[0], np.nonzero(union.any(axis=0))[0]
    side = max(1.5 * max(np.ptp(rows) + 1, (np.ptp(columns) + 1) * aspect), 0.4 * height)
    found = []
    for ends, length, extent in ((columns, width, side / aspect), (rows, height, side)):
        extent = min(extent, length)
        start = np.clip((ends[0] + ends[-1] + 1) / 2 - extent / 2, 0, length - extent)
        found.append((round(2 * start), round(2 * extent)))
    (x, across), (y, down) = found
    return [x, y, across, down]


def _ordinal(number: int) -> str:
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10 if number % 100 not in (11, 12, 13) else 0, 'th') }"
