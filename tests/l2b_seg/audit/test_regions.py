"""Regions in dispute, and the rows of slices and case, of a mask with two classes."""

import pytest

from l2b_seg.audit.evidence import case_row, slice_rows
from l2b_seg.audit.regions import regions_of
from tests.l2b_seg.audit.two_classes import disc, two_classes


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
