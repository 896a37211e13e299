"""Connected areas in which the given mask and the network's proposal differ."""

from typing import Any

import numpy as np
from scipy import ndimage

from l2b_seg.audit.outlook import Outlook

SMALLEST = 0.01
"""Areas below this share of a class's usual area are left out: specks and single border pixels."""

DEFINITIONS = {
    "rank": "place of the region by weight, 1 first",
    "weight": "area times mean confidence: the area about which the network disagrees surely",
    "slice": "index of the slice in the file, from 0",
    "kind": "missing: the network sees a class where the mask has background; extra: the mask has a class where the "
    "network sees background; other class: both have a class, and not the same",
    "given": "the class of the given mask",
    "proposed": "the class the network proposes",
    "pixels": "pixels of the region",
    "area": "area of the region, unit squared",
    "confidence": "mean over the region of the probability of the proposed label less that of the given one",
    "row_first": "bounding box in pixels of the file, from 0, last included (row_first, row_last, column_first, "
    "column_last)",
}

COLUMNS = ("rank", "case", *(name for name in DEFINITIONS if name not in ("rank", "row_first")))
"""Of a table without a region."""

_KINDS = {(False, True): "missing", (True, False): "extra", (True, True): "other class"}


def regions_of(outlook: Outlook, usual: float, classes: tuple[str, ...]) -> list[dict[str, Any]]:
    """A row for every connected area (4 neighbours, within a slice) where one given label meets one other proposed one.

    usual: the smallest class's usual share of a slice (see SMALLEST). Unsorted, without ranks.
    """
    names = ("background", *classes)
    margin = outlook.confidence
    pixel_area = outlook.spacing[1] * outlook.spacing[2]
    least = SMALLEST * usual * outlook.given[0].size
    rows = []
    for index in np.flatnonzero((outlook.given != outlook.proposal).any((1, 2))):
        given, proposed = outlook.given[index].astype(int), outlook.proposal[index].astype(int)
        pairs = np.where(given != proposed, 1 + given * len(names) + proposed, 0)
        for code in np.unique(pairs[pairs > 0]):
            labelled, _ = ndimage.label(pairs == code)
            old, new = divmod(int(code) - 1, len(names))
            for number, box in enumerate(ndimage.find_objects(labelled), 1):
                inside = labelled[box] == number
                pixels = int(np.count_nonzero(inside))
                if pixels < least:
                    continue
                sure = float(margin[index][box][inside].mean())
                row: dict[str, Any] = {"case": outlook.case, "slice": int(index), "kind": _KINDS[old > 0, new > 0]}
                row |= {"given": names[old], "proposed": names[new]}
                row |= {"pixels": pixels, "area": pixels * pixel_area, "confidence": sure}
                row["weight"] = pixels * pixel_area * sure
                for axis, extent in zip(("row", "column"), box, strict=True):
                    row |= {f"{axis}_first": extent.start, f"{axis}_last": extent.stop - 1}
                rows.append(row)
    return rows
