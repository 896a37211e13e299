"""Meta set without clean samples (`--no-clean`): training samples of small loss under the network so far."""

from typing import cast

import numpy as np
import torch

from l2b_cls.batches.sample_batches import SampleBatches
from l2b_cls.config import Settings
from l2b_cls.methods.semi_supervised.samples import given_losses
from l2b_run.methods.clean_mixture import clean_mixture
from l2b_run.methods.reweight import PastLosses
from l2b_run.training.method import Training

_TINY = 1e-12


def online_meta(run: Training, epoch: int) -> SampleBatches:
    """The run's batches with the meta set of this epoch, chosen by the network so far.

    The chosen samples keep their given labels, and all samples go on training. Of a balanced epoch only its samples
    are asked. A pure function of state and batches, so that a resumed run chooses the same.
    """
    batches, settings, memory = cast(SampleBatches, run.batches), cast(Settings, run.settings), run.state.memory
    assert isinstance(memory, PastLosses)
    position = batches.epoch_positions(epoch)
    losses = given_losses(run.state.evaluated, batches, position)
    if settings.meta.loss_epochs > 1:
        losses = remembered(memory, losses, position, len(batches.train), settings.meta.loss_epochs)
    chosen = choose_clean(
        losses,
        batches.train.labels[position],
        threshold=settings.meta.threshold,
        at_least=settings.meta_batch_size,
        per_class=settings.meta.per_class,
    )
    return batches.with_meta(position[chosen])


def remembered(memory: PastLosses, losses: np.ndarray, position: np.ndarray, count: int, epochs: int) -> np.ndarray:
    """`losses` (m,) scaled to [0, 1] and averaged with those of up to `epochs` - 1 choices before; kept in `memory`.

    DivideMix (Li et al. 2020) averages over five epochs where 90 % of the labels are wrong. A sample that earlier
    choices did not ask (another balanced epoch) counts with what there is of it.
    """
    low, high = losses.min(), losses.max()
    now = torch.full((count,), float("nan"), dtype=torch.float64)
    now[torch.from_numpy(position)] = torch.from_numpy((losses - low) / max(high - low, _TINY))
    memory.past = [*memory.past, now][-epochs:]
    averaged: np.ndarray = torch.stack(memory.past).nanmean(0)[torch.from_numpy(position)].numpy()
    return averaged


def choose_clean(
    losses: np.ndarray, labels: np.ndarray, *, threshold: float, at_least: int, per_class: int | None = None
) -> np.ndarray:
    """Indices, ascending, of the samples (N,) whose posterior of being clean is above `threshold`.

    DivideMix's mixture (clean_mixture), which L2B (CVPR 2024) names for its online meta set; neither says what to do
    with a poor one. `per_class`: at most so many of each given label, those of highest posterior. Where fewer than
    `at_least` samples are chosen, or all of them have one label, the `at_least` are instead shared out evenly among
    the given labels: of each the samples of highest posterior, among equals of lowest loss.
    """
    posterior = clean_mixture(losses).posterior
    chosen = posterior > threshold
    classes = np.unique(labels)
    limit = per_class
    if chosen.sum() < at_least or (len(classes) > 1 and len(np.unique(labels[chosen])) == 1):
        chosen[:] = True
        share = -(-at_least // max(1, len(classes)))
        limit = share if per_class is None else min(share, per_class)
    if limit is not None:
        best_first = np.lexsort((losses, -posterior))
        for label in classes:
            of_label = best_first[(labels == label)[best_first] & chosen[best_first]]
            chosen[of_label[limit:]] = False
    return np.flatnonzero(chosen)
