"""Outlines moved all round, in mm."""

import numpy as np
import pytest

from data_prep.mask_mistakes.kinds import MISTAKES, CleanMask
from l2b_seg.audit.mistakes.resized import resized
from tests.l2b_seg.audit.mistakes.masks import organ


@pytest.mark.parametrize("spacing", [(3.0, 0.5, 0.5), (3.0, 0.5, 0.9), (1.0, 2.0, 2.0)])
@pytest.mark.parametrize(("kind", "sign"), [("over-drawn", -1), ("under-drawn", 1)])
def test_the_distance_is_found_within_a_pixel(kind, sign, spacing):
    """It is that between the outlines: what was planted, rounded to whole pixels."""
    for seed in range(4):
        clean = organ(seed, (8, 96, 96))
        wrong, size = MISTAKES[kind](CleanMask(clean, spacing), np.random.default_rng(seed))
        found = resized(wrong, clean, spacing)
        assert sign * found.distance > 0
        assert abs(found.distance) == pytest.approx(size["distance"], abs=1.1 * max(spacing[1:]))
        assert found.dice > 0.95
        assert found.distance == pytest.approx(found.share * CleanMask(wrong, spacing).radius)


def test_a_mask_that_fits_stays_as_it_is():
    clean = organ(1)
    found = resized(clean, clean, (3.0, 0.8, 0.8))
    assert found.dice == 1
    assert abs(found.distance) < 0.8  # less than a pixel


def test_slices_without_a_mask_stay_empty():
    clean = organ(0)
    given = clean.copy()
    given[:5] = 0
    found = resized(given, clean, (3.0, 0.8, 0.8))
    assert found.dice == pytest.approx(2 * given.sum() / (given.sum() + clean.sum()), abs=0.05)


def test_empty_masks_and_a_single_pixel():
    clean, empty = organ(0), np.zeros_like(organ(0))
    assert (
        resized(clean, empty, (1, 1, 1)) is resized(empty, clean, (1, 1, 1)) is resized(empty, empty, (1, 1, 1)) is None
    )
    pixel = np.ones((1, 1, 1), np.uint8)
    assert resized(pixel, pixel, (1, 1, 1)).dice == 1


def test_the_edge_of_the_picture_is_outside():
    given, proposal = np.ones((1, 30, 30), np.uint8), np.zeros((1, 30, 30), np.uint8)
    proposal[0, 5:-5, 5:-5] = 1
    found = resized(given, proposal, (1, 1, 1))
    assert found.dice == 1
    assert found.distance == pytest.approx(-5, abs=0.8)


def test_growing_out_of_both_masks_costs_something():
    given, proposal = np.zeros((2, 1, 80, 80), np.uint8)
    given[0, 30:50, 30:50], proposal[0, 25:55, 25:55] = 1, 1
    found = resized(given, proposal, (1, 1, 1))
    assert found.distance == pytest.approx(5, abs=1)
    assert 0.95 < found.dice < 1  # round corners
