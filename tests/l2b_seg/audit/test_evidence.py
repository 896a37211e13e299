"""The rows of slices and cases, alone."""

import numpy as np
import pytest

from l2b_data.images.volume import Volume
from l2b_seg.audit.evidence import case_row, slice_rows
from l2b_seg.audit.outlook import Outlook
from l2b_seg.audit.regions import regions_of


def disc(radius, centre=(16, 16), size=32):
    rows, columns = np.ogrid[:size, :size]
    return (rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 <= radius**2


def two_classes():
    """Two slices; in the second the mask calls class 2 what the network calls class 1."""
    left, right = disc(5, (16, 8)), disc(5, (16, 24))
    probability = np.zeros((3, 2, 32, 32), np.float32)
    probability[1, :, left] = probability[2, :, right] = 0.9
    probability[0] = 1 - probability[1:].sum(0)
    given = np.zeros((2, 32, 32), np.uint8)
    given[:, left], given[:, right] = 1, 2
    given[1, left] = 2
    return Outlook(
        case="a",
        grid=Volume(given),
        cut=Volume(given).cut(),
        given=given,
        probability=probability,
        smoothed=probability,
        proposal=probability.argmax(0).astype(np.uint8),
        spacing=(1.0, 1.0, 1.0),
    )


def test_several_classes():
    seen = two_classes()
    rows = slice_rows(seen, 1, [0.1, 0.1], (1, 2))
    assert [(row["dice"], row["state"], row["fold"]) for row in rows] == [(1, "ok", 1)] * 2
    assert rows[0]["disagreement"] == 0
    assert rows[1]["disagreement"] == pytest.approx(0.9 / 2)  # half of the pixels, each with 0.9 - 0
    found = regions_of(seen, float(disc(5).mean()), ("liver", "spleen"))
    assert [(row["slice"], row["kind"], row["given"], row["proposed"]) for row in found] == [
        (1, "other class", "spleen", "liver")
    ]
    assert found[0]["pixels"] == int(disc(5).sum())
    assert found[0]["confidence"] == pytest.approx(0.9)
    case = case_row(seen, 0.2, 1)
    assert (case["slices"], case["dice"], case["disagreement"], case["diagnosis"]) == (2, 1, 0.2, None)
