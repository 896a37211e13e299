"""Regions in dispute, and the rows of slices and case, of a mask with two classes."""

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


def test_a_region_of_another_class():
    found = regions_of(two_classes(), float(disc(5).mean()), ("liver", "spleen"))
    assert [(row["slice"], row["kind"], row["given"], row["proposed"]) for row in found] == [
        (1, "other class", "spleen", "liver")
    ]
    assert found[0]["pixels"] == int(disc(5).sum())
    assert found[0]["confidence"] == pytest.approx(0.9)


def test_regions_below_a_hundredth_of_the_usual_area_are_left_out():
    assert regions_of(two_classes(), 101 * float(disc(5).mean()), ("liver", "spleen")) == []


def test_rows_of_slices_and_case():
    seen = two_classes()
    rows = slice_rows(seen, 1, [0.1] * max(1, len(seen.probability) - 1), range(1, max(2, len(seen.probability))))
    assert [row["fold"] for row in rows] == [1, 1]
    assert [row["dice"] for row in rows] == [1, 1]  # all foreground
    assert [row["disagreement"] for row in rows] == pytest.approx([0, 0.9 / 2])
    case = case_row(seen, 0.3, 1)
    assert (case["slices"], case["disagreement"], case["dice"], case["given_volume"]) == (2, 0.3, 1, 4 * disc(5).sum())
