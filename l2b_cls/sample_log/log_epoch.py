"""An epoch's row of the sample log: loss, prediction and weights of every training sample."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from l2b_cls.batches.sample_batches import SampleBatches
from l2b_cls.losses import cross_entropy
from l2b_cls.methods.weight_nets import WeightNetMemory
from l2b_cls.prediction.classifier import BATCH
from l2b_cls.sample_log.file import append_epoch
from l2b_cls.sample_log.noise_detection import noise_detection
from l2b_run.training.state import TrainState
from l2b_run.training.step_report import StepReport


def log_epoch(
    folder: Path,
    state: TrainState,
    batches: SampleBatches,
    reports: Sequence[StepReport],
    *,
    given: np.ndarray,
    clean: np.ndarray,
) -> dict[str, float | None]:
    """Append the epoch to the sample log in `folder`; the AUC of noise detection by it, the method's own scores first.

    given, clean: labels (n,) of the training samples, clean -1 where it is not known (see `noise_detection`).
    """
    row = sample_row(state, batches, reports)
    append_epoch(folder, state.epoch, row)
    scores = {name: row[name] for name in ("weight_net", "alpha", "beta") if not np.isnan(row[name]).all()}
    found = noise_detection(given, clean, loss=row["loss"], **scores)
    order = ("weight_net", "alpha_minus_beta", "alpha", "loss")
    return {name: found[name] for name in order if name in found}


@torch.no_grad()
def sample_row(state: TrainState, batches: SampleBatches, reports: Sequence[StepReport]) -> dict[str, np.ndarray]:
    """Arrays (n,) by name, as SampleLog has them: of the network that predicts, in eval mode, and of `reports`.

    Loss and weight net in float64: where predictions or the weight net saturate, float32 would tie samples that the
    AUC of noise detection has to order.
    """
    network, memory = state.evaluated.eval(), state.memory
    parts = []
    for images, labels, _ in batches.ordered("train", BATCH):
        logits = network(images)
        loss = cross_entropy(logits.double(), labels)
        trust = memory.trust(loss) if isinstance(memory, WeightNetMemory) else torch.full_like(loss, torch.nan)
        parts.append((loss, logits.argmax(1).int(), torch.exp(-loss), trust))
    found = [torch.cat(part).cpu() for part in zip(*parts, strict=True)]
    found += mean_weights(reports, len(batches.train))
    names = ("loss", "predicted", "probability", "weight_net", "alpha", "beta")
    return {name: values.numpy() for name, values in zip(names, found, strict=True)}


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
