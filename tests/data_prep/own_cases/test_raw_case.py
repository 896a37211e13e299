"""Masks brought onto a picture's grid, against sums written out."""

import numpy as np
import pytest

from data_prep.own_cases.raw_case import fit_mask


def shares(mask, shape):
    """Share of each target pixel that is covered, integer factors only."""
    rows, columns = mask.shape[1] // shape[1], mask.shape[2] // shape[2]
    return mask[0].reshape(shape[1], rows, shape[2], columns).mean(axis=(1, 3))


def test_area_of_at_least_half():
    mask = (np.random.default_rng(0).random((1, 30, 40)) < 0.5).astype(np.uint8)
    for shape in ((1, 10, 20), (1, 15, 20), (1, 30, 40)):
        if shape[1:] == (10, 20):
            with pytest.raises(ValueError, match="another field of view"):
                fit_mask(mask, shape)
            continue
        np.testing.assert_array_equal(fit_mask(mask, shape)[0], shares(mask, shape) >= 0.5)


def test_exactly_half_is_foreground_and_values_stay():
    mask = np.zeros((1, 4, 4), np.uint8)
    mask[0, :, :1] = 255
    np.testing.assert_array_equal(fit_mask(mask, (1, 2, 2))[0], [[255, 0], [255, 0]])


def test_several_labels_and_larger_grids():
    labels = np.repeat(np.repeat(np.array([[0, 1], [2, 3]], np.uint8), 6, 0), 6, 1)[None]
    np.testing.assert_array_equal(fit_mask(labels, (1, 2, 2))[0], [[0, 1], [2, 3]])
    np.testing.assert_array_equal(fit_mask(fit_mask(labels, (1, 2, 2)), (1, 12, 12)), labels)
