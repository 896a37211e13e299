"""Every mistake on masks worked out by hand."""

import numpy as np
import pytest
from scipy import ndimage

from data_prep.mask_mistakes.kinds import KINDS, MISTAKES, OF_CLASSES, SWAPPED, CleanMask

SEEDS = range(20)


def discs(radii, *, size=64, centre=(30, 28), value=1):
    rows, columns = np.ogrid[:size, :size]
    away = np.hypot(rows - centre[0], columns - centre[1])
    return np.stack([(away <= radius) * np.uint8(value) for radius in radii])


def clean(labels, spacing=(3.0, 1.0, 1.0)):
    return CleanMask(labels, spacing)


@pytest.fixture
def organ():
    """Twelve slices of 64 x 64, drawn on 1 to 10, no two alike."""
    return clean(discs([-1, 6, 8, 10, 11, 12, 13, 11.5, 9, 7, 5, -1]))


@pytest.fixture
def zones():
    """The same with a core of class 2 and a class 3 beside."""
    labels = discs([-1, 6, 8, 10, 11, 12, 13, 11.5, 9, 7, 5, -1])
    labels += (discs([-1, 3, 4, 5, 5.5, 6, 6.5, 5.6, 4.5, 3.5, 2, -1]) > 0).astype(np.uint8)
    labels[3:7, 50:55, 20:30] = 3
    return clean(labels)


def made(kind, mask, seed=0):
    before = mask.labels.copy()
    found = MISTAKES[kind](mask, np.random.default_rng(seed))
    np.testing.assert_array_equal(mask.labels, before)
    assert found is not None
    assert found[0].dtype == np.uint8
    assert found[0].shape == before.shape
    return found


def in_row(slices):
    return np.array_equal(slices, np.arange(slices[0], slices[-1] + 1))


def test_every_mistake_is_the_same_from_the_same_seed(zones):
    assert (SWAPPED, *MISTAKES) == KINDS
    for kind in MISTAKES:
        (one, size), (other, again) = made(kind, zones, 3), made(kind, zones, 3)
        np.testing.assert_array_equal(one, other)
        assert size == again
        assert (one != zones.labels).any()


def test_radius_is_of_a_disc_as_large_as_the_largest_slice():
    labels = np.zeros((2, 10, 10), np.uint8)
    labels[0, :2, :2], labels[1, :4, :5] = 1, 1
    assert clean(labels, (9.0, 0.5, 2.0)).radius == pytest.approx(np.sqrt(20 / np.pi))


def test_turned_twice_is_the_mask_itself(organ):
    for kind, axis in (("mirrored", 2), ("reversed", 0)):
        wrong, _ = made(kind, organ)
        np.testing.assert_array_equal(wrong, np.flip(organ.labels, axis))
        np.testing.assert_array_equal(made(kind, clean(wrong))[0], organ.labels)
    assert MISTAKES["reversed"](clean(organ.labels[5:6]), np.random.default_rng(0)) is None


def test_shifted_by_5_to_15_percent_and_what_leaves_is_lost(organ):
    ways = set()
    for seed in SEEDS:
        wrong, size = made("shifted", organ, seed)
        assert 0.05 * 64 - 1 <= np.hypot(size["rows"], size["columns"]) <= 0.15 * 64 + 1
        np.testing.assert_array_equal(wrong, np.roll(organ.labels, (size["rows"], size["columns"]), (1, 2)))
        ways.add((size["rows"] > 0, size["columns"] > 0))
    assert len(ways) == 4
    full = np.ones((1, 40, 60), np.uint8)
    wrong, size = made("shifted", clean(full))
    assert wrong.sum() == (40 - abs(size["rows"])) * (60 - abs(size["columns"])) < full.size


