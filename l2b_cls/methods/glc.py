"""Gold Loss Correction (Hendrycks et al. 2018): clean (gold) samples tell how the given (silver) labels are wrong."""

import torch
from torch import Tensor, nn

from l2b_cls.batches.feed import Feed
from l2b_cls.config import Settings
from l2b_cls.losses import cross_entropy
from l2b_cls.methods.memory import TrainState
from l2b_cls.schedule import glc_start

_TINY = 1e-12


def glc_phase(state: TrainState, feed: Feed, settings: Settings, epoch: int) -> Feed:
    """Before the second phase: estimate the correction, then start anew from the same initial weights.

    The published method spends as many epochs on each phase; so does this one, on half of `epochs` each. Network,
    averaged network and the optimizer's momentum are reset; a resumed run finds the correction in its checkpoint.
    """
    if epoch < glc_start(settings) or state.correction is not None:
        return feed
    state.correction = corruption_matrix(state.evaluated, feed, settings)
    assert state.initial is not None
    state.model.load_state_dict(state.initial)
    state.optimizer.state.clear()
    if state.averaged is not None:
        state.averaged.load_state_dict(state.initial)
        state.updates = 0
    return feed


@torch.no_grad()
def corruption_matrix(model: nn.Module, feed: Feed, settings: Settings) -> Tensor:
    """C (K, K), rows of sum 1: C[i, j] = mean probability of class j over the gold samples of class i.

    Eval mode, test transform; `model` was trained on the given labels, so that it predicts those. A class without
    gold samples keeps its own label (a row of the identity).
    """
    classes = len(settings.task.classes)
    total = torch.zeros(classes, classes, device=feed.device)
    count = torch.zeros(classes, device=feed.device)
    model.eval()
    for images, labels, _ in feed.ordered("meta", settings.batch_size):
        total.index_add_(0, labels, torch.softmax(model(images), 1))
        count.index_add_(0, labels, torch.ones(len(labels), device=feed.device))
    identity = torch.eye(classes, device=feed.device)
    return torch.where(count[:, None] > 0, total / count.clamp_min(1)[:, None], identity)


def gold_size(feed: Feed, settings: Settings) -> int:
    """Gold samples beside a batch of silver ones: their proportion in the shuffled union of both, at least one."""
    return max(1, round(settings.batch_size * len(feed.meta) / max(1, len(feed.train))))


def glc_loss(logits: Tensor, silver: Tensor, gold: Tensor, correction: Tensor) -> Tensor:
    """Losses (S + G,) of logits (S + G, K), silver rows first.

    silver (S,) given labels y: -log sum_i p_i C[i, y]; gold (G,) clean labels: cross-entropy.
    """
    to_given = correction.clamp_min(_TINY).log()[:, silver].T
    corrected = -torch.logsumexp(torch.log_softmax(logits[: len(silver)], 1) + to_given, 1)
    return torch.cat([corrected, cross_entropy(logits[len(silver) :], gold)])
