"""Which losses belong to the higher of two groups, by a mixture of two Beta distributions (M-correction, ICML 2019)."""

import numpy as np

_TINY = 1e-6
_EDGE = 1e-4  # scaled losses stay away from 0 and 1, where a Beta density is 0 or infinite
_STARTS = ((1.0, 2.0), (2.0, 1.0))


def wrong_posterior(losses: np.ndarray, *, rounds: int = 10) -> np.ndarray:
    """Posterior (N,) float64 in [1e-4, 1 - 1e-4] of the component of higher mean; 1e-4 where the losses do not differ.

    The losses (N,) are cut at their 5th and 95th percentile and scaled to [0, 1]; `rounds` of expectation and
    maximisation by moments start from Beta(1, 2) and Beta(2, 1) (Arazo et al., ICML 2019). Past its peak the posterior
    no longer falls: a larger loss is not a cleaner label (released code).
    Raises ValueError where a loss is not finite.
    """
    if not np.isfinite(losses).all():
        raise ValueError(f"{int((~np.isfinite(losses)).sum())} of {len(losses)} losses are not finite")
    low, high = np.percentile(losses, (5, 95)) if len(losses) else (0.0, 0.0)
    if high - low < _TINY:
        return np.full(len(losses), _EDGE)
    scaled = np.clip((losses.astype(np.float64) - low) / (high - low), _EDGE, 1 - _EDGE)
    inside = scaled[(losses >= low) & (losses <= high)]
    components, weights = np.array(_STARTS), np.array([0.5, 0.5])
    for _ in range(rounds):
        shares = _shares(inside, components, weights)
        components = np.array([_by_moments(inside, share) for share in shares])
        weights = shares.mean(1)
    means = components[:, 0] / components.sum(1)
    posterior = _shares(scaled, components, weights)[means.argmax()]
    above = scaled >= means.max()
    peak = np.where(above, posterior, -1).argmax()
    posterior[above & (scaled >= scaled[peak])] = posterior[peak]
    return np.clip(posterior, _EDGE, 1 - _EDGE)


def _shares(values: np.ndarray, components: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Posteriors (2, N) of both components, (2, 2) of a and b each, at `values` (N,)."""
    from scipy.special import betaln, logsumexp

    a, b = components[:, :1], components[:, 1:]
    density = (a - 1) * np.log(values) + (b - 1) * np.log1p(-values) - betaln(a, b)
    joint = density + np.log(np.maximum(weights, _TINY))[:, None]
    shares: np.ndarray = np.exp(joint - logsumexp(joint, axis=0))
    return shares


def _by_moments(values: np.ndarray, shares: np.ndarray) -> tuple[float, float]:
    """a and b of the Beta distribution with the mean and variance of `values`, each counted by its share."""
    mean = float(np.average(values, weights=shares + _TINY))
    variance = max(float(np.average((values - mean) ** 2, weights=shares + _TINY)), _TINY)
    size = max(mean * (1 - mean) / variance - 1, _TINY)
    return mean * size, (1 - mean) * size
