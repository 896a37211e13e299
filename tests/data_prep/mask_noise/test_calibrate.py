"""The search for the length factor, apart from files."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from data_prep.mask_noise.calibrate import calibrate, mean_dice
from data_prep.mask_noise.one_case import rotate_case
from data_prep.mask_noise.one_slice import LEVELS
from l2b_data.errors import ConfigError
from l2b_data.images.volume import Volume
from tests.data_prep.conftest import gland
from tests.data_prep.mask_noise.replay import apply_slice_noise

SMALL = 20.0


def rotated(count, level="L2", shape=(8, 96, 96)):
    return [rotate_case(f"c{n}", Volume(gland(shape, seed=n)), LEVELS[level], 0, SMALL) for n in range(count)]


def search(cases, target, level="L2", **options):
    with ThreadPoolExecutor(2) as pool:
        return calibrate(cases, target, LEVELS[level], start=0.3, small_area_px=SMALL, pool=pool, **options)


def test_cached_rotation_gives_the_same_as_applying(tmp_path):
    (case,) = rotated(1)
    clean = gland((8, 96, 96), seed=0)
    for item in case.slices:
        direct = apply_slice_noise(item.noise, clean[item.index], 0.3, small_area_px=SMALL)
        np.testing.assert_array_equal(item.noisy(0.3, SMALL), direct)
    noisy = case.noisy(0.3, SMALL)
    assert case.dice(0.3, SMALL) == 2 * (noisy & clean).sum() / (noisy.sum() + clean.sum())


@pytest.mark.parametrize("target", [0.3, 0.5, 0.7, 0.8])
def test_hits_the_target_from_any_side(target):
    cases = rotated(15)
    factor = search(cases, target)
    with ThreadPoolExecutor(1) as pool:
        assert mean_dice(cases, factor, SMALL, pool) == pytest.approx(target, abs=0.002)


def test_dice_falls_with_the_factor():
    cases = rotated(15)
    with ThreadPoolExecutor(2) as pool:
        values = [mean_dice(cases, factor, SMALL, pool) for factor in np.linspace(0, 1.5, 12)]
    assert np.all(np.diff(values) < 0.005)
    assert values[0] > 0.85
    assert values[-1] < 0.4


def test_out_of_reach_names_the_range():
    cases = rotated(4)
    for target in (0.995, 0.0001):
        with pytest.raises(ConfigError, match=r"reaches 0\.\d{4} to 0\.\d{4}"):
            search(cases, target)


def test_one_slice_gives_the_closest_there_is():
    """A single slice has few reachable values: the search ends and returns the nearest one it met."""
    cases = rotated(1, shape=(3, 64, 64))
    lines = []
    factor = search(cases, 0.6, say=lines.append)
    assert 0 < len(lines) <= 41
    with ThreadPoolExecutor(1) as pool:
        reached = mean_dice(cases, factor, SMALL, pool)
        steps = [mean_dice(cases, f, SMALL, pool) for f in np.linspace(0, 2, 300)]
    assert abs(reached - 0.6) <= min(abs(value - 0.6) for value in steps) + 1e-9


def test_empty_case_counts_as_equal():
    case = rotate_case("empty", Volume(np.zeros((3, 32, 32), np.uint8)), LEVELS["L1"], 0, SMALL)
    assert case.slices == ()
    assert case.dice(1.0, SMALL) == 1.0
    assert not case.noisy(1.0, SMALL).any()
