"""DivideMix's split carried to slices: small-loss slices keep their masks, the others get co-guessed soft ones."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from l2b_run.methods.clean_mixture import clean_mixture
from l2b_run.methods.mix_match import ramp, sharpened
from l2b_run.methods.plain import given_step
from l2b_run.methods.plug_in import naming, plug_in_of
from l2b_run.methods.split import Split, SplitMemory, endless, split_at
from l2b_run.settings.shared import Strict, TrainingSettings
from l2b_run.training.method import Method, Training
from l2b_run.training.step_report import StepReport
from l2b_seg.batches.agreement import disagreements
from l2b_seg.batches.slice_batches import SliceBatches
from l2b_seg.task import Task

_EVAL_BATCH = 32  # slices a forward pass of a selection
_MIXTURE = {"max_iter": 50, "tol": 1e-3}


class DivideMixSettings(Strict):
    """dividemix and l2b-dividemix, on slices."""

    threshold: float = Field(0.5, gt=0, lt=1, description="posterior above which a slice keeps its mask")
    unlabelled_weight: float = Field(1.0, ge=0, description="of the other slices' loss, reached by the ramp")
    ramp_epochs: float = Field(4.0, ge=0, description="epochs after the warm-up over which that weight grows")
    temperature: float = Field(0.5, gt=0, description="of sharpening the guessed masks")


@dataclass(frozen=True)
class Targets:
    """Soft masks (N, K, S, S) of all training slices for one network, and which of them are given ones."""

    soft: Tensor
    split: Split

    def of(self, position: np.ndarray) -> Tensor:
        return self.soft[torch.from_numpy(position)]


def divide_mix(*, l2b: bool = False) -> Method:
    """The split on slices; with L2B's step after every step of it (CVPR 2024, Table 2, on samples)."""
    source = "DivideMix (Li et al., ICLR 2020), carried from samples to slices"
    return Method(
        "DivideMix on slices with a weighted step of L2B after each of its own"
        if l2b
        else "two networks, slices of small loss keep their mask, the others get guessed ones",
        f"L2B (CVPR 2024), Table 2, on {source}" if l2b else source,
        epoch=lambda run, epoch: divide_mix_epoch(run, epoch, l2b=l2b),
        cost=6.0 if l2b else 3.0,
        clean="judge" if l2b else "never",
        settings=("dividemix", DivideMixSettings),
        start=lambda own, state: SplitMemory(),
        faults=_faults,
        networks=2,
    )


def divide_mix_epoch(run: Training, epoch: int, *, l2b: bool) -> Iterator[StepReport]:
    """Select and guess by both networks, then train each on what the other one chose."""
    first, second, memory = run, run.of_second, run.state.memory
    assert isinstance(memory, SplitMemory)
    if epoch < run.settings.warm_up_epochs:
        for network in (first, second):
            yield from _warm_up(network, epoch)
        return
    probabilities = [predicted(network.state.alone, network) for network in (first, second)]
    memory.splits = [select(first, probabilities[1]), select(first, probabilities[0])]
    guess = sharpened((probabilities[0] + probabilities[1]) / 2, run.own.temperature)
    for network, split in zip((first, second), memory.splits, strict=True):
        yield from _trained(network, targets_of(network, split, guess), epoch, l2b=l2b, first=network is first)


@torch.no_grad()
def predicted(model: nn.Module, run: Training) -> Tensor:
    """Probabilities (N, K, S, S) float32 of all training slices, not augmented, in eval mode; on the CPU."""
    model.eval()
    batches, task = cast(SliceBatches, run.batches), cast(Task, run.task)
    parts = [task.probabilities(model(image.to(batches.device))) for image in batches.train.image.split(_EVAL_BATCH)]
    return torch.cat(parts).float().cpu()


def select(run: Training, probabilities: Tensor) -> Split:
    """The slices whose given mask agrees with the probabilities (N, K, S, S): of both mixtures the lower group."""
    batches, posterior = cast(SliceBatches, run.batches), np.zeros(run.batches.n_train)
    fitted: dict[str, float | list[float]] = {}
    for name, (where, losses) in zip(
        ("full", "empty"), disagreements(batches.train, probabilities.movedim(1, 0)), strict=True
    ):
        found = clean_mixture(losses.double().numpy(), **_MIXTURE)  # type: ignore[arg-type]
        posterior[where.numpy()] = found.posterior
        fitted[f"{name}_means"] = list(found.mean)
    return split_at(posterior, posterior > run.own.threshold, at_least=run.settings.batch_size, fitted=fitted)


def targets_of(run: Training, split: Split, guess: Tensor) -> Targets:
    """The given masks of the labelled slices, the guessed ones (N, K, S, S) of the others."""
    batches, task = cast(SliceBatches, run.batches), cast(Task, run.task)
    soft, keep = guess.clone(), torch.from_numpy(split.labelled)
    soft[keep] = task.soft_target(batches.train.mask[keep])
    return Targets(soft, split)


def _warm_up(run: Training, epoch: int) -> Iterator[StepReport]:
    run.state.model.train()
    for step in range(run.batches.steps):
        with naming(f"in the warm-up, {run.batches.given_names(epoch, step)}"):
            report = given_step(run, epoch, step)
        run.state.average(run.settings.average_decay)
        yield report


def _trained(run: Training, targets: Targets, epoch: int, *, first: bool, l2b: bool) -> Iterator[StepReport]:
    """As many steps as a plain epoch has, half of each batch labelled: cross-entropy; half guessed: squared error."""
    own, batches, task = run.own, cast(SliceBatches, run.batches), cast(Task, run.task)
    half, rng = max(1, run.settings.batch_size // 2), batches.split_draws(epoch)
    labelled, guessed = endless(targets.split.labelled, half, rng), endless(targets.split.unlabelled, half, rng)
    plug_in = plug_in_of(run, targets.split, first=first) if l2b else None
    for step in range(batches.steps):
        at, free = next(labelled), next(guessed)
        position = np.concatenate([at, free])
        passed = epoch + step / batches.steps - run.settings.warm_up_epochs
        image, soft = batches.augmented(position, targets.of(position), epoch, step)
        run.state.model.train()
        with naming(batches.names(position)):
            logits = run.state.model(image)
            loss = task.loss(logits[: len(at)], soft[: len(at)]).mean()
            if len(free):
                weight = own.unlabelled_weight * ramp(passed, own.ramp_epochs)
                loss = loss + weight * functional.mse_loss(task.probabilities(logits[len(at) :]), soft[len(at) :])
            report = run.descend_on(loss)
            if plug_in is not None:
                asked = soft
                if run.settings.plug_in.labels == "noisy":
                    given = task.soft_target(batches.train.mask[torch.from_numpy(position)])
                    image, asked = batches.augmented(position, given, epoch, step)
                report = plug_in.after(report, image, asked, epoch, step)
        run.state.average(run.settings.average_decay)
        yield report


def _faults(settings: TrainingSettings) -> list[str]:
    if settings.warm_up_epochs == 0:
        return ["the split asks networks that have learnt something: set warm_up above 0"]
    return []