def test_inverted(organ, zones):
    np.testing.assert_array_equal(made("inverted", organ)[0], 1 - organ.labels)
    wrong, size = made("inverted", zones)
    largest = 1 + int(np.argmax([np.count_nonzero(zones.labels == value) for value in (1, 2, 3)]))
    assert size == {"background_becomes": largest}
    np.testing.assert_array_equal(wrong, np.where(zones.labels, 0, largest))


def test_part_erased_a_component_where_there_are_several(organ):
    labels = organ.labels.copy()
    labels[4:8, 52:62, 50:60] = 1
    for seed in SEEDS:
        wrong, size = made("part-erased", clean(labels), seed)
        assert size["what"] == "component"
        assert size["voxels"] in (400, int(organ.labels.sum()))
        assert ndimage.label(wrong)[1] == 1
    labels[4:8, 52:62, 50:60] = 0
    labels[5, 60, 60] = 1  # too small to be a part of its own
    wrong, size = made("part-erased", clean(labels))
    assert size["what"] == "half"
    assert wrong[labels == 0].sum() == 0
    assert 0.35 < wrong.sum() / labels.sum() < 0.65
    assert labels.sum() - wrong.sum() == size["voxels"]


def test_slices_deleted_are_a_run_of_2_to_6_and_at_most_half(organ):
    counts = set()
    for seed in range(60):
        wrong, size = made("slices-deleted", organ, seed)
        gone = size["slices"]
        assert in_row(gone)
        assert organ.labels[gone].any((1, 2)).all()
        assert not wrong[gone].any()
        kept = np.setdiff1d(range(12), gone)
        np.testing.assert_array_equal(wrong[kept], organ.labels[kept])
        counts.add(len(gone))
    assert counts == {2, 3, 4, 5}  # of ten drawn ones
    long = clean(np.repeat(discs([5]), 40, 0))
    assert {len(made("slices-deleted", long, seed)[1]["slices"]) for seed in range(60)} == {2, 3, 4, 5, 6}


def test_slices_copied_have_the_mask_of_one_of_them(organ):
    for seed in SEEDS:
        wrong, size = made("slices-copied", organ, seed)
        run = size["slices"]
        assert in_row(run)
        assert 2 <= len(run) <= 5
        assert size["source"] in run
        for index in range(12):
            source = size["source"] if index in run else index
            np.testing.assert_array_equal(wrong[index], organ.labels[source])


@pytest.mark.parametrize("kind", ["slices-deleted", "slices-copied"])
def test_three_drawn_slices_are_too_few(kind):
    assert MISTAKES[kind](clean(discs([-1, 4, 5, 6, -1])), np.random.default_rng(0)) is None


def test_mistakes_of_classes_need_several(organ, zones):
    for kind in OF_CLASSES:
        assert MISTAKES[kind](organ, np.random.default_rng(0)) is None
    gone = set()
    for seed in SEEDS:
        wrong, size = made("class-missing", zones, seed)
        np.testing.assert_array_equal(wrong, np.where(zones.labels == size["class"], 0, zones.labels))
        gone.add(size["class"])
        wrong, size = made("classes-exchanged", zones, seed)
        one, other = size["classes"]
        assert one < other
        table = np.arange(4)
        table[[one, other]] = other, one
        np.testing.assert_array_equal(wrong, table[zones.labels])
    assert gone == {1, 2, 3}


@pytest.mark.parametrize("spacing", [(3.0, 1.0, 1.0), (3.0, 0.5, 0.8)])
def test_over_and_under_drawn_move_the_outline_by_the_stated_distance(organ, spacing):
    mask = clean(organ.labels, spacing)
    for seed in SEEDS:
        wrong, size = made("over-drawn", mask, seed)
        assert 0.2 <= size["distance"] / mask.radius <= 0.4
        np.testing.assert_array_equal(wrong.any((1, 2)), mask.labels.any((1, 2)))
        for one, before in zip(wrong[mask.drawn], mask.labels[mask.drawn], strict=True):
            away = ndimage.distance_transform_edt(before == 0, sampling=spacing[1:])
            np.testing.assert_array_equal(one > 0, away <= size["distance"])
        wrong, size = made("under-drawn", mask, seed)
        assert 0.2 <= size["distance"] / mask.radius <= 0.4
        for one, before in zip(wrong, mask.labels, strict=True):
            depth = ndimage.distance_transform_edt(before, sampling=spacing[1:])
            np.testing.assert_array_equal(one > 0, depth > size["distance"])


