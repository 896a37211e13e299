"""Mask noise: draws that depend on nothing but their key, applies that follow OpenCV's conventions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from data_prep.mask_noise.one_case import RotatedSlice
from data_prep.mask_noise.one_slice import (
    LEVELS,
    SMALL_AREA_PX,
    SliceNoise,
    draw_slice_noise,
    inscribed_ellipse,
    noise_level,
    rotate,
)
from l2b_data.errors import ConfigError
from tests.data_prep.mask_noise.replay import apply_slice_noise


def noise(**changes):
    return SliceNoise(
        **(
            {"angle_deg": 0, "operation": "dilate", "kernel": 1, "rounding": 0.0}
            | {"ellipse": False, "deleted": False}
            | changes
        )
    )


def morph_by_hand(mask, operation, side):
    """Textbook: look at every offset of the kernel, anchor side // 2, outside neutral."""
    height, width = mask.shape
    outcome = np.zeros_like(mask)
    offsets = range(-(side // 2), side - side // 2)
    for row in range(height):
        for column in range(width):
            seen = [
                mask[row + dr, column + dc]
                for dr in offsets
                for dc in offsets
                if 0 <= row + dr < height and 0 <= column + dc < width
            ]
            outcome[row, column] = all(seen) if operation == "erode" else any(seen)
    return outcome


masks = arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9)))


@settings(deadline=None)
@given(masks, st.sampled_from(["erode", "dilate"]), st.integers(1, 7))
def test_morphology_is_the_textbook_one(mask, operation, side):
    expected = morph_by_hand(mask, operation, side) if mask.any() else mask
    applied = apply_slice_noise(noise(operation=operation, kernel=side), mask, 1.0, small_area_px=0)
    np.testing.assert_array_equal(applied, expected)


def test_even_kernel_and_borders_as_in_opencv():
    """Anchor of an even kernel is its lower right middle; a full mask is not eroded from the slice's edge."""
    mask = np.zeros((7, 7), bool)
    mask[3, 3] = True
    grown = apply_slice_noise(noise(kernel=2), mask, 1.0)
    assert np.argwhere(grown).tolist() == [[3, 3], [3, 4], [4, 3], [4, 4]]
    full = np.ones((5, 5), bool)
    assert apply_slice_noise(noise(operation="erode", kernel=4), full, 1.0).all()


@settings(deadline=None)
@given(st.integers(1, 63), st.floats(0, 1, exclude_max=True), st.floats(0, 4), st.floats(0, 4))
def test_kernel_grows_with_the_factor(kernel, rounding, low, high):
    low, high = sorted((low, high))
    drawn = noise(kernel=kernel, rounding=rounding)
    assert 1 <= drawn.kernel_px(low) <= drawn.kernel_px(high)
    assert abs(drawn.kernel_px(high) - kernel * high) <= 1
    assert drawn.kernel_px(1.0) == kernel


def test_rounding_keeps_the_mean_length():
    lengths = [noise(kernel=7, rounding=(i + 0.5) / 1000).kernel_px(0.5) for i in range(1000)]
    assert set(lengths) == {3, 4}
    assert np.mean(lengths) == pytest.approx(3.5, abs=1e-3)


@pytest.mark.parametrize("name", LEVELS)
def test_draws_have_the_published_distribution(name):
    level = LEVELS[name]
    drawn = [draw_slice_noise(0, f"Case{i % 50:02d}", i // 50, level, deleted=False) for i in range(6000)]
    angles = np.array([item.angle_deg for item in drawn])
    assert (angles.min(), angles.max()) == (-20, 20)
    assert abs(angles.mean()) < 0.6
    assert np.mean([item.operation == "erode" for item in drawn]) == pytest.approx(0.5, abs=0.025)
    assert np.mean([item.ellipse for item in drawn]) == pytest.approx(0.5, abs=0.025)
    assert np.mean([item.rounding for item in drawn]) == pytest.approx(0.5, abs=0.015)
    share = np.diff((0.0, *level.cumulative))
    for kernel, expected in zip(level.kernels, share, strict=True):
        assert np.mean([item.kernel == kernel for item in drawn]) == pytest.approx(expected, abs=0.025)


def test_a_draw_depends_on_its_key_alone():
    level = LEVELS["L2"]
    one = draw_slice_noise(3, "Case07", 11, level, deleted=False)
    assert one == draw_slice_noise(3, "Case07", 11, level, deleted=False)
    others = [
        draw_slice_noise(4, "Case07", 11, level, deleted=False),
        draw_slice_noise(3, "Case08", 11, level, deleted=False),
        draw_slice_noise(3, "Case07", 12, level, deleted=False),
    ]
    assert all(other.rounding != one.rounding for other in others)
    deeper = draw_slice_noise(3, "Case07", 11, LEVELS["L1"], deleted=False)
    assert (deeper.angle_deg, deeper.operation, deeper.ellipse) == (one.angle_deg, one.operation, one.ellipse)


def test_first_draw_is_the_stored_one():
    """Masks of a seed must not change between versions: noise a paper used can be made again."""
    drawn = draw_slice_noise(0, "Case00", 12, LEVELS["L1"], deleted=False)
    assert (drawn.angle_deg, drawn.operation, drawn.kernel, drawn.ellipse) == (15, "erode", 63, True)


def test_deleted_and_empty():
    mask = np.ones((8, 8), bool)
    bits = (np.packbits(mask),)
    assert not RotatedSlice(0, noise(deleted=True), mask.shape, bits, bits).noisy(1.0, 0).any()
    assert RotatedSlice(0, noise(), mask.shape, bits, bits).noisy(1.0, 0).any()
    empty = np.zeros((8, 8), np.uint8)
    assert not apply_slice_noise(noise(kernel=5, ellipse=True), empty, 1.0).any()


def test_ellipse_fills_the_box_and_needs_area():
    mask = np.zeros((40, 60), bool)
    mask[10:31, 5:46] = True  # 21 x 41 px
    oval = inscribed_ellipse(mask)
    rows, columns = np.flatnonzero(oval.any(1)), np.flatnonzero(oval.any(0))
    assert (rows[0], rows[-1], columns[0], columns[-1]) == (10, 30, 5, 45)
    assert oval.sum() == pytest.approx(np.pi * 10 * 20, rel=0.02)
    np.testing.assert_array_equal(apply_slice_noise(noise(ellipse=True), mask, 1.0), oval)
    np.testing.assert_array_equal(apply_slice_noise(noise(ellipse=True), mask, 1.0, small_area_px=mask.sum()), mask)
    assert inscribed_ellipse(np.eye(1, dtype=bool)).all()  # radius guarded
    assert not inscribed_ellipse(np.zeros((3, 3), bool)).any()


def test_rotation_about_the_centre():
    mask = np.zeros((41, 41), bool)
    mask[18:23, 5:36] = True  # a bar through the centre
    turned = rotate(mask, 20)
    assert turned.sum() == pytest.approx(mask.sum(), rel=0.06)
    np.testing.assert_array_equal(turned, turned[::-1, ::-1])
    assert turned[26, 5:10].any()  # counter-clockwise with row 0 on top: the left end goes down
    assert turned[14, 31:36].any()
    np.testing.assert_array_equal(rotate(mask, 0), mask)


def test_unknown_level():
    with pytest.raises(ConfigError, match="L9: one of L1, L2, L3"):
        noise_level("L9")


def test_published_constants():
    assert SMALL_AREA_PX == 300
    assert [level.dice for level in LEVELS.values()] == [0.4148, 0.6206, 0.8031]
    assert all(level.cumulative[-1] == 1 and len(level.kernels) == 5 for level in LEVELS.values())
