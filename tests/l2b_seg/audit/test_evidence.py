"""The rows of slices and cases, alone."""

import pytest

from l2b_seg.audit.evidence import case_row, slice_rows
from l2b_seg.audit.regions import regions_of
from tests.l2b_seg.audit.two_classes import disc, two_classes


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
