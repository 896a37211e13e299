"""DivideMix's split carried to slices: small-loss slices keep their masks, the others get co-guessed soft ones."""

from collections.abc import Iterator
from typing import cast

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from l2b_run.methods.clean_mixture import clean_mixture
from l2b_run.methods.mix_match import ramp, sharpened
from l2b_run.methods.plug_in import plug_in_of
from l2b_run.methods.split import Split, SplitMemory, endless, split_at
from l2b_run.methods.two_networks import base_method, naming, warm_up, warm_up_faults
from l2b_run.settings.shared import Strict
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


def divide_mix(*, l2b: bool = False) -> Method:
    """The split on slices; with L2B's step after every step of it (CVPR 2024, Table 2, on samples)."""
    return base_method(
        "DivideMix on slices",
        "two networks, slices of small loss keep their mask, the others get guessed ones",
        "DivideMix (Li et al., ICLR 2020), carried from samples to slices",
        divide_mix_epoch,
        l2b=l2b,
        cost=(3.0, 6.0),
        settings=("dividemix", DivideMixSettings),
        start=lambda own, state: SplitMemory(),
        faults=warm_up_faults,
    )


def divide_mix_epoch(run: Training, epoch: int, *, l2b: bool) -> Iterator[StepReport]:
    """Select and guess by both networks, then train each on what the other one chose."""
    both, memory = (run, run.of_second), run.state.memory
    if epoch < run.settings.warm_up_epochs:
        for network in both:
            yield from warm_up(network, epoch)
        return
    assert isinstance(memory, SplitMemory)
    probabilities = [predicted(network.state.alone, network) for network in both]
    memory.splits = [select(run, by_other) for by_other in reversed(probabilities)]
    guess = sharpened((probabilities[0] + probabilities[1]) / 2, run.own.temperature)
    for network, split in zip(both, memory.splits, strict=True):
        soft = soft_masks(network, split, guess)
        yield from _trained(network, split, soft, epoch, l2b=l2b, first=network is run)


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


def soft_masks(run: Training, split: Split, guess: Tensor) -> Tensor:
    """Soft masks (N, K, S, S): the given ones of the labelled slices, the guessed ones of the others."""
    batches, task = cast(SliceBatches, run.batches), cast(Task, run.task)
    soft, keep = guess.clone(), torch.from_numpy(split.labelled)
    soft[keep] = task.soft_target(batches.train.mask[keep])
    return soft


def _trained(run: Training, split: Split, soft: Tensor, epoch: int, *, first: bool, l2b: bool) -> Iterator[StepReport]:
    """As many steps as a plain epoch has, half of each batch labelled: cross-entropy; half guessed: squared error."""
    own, batches, task = run.own, cast(SliceBatches, run.batches), cast(Task, run.task)
    half, rng = max(1, run.settings.batch_size // 2), batches.split_draws(epoch)
    labelled, guessed = endless(split.labelled, half, rng), endless(split.unlabelled, half, rng)
    plug_in = plug_in_of(run, split, first=first) if l2b else None
    for step in range(batches.steps):
        at, free = next(labelled), next(guessed)
        position = np.concatenate([at, free])
        passed = epoch + step / batches.steps - run.settings.warm_up_epochs
        image, target = batches.augmented(position, soft[torch.from_numpy(position)], epoch, step)
        run.state.model.train()
        with naming(batches.names(position)):
            logits = run.state.model(image)
            loss = task.loss(logits[: len(at)], target[: len(at)]).mean()
            if len(free):
                weight = own.unlabelled_weight * ramp(passed, own.ramp_epochs)
                loss = loss + weight * functional.mse_loss(task.probabilities(logits[len(at) :]), target[len(at) :])
            report = run.descend_on(loss)
            if plug_in is not None:
                if run.settings.plug_in.labels == "noisy":
                    given = task.soft_target(batches.train.mask[torch.from_numpy(position)])
                    image, target = batches.augmented(position, given, epoch, step)
                report = plug_in.after(report, image, target, epoch, step, position=position)
        run.state.average(run.settings.average_decay)
        yield report
