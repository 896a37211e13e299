"""Meta set without clean cases (`--no-clean`): training slices whose given masks the network agrees with."""

from dataclasses import replace
from typing import cast

import numpy as np
import torch

from l2b_data.cases.slices import SliceSet
from l2b_run.methods.clean_mixture import clean_mixture
from l2b_run.training.method import Training
from l2b_seg.batches.agreement import disagreements
from l2b_seg.batches.slice_batches import SliceBatches
from l2b_seg.config import Settings
from l2b_seg.prediction.predictor import predictor_for


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
    Slices with foreground in the given mask and slices without are fitted apart (`disagreements`).
    """
    chosen = torch.zeros(len(train), dtype=torch.bool)
    for where, losses in disagreements(train, torch.from_numpy(probability)):
        chosen[where[likely_clean(losses.numpy(), threshold=threshold, at_least=at_least)]] = True
    return train.part(chosen.nonzero()[:, 0].numpy())


def likely_clean(losses: np.ndarray, *, threshold: float, at_least: int) -> np.ndarray:
    """Indices of the `losses` (N,) that belong to the lower of two Gaussians; all where they do not differ."""
    if len(losses) <= at_least:
        return np.arange(len(losses))
    posterior = clean_mixture(losses, max_iter=50, tol=1e-3).posterior
    found = np.flatnonzero(posterior > threshold)
    return found if len(found) >= at_least else np.sort(np.argsort(losses, kind="stable")[:at_least])
