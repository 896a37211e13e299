"""What an epoch made of every training sample: its loss, its prediction and the weights it got."""

import copy
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from l2b_cls.batches.feed import Feed
from l2b_cls.losses import cross_entropy
from l2b_cls.methods.memory import TrainState
from l2b_cls.methods.table import StepReport
from l2b_cls.prediction.classifier import BATCH
from l2b_cls.sample_log.file import SampleLog
from l2b_cls.sample_log.noise_detection import noise_detection


@torch.no_grad()
def log_samples(state: TrainState, feed: Feed, reports: Sequence[StepReport]) -> None:
    """Append this epoch's row to `state.sample_log`: of the network that predicts, in eval mode, and of `reports`.

    Loss and weight net in float64, of which the newest row keeps its digits: where predictions or the weight net
    saturate, float32 would tie samples that the AUC of noise detection has to order.
    """
    network = state.evaluated.eval()
    weight_net = None if state.weight_net is None else copy.deepcopy(state.weight_net).double()
    parts = []
    for images, labels, _ in feed.ordered("train", BATCH):
        logits = network(images)
        loss = cross_entropy(logits.double(), labels)
        trust = torch.full_like(loss, torch.nan) if weight_net is None else weight_net(loss)
        parts.append((loss, logits.argmax(1).int(), torch.exp(-loss), trust))
    loss, predicted, probability, trust = (torch.cat(part).cpu() for part in zip(*parts, strict=True))
    alpha, beta = mean_weights(reports, len(feed.train))
    row = {"loss": loss, "predicted": predicted, "probability": probability, "alpha": alpha, "beta": beta}
    for name, value in ({"epoch": torch.tensor(state.epoch)} | row | {"weight_net": trust}).items():
        kept = state.sample_log.setdefault(name, [])
        kept[-1:] = [earlier.float() if earlier.dtype == torch.float64 else earlier for earlier in kept[-1:]] + [value]


def mean_weights(reports: Sequence[StepReport], count: int) -> tuple[Tensor, Tensor]:
    """Mean alpha and beta (count,) float32 over the steps that weighed a sample; NaN for a sample in none of them."""
    sums, steps = torch.zeros(2, count, dtype=torch.float64), torch.zeros(2, count, dtype=torch.float64)
    for report in reports:
        for row, weights in enumerate((report.alpha, report.beta)):
            if report.position is not None and weights is not None:
                position = report.position.cpu()
                sums[row].index_add_(0, position, weights.double().cpu())
                steps[row].index_add_(0, position, torch.ones(len(position), dtype=torch.float64))
    means = torch.where(steps > 0, sums / steps, torch.nan).float()
    return means[0], means[1]


def sample_log_of(state: TrainState) -> SampleLog:
    """The whole log so far, as it is saved."""
    return SampleLog(**{name: torch.stack(values).numpy() for name, values in state.sample_log.items()})


def detection(state: TrainState, given: np.ndarray, clean: np.ndarray) -> dict[str, float | None]:
    """AUC of noise detection by the last logged epoch, the method's own scores first (see `noise_detection`)."""
    last = {name: values[-1].numpy() for name, values in state.sample_log.items() if name != "epoch"}
    scores = {name: last[name] for name in ("weight_net", "alpha", "beta") if not np.isnan(last[name]).all()}
    found = noise_detection(given, clean, loss=last["loss"], **scores)
    order = ("weight_net", "alpha_minus_beta", "alpha", "loss")
    return {name: found[name] for name in order if name in found}
