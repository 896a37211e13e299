"""Noise that depends on the image: similar images of a class are given the same wrong label."""

import numpy as np
from scipy.special import softmax

from l2b_data.errors import ConfigError

SPREAD = 0.1
"""Standard deviation of the flip rates, as published."""

_VALUES = 2048 * 32 * 32 * 3
"""Pixels turned to float at a time, 50 MB in double precision."""


def instance_noise(images: np.ndarray, labels: np.ndarray, classes: int, rate: float, seed: int) -> np.ndarray:
    """Labels (n,) int64 after instance-dependent noise (Xia et al. 2020, arXiv 2006.07836, algorithm 2).

    For image x_i (H, W, C) uint8, flattened to S values, with clean label y_i:

        q_i ~ N(rate, 0.1^2) truncated to [0, 1]                     how likely it is mislabelled
        W_y ~ N(0, 1), shape (S, K), one for each class y            what a class is mistaken for
        p   = q_i softmax(x_i W_{y_i} without entry y_i), p[y_i] = 1 - q_i
        given label ~ p

    The values of x are standardised a channel over all images given here (the paper leaves that open; without it all
    images of a class have nearly the same direction, and the noise hardly depends on the image). `images` may be
    memory-mapped. A pure function of its arguments.
    """
    if classes < 2:
        raise ConfigError(f"--noise instance: needs two classes, the data set has {classes}")
    flip_stream, weight_stream, label_stream = np.random.default_rng(seed).spawn(3)
    flips = _flip_rates(rate, len(labels), flip_stream)
    uniform = label_stream.random(len(labels))
    mean, std = _channel_statistics(images)
    size = int(np.prod(images.shape[1:]))
    block = max(1, _VALUES // max(1, size))
    given = np.array(labels, dtype=np.int64)
    for label in range(classes):
        weights = weight_stream.standard_normal((size, classes), dtype=np.float32)
        mine = np.flatnonzero(labels == label)
        for rows in np.split(mine, range(block, len(mine), block)):
            values = ((images[rows].astype(np.float32) - mean) / std).reshape(len(rows), size)
            scores = (values @ weights).astype(np.float64)
            scores[:, label] = -np.inf
            odds = flips[rows, None] * softmax(scores, axis=1)
            odds[:, label] = 1 - flips[rows]
            cumulative = odds.cumsum(axis=1) / odds.sum(axis=1, keepdims=True)
            given[rows] = (uniform[rows, None] >= cumulative).sum(axis=1)
    return given


def _flip_rates(rate: float, count: int, stream: np.random.Generator) -> np.ndarray:
    """(count,) float64 from the normal distribution around `rate`, truncated to [0, 1]; 0 and 1 are kept exactly."""
    if rate in (0.0, 1.0):
        return np.full(count, rate)
    from scipy.stats import truncnorm  # 0.7 s of imports that other noises need not wait for

    low, high = (0 - rate) / SPREAD, (1 - rate) / SPREAD
    return np.asarray(truncnorm.rvs(low, high, loc=rate, scale=SPREAD, size=count, random_state=stream))


def _channel_statistics(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation (C,) float32 over all images; a constant channel has standard deviation 1."""
    pixels = images.shape[1] * images.shape[2]
    total = np.zeros(images.shape[3])
    squares = np.zeros(images.shape[3])
    rows = max(1, _VALUES // max(1, pixels * images.shape[3]))
    for start in range(0, len(images), rows):
        block = images[start : start + rows].astype(np.float64)
        total += block.sum(axis=(0, 1, 2))
        squares += (block**2).sum(axis=(0, 1, 2))
    mean = total / max(1, len(images) * pixels)
    variance = squares / max(1, len(images) * pixels) - mean**2
    std = np.sqrt(np.maximum(variance, 0))
    return mean.astype(np.float32), np.where(std > 0, std, 1).astype(np.float32)
