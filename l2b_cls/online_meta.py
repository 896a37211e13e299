"""A meta set without clean samples: the training samples whose given labels the network takes for right."""

import numpy as np
import torch
from torch import nn

from l2b_cls.config import Settings
from l2b_cls.feed import Feed
from l2b_cls.losses import cross_entropy
from l2b_cls.state import TrainState
from l2b_run.clean_mixture import clean_posterior


def online_meta(state: TrainState, feed: Feed, settings: Settings, epoch: int) -> Feed:
    """`feed` with the meta set of this epoch: chosen by the network so far once the warm-up is over, else as it is.

    The chosen samples keep their given labels, and all samples go on training. A pure function of state and feed, so
    that a resumed run chooses the same.
    """
    if settings.meta.source != "online" or epoch < settings.warm_up_epochs:
        return feed
    losses, labels, position = given_losses(state.evaluated, feed, settings.batch_size)
    chosen = choose_clean(
        losses,
        labels,
        threshold=settings.meta.threshold,
        at_least=settings.meta_batch_size,
        per_class=settings.meta.per_class,
    )
    return feed.with_meta(position[chosen])


@torch.no_grad()
def given_losses(model: nn.Module, feed: Feed, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cross-entropy (n,) float64 of every training sample under its given label, those labels (n,), positions (n,).

    Eval mode, test transform. Positions are those of the feed's training samples.
    """
    model.eval()
    parts = [
        (cross_entropy(model(images), labels).double().cpu(), labels.cpu(), position.cpu())
        for images, labels, position in feed.ordered("train", size)
    ]
    losses, labels, position = (torch.cat(part).numpy() for part in zip(*parts, strict=True))
    return losses, labels, position


def choose_clean(
    losses: np.ndarray, labels: np.ndarray, *, threshold: float, at_least: int, per_class: int | None = None
) -> np.ndarray:
    """Indices, ascending, of the samples (N,) whose posterior of being clean is above `threshold`.

    DivideMix's mixture (clean_posterior), which L2B (CVPR 2024) names for its online meta set; neither says what to do
    with a poor one. `per_class`: at most so many of each given label, those of highest posterior. Where fewer than
    `at_least` samples are chosen, or all of them have one label, the `at_least` are instead shared out evenly among
    the given labels: of each the samples of highest posterior, among equals of lowest loss.
    """
    posterior = clean_posterior(losses)
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
