"""Mistakes named, in a set of ordinary masks."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from scipy import ndimage

from data_prep.mask_mistakes.kinds import MISTAKES, CleanMask
from l2b_seg.audit.mistakes.diagnosis import diagnose, usual_of
from tests.l2b_seg.audit.mistakes.masks import SHAPE, SPACING, organ, signs_between

NAMES = ["rim", "core", "strip"]


def by_a_border(clean, seed):
    """The mask a pixel larger, smaller or to one side."""
    smaller = clean * ndimage.binary_erosion(clean > 0, np.ones((1, 3, 3)))
    return (smaller, ndimage.grey_dilation(clean, (1, 3, 3)), np.roll(clean, 1, 2))[seed % 3].astype(np.uint8)


def ordinary(classes=1, count=9):
    return [
        signs_between(by_a_border(clean, seed), clean, classes=classes)
        for seed in range(count)
        for clean in [organ(seed, classes=classes)]
    ]


def planted(kind, seed=20, classes=1, clean=None, shape=SHAPE):
    clean = organ(seed, shape, classes=classes) if clean is None else clean
    given, size = MISTAKES[kind](CleanMask(clean, SPACING), np.random.default_rng(seed))
    return signs_between(given, clean, classes=classes), size


def named(signs, others, unit="mm", classes=1):
    return diagnose(signs, None, usual_of([*others, signs]), NAMES[:classes], unit)


@pytest.mark.parametrize(
    ("kind", "classes"),
    [*product(("mirrored", "reversed", "shifted", "inverted"), (1, 3)), ("classes-exchanged", 3)],
)
@pytest.mark.parametrize("seed", [20, 21, 22])
def test_mechanical_mistakes_are_named(kind, classes, seed):
    signs, size = planted(kind, seed, classes)
    found = named(signs, ordinary(classes), classes=classes)
    assert found.kind == kind
    assert "it agrees by Dice 1.00" in found.text
    assert found.sure > 0.9
    assert found.slices is None
    if kind == "shifted":
        assert found.detail == size


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("slices-deleted", "no mask on slices "),
        ("slices-copied", "have the very same mask"),
        ("over-drawn", " mm outside of where the judge sees it"),
        ("under-drawn", " mm inside of where the judge sees it"),
        ("spilled", "lies apart"),
        ("part-erased", "is missing in the mask"),
    ],
)
def test_mistakes_to_be_drawn_anew_are_named(kind, text):
    seed = next(seed for seed in range(20, 60) if _telling(kind, planted(kind, seed)[1]))
    signs, size = planted(kind, seed)
    found = named(signs, [*ordinary(count=3), *(signs_between(organ(seed), organ(seed)) for seed in range(3, 9))])
    assert found is not None
    assert found.kind == kind
    assert text in found.text
    if "slices" in size:
        assert set(found.slices) <= set(size["slices"])
    if "distance" in size:
        assert abs(found.detail["distance"]) == pytest.approx(size["distance"], abs=0.9)


def _telling(kind, size):
    """Whether the run lies inside, with masks on both sides; and half of a mask is gone."""
    return kind != "slices-deleted" or 3 <= size["slices"][0] <= size["slices"][-1] <= 6


def test_a_missing_class_and_coarse_masks_are_named():
    signs, size = planted("class-missing", 20, 3)
    found = named(signs, ordinary(3), classes=3)
    assert found.kind == "class-missing"
    assert found.text == f"{NAMES[size['class'] - 1]} is missing: the masks of other cases have it"
    told = set()
    for seed in range(20, 30):
        signs, size = planted("coarse", seed, clean=organ(seed, (14, 96, 96)))
        found = named(signs, ordinary())
        assert found.kind == "coarse"
        told.add(found.text)
    assert told >= {
        "drawn coarsely: the whole mask consists of blocks of 4 pixels",
        "drawn on every third slice, empty between",
    }


@pytest.mark.parametrize("classes", [1, 3])
def test_nothing_is_named_on_masks_off_by_a_border(classes):
    signs = ordinary(classes, 12)
    usual = usual_of(signs)
    assert [diagnose(one, None, usual, NAMES, "mm") for one in signs] == [None] * 12


@pytest.mark.parametrize("trace", ["blocks", "copies", "thirds"])
def test_a_trace_that_most_masks_have_is_no_mistake(trace):
    clean = [organ(seed, (14, 48, 56)) for seed in range(6)]
    given = []
    for mask in clean:
        wrong = mask.copy()
        if trace == "blocks":
            wrong = np.repeat(np.repeat(mask[:, 2::4, 2::4], 4, 1), 4, 2)
        elif trace == "copies":
            wrong[5] = wrong[4]
        else:
            wrong[np.setdiff1d(range(14), range(1, 14, 3))] = 0
        given.append(wrong)
    signs = [signs_between(*pair) for pair in zip(given, clean, strict=True)]
    assert [diagnose(one, None, usual_of(signs), NAMES, "mm") for one in signs] == [None] * 6
    fine = [signs_between(mask, mask) for mask in clean]
    assert diagnose(signs[0], None, usual_of([*fine, signs[0]]), NAMES, "mm") is not None


def test_one_case_alone_empty_masks_and_judges_that_see_nothing():
    clean = organ(0)
    empty = np.zeros_like(clean)
    for given, proposal in ((empty, clean), (clean, empty), (empty, empty), (clean, clean), (1 - clean, empty)):
        for shown in (slice(None), slice(4, 5)):
            signs = signs_between(given[shown], proposal[shown])
            assert diagnose(signs, None, usual_of([signs]), NAMES, "voxel") is None


def test_where_no_mask_fits_the_usual_one_a_gain_is_still_named():
    signs, _ = planted("inverted", 22)
    usual = replace(usual_of([signs]), fit=0.0)
    assert diagnose(signs, None, usual, NAMES, "mm") is not None


def test_an_empty_mask_in_a_set_of_good_ones_is_named():
    clean = organ(20)
    found = named(signs_between(np.zeros_like(clean), clean), ordinary())
    assert (found.kind, found.text) == ("part-erased", "100% of what the judge sees is missing in the mask")
