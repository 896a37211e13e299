"""Meta set without clean cases (`--no-clean`): training slices whose given masks the network agrees with."""

from dataclasses import replace
from typing import cast

import numpy as np
import torch
from torch import Tensor

from l2b_data.cases.slices import SliceSet
from l2b_run.methods.clean_mixture import clean_mixture
from l2b_run.training.method import Training
from l2b_seg.batches.slice_batches import SliceBatches
from l2b_seg.config import Settings
from l2b_seg.prediction.predictor import predictor_for

_TINY = 1e-6


def online_meta(run: Training, epoch: int) -> SliceBatches:
    """The run's batches with the meta set of this epoch, chosen by the network so far.

    The given masks of the chosen slices stay as they are. A pure function of state and slices, so that a resumed run
    chooses the same.
    """
    batches, settings = cast(SliceBatches, run.batches), cast(Settings, run.settings)
    predictor = predictor_for(run.state.evaluated, settings, batches.device)
    probability = predictor.predict_slices(batches.train.image.numpy())
    chosen = choose_slices(
        batches.train, probability, threshold=settings.meta.threshold, at_least=settings.meta_batch_size
    )
    return replace(batches, meta=chosen)


def choose_slices(train: SliceSet, probability: np.ndarray, *, threshold: float, at_least: int) -> SliceSet:
    """The slices of `train` (N) that look clean to a network's probabilities (K, N, S, S); none of an empty set.

    DivideMix's rule (Li et al. 2020; L2B, CVPR 2024, takes it for its online meta set), carried from samples to
    slices: a Gaussian mixture of two components on the slices' losses, scaled to [0, 1]; chosen are those whose
    posterior of the component of smaller mean is above `threshold`, or the `at_least` lowest losses where fewer are.
    Slices with foreground in the given mask and slices without are fitted apart, with 1 - soft Dice and with mean
    cross-entropy as loss: in one mixture on the cross-entropy, which is smallest where nothing is to be segmented,
    the meta set would be the empty slices.
    """
    given = train.mask[:, 0].long()
    guess = torch.from_numpy(probability)
    full = given.flatten(1).any(1)
    chosen = torch.zeros(len(train), dtype=torch.bool)
    for group, losses in ((full, _dice_loss(guess, given)), (~full, _background_loss(guess))):
        where = group.nonzero()[:, 0]
        chosen[where[likely_clean(losses[where].numpy(), threshold=threshold, at_least=at_least)]] = True
    return train.part(chosen.nonzero()[:, 0].numpy())


def likely_clean(losses: np.ndarray, *, threshold: float, at_least: int) -> np.ndarray:
    """Indices of the `losses` (N,) that belong to the lower of two Gaussians; all where they do not differ."""
    if len(losses) <= at_least:
        return np.arange(len(losses))
    posterior = clean_mixture(losses, max_iter=50, tol=1e-3).posterior
    found = np.flatnonzero(posterior > threshold)
    return found if len(found) >= at_least else np.sort(np.argsort(losses, kind="stable")[:at_least])


def _dice_loss(guess: Tensor, given: Tensor) -> Tensor:
    """1 - soft Dice (N,) of probabilities (K, N, S, S) and label values (N, S, S), over all classes together."""
    if len(guess) == 1:
        overlap, area = guess[0] * (given > 0), guess[0]
    else:
        of_label = guess.gather(0, given[None])[0]
        overlap, area = of_label * (given > 0), 1 - guess[0]
    both = area.sum((1, 2)) + (given > 0).sum((1, 2))
    return 1 - 2 * overlap.sum((1, 2)) / both.clamp_min(_TINY)


def _background_loss(guess: Tensor) -> Tensor:
    """Mean cross-entropy (N,) of probabilities (K, N, S, S) where every pixel is given as background."""
    background = 1 - guess[0] if len(guess) == 1 else guess[0]
    return -background.clamp_min(_TINY).log().mean((1, 2))