def test_over_drawn_pixels_are_of_the_nearest_class():
    labels = np.zeros((1, 40, 40), np.uint8)
    labels[0, 15:25, 10:20], labels[0, 15:25, 20:30] = 1, 2
    wrong, size = made("over-drawn", clean(labels))
    assert size["distance"] > 1
    assert (wrong[0, 14, 10:20] == 1).all()
    assert (wrong[0, 14, 20:30] == 2).all()
    np.testing.assert_array_equal(wrong[labels > 0], labels[labels > 0])


def test_under_drawn_at_the_edge_of_the_image_moves_inwards_there_too():
    labels = np.ones((1, 40, 40), np.uint8)
    wrong, size = made("under-drawn", clean(labels))
    inside = int(size["distance"])
    assert not wrong[0, 0].any()
    assert wrong[0, inside, inside:-inside].all()
    thin = np.zeros((1, 40, 40), np.uint8)
    thin[0, :, 20] = 1  # nothing would be left of it
    assert MISTAKES["under-drawn"](clean(thin), np.random.default_rng(0)) is None


def test_spilled_lies_apart_and_inside_the_image(organ, zones):
    for seed in SEEDS:
        wrong, size = made("spilled", organ, seed)
        assert 0.3 <= size["radius"] / organ.radius <= 0.6
        more = wrong != organ.labels
        assert np.flatnonzero(more.any((1, 2))).tolist() == size["slices"]
        assert in_row(size["slices"])
        assert 2 <= len(size["slices"]) <= 3
        flat = more[size["slices"][0]]
        assert flat.sum() == pytest.approx(np.pi * size["radius"] ** 2, rel=0.15)
        assert flat[1:-1, 1:-1].sum() == flat.sum()
        away = ndimage.distance_transform_edt(~organ.labels[size["slices"]].any(0))
        assert away[flat].min() > 0.4 * size["radius"]
    classes = {made("spilled", zones, seed)[1]["class"] for seed in SEEDS}
    assert classes == {1, 2, 3}
    whole = clean(np.ones((1, 32, 32), np.uint8))
    assert MISTAKES["spilled"](whole, np.random.default_rng(0)) is None


def test_spilled_on_a_single_slice(organ):
    assert made("spilled", clean(organ.labels[5:6]))[1]["slices"] == [0]


def test_coarse_in_blocks_of_4_or_on_every_third_slice(organ):
    told = set()
    for seed in SEEDS:
        wrong, size = made("coarse", organ, seed)
        told.add(size["what"])
        if size["what"] == "every third slice":
            kept = np.arange(size["first"], 12, 3)
            np.testing.assert_array_equal(wrong[kept], organ.labels[kept])
            assert not np.delete(wrong, kept, 0).any()
        else:
            blocks = wrong.reshape(12, 16, 4, 16, 4)
            assert (blocks == blocks[:, :, :1, :, :1]).all()
            np.testing.assert_array_equal(wrong[:, 2::4, 2::4], organ.labels[:, 2::4, 2::4])
    assert told == {"every third slice", "a quarter of the resolution"}


def test_coarse_with_few_slices_and_sides_that_are_no_multiple_of_4():
    labels = discs([9, 10], size=43)
    for seed in SEEDS:
        wrong, size = made("coarse", clean(labels), seed)
        assert size["what"] == "a quarter of the resolution"
        np.testing.assert_array_equal(wrong[:, :40:4, :40:4], labels[:, 2:42:4, 2:42:4])
