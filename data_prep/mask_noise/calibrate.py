"""Find the length factor at which the corrupted training masks have a given mean Dice against the clean ones."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor

import numpy as np

from data_prep.mask_noise.one_case import RotatedCase
from data_prep.mask_noise.one_slice import NoiseLevel
from l2b_data.errors import ConfigError

TOLERANCE = 0.005
_CLOSE_ENOUGH = 0.0002
_MAX_STEPS = 40


def mean_dice(cases: Sequence[RotatedCase], length_factor: float, small_area_px: float, pool: Executor) -> float:
    """Mean over cases of the volumetric Dice; the same number whatever the number of workers."""
    return float(np.mean(list(pool.map(lambda case: case.dice(length_factor, small_area_px), cases))))


def calibrate(
    cases: Sequence[RotatedCase],
    target: float,
    level: NoiseLevel,
    *,
    start: float,
    small_area_px: float,
    pool: Executor,
    say: Callable[[str], None] = lambda line: None,
) -> float:
    """The length factor whose mean Dice is `target`, by bisection; `start` is a first guess.

    Dice falls as the factor grows, from 0 (rotation, ellipses and deletion alone) to where every kernel is twice the
    slice. `ConfigError`, naming that range, for a target outside it. Where few slices leave gaps in the reachable
    values the closest factor met is returned.
    """
    widest = max(max(case.cut.sizes[1:]) for case in cases)
    end = 2 * widest / min(level.kernels)
    tried: dict[float, float] = {}

    def dice(factor: float) -> float:
        if factor not in tried:
            tried[factor] = mean_dice(cases, factor, small_area_px, pool)
            say(f"length factor {factor:.5f}: Dice {tried[factor]:.4f}")
        return tried[factor]

    low, high = 0.0, min(start, end)
    while dice(high) > target and high < end:
        low, high = high, min(2 * high, end)
    if target > dice(low) + TOLERANCE or target < dice(high) - TOLERANCE:
        raise ConfigError(
            f"--target-dice {target:g} is out of reach: {level.name} on these masks reaches "
            f"{dice(end):.4f} to {dice(0.0):.4f}"
        )

    def off(factor: float) -> float:
        return abs(tried[factor] - target)

    while off(best := min(tried, key=off)) > _CLOSE_ENOUGH and len(tried) < _MAX_STEPS:
        middle = (low + high) / 2
        low, high = (middle, high) if dice(middle) > target else (low, middle)
    return best
