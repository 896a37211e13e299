"""DivideMix (Li et al., ICLR 2020) and C2D (Zheltonozhskii et al., WACV 2022), alone or with L2B after every step."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from l2b_cls.losses import one_hot
from l2b_cls.methods.semi_supervised.mixed_loss import mixed_loss
from l2b_cls.methods.semi_supervised.samples import given_losses
from l2b_cls.methods.semi_supervised.targets import co_guessed, co_refined
from l2b_cls.methods.semi_supervised.two_networks import (
    TwoNetworkSettings,
    given_or_soft,
    samples_of,
    trust_of,
    two_network_faults,
    warm_up_step,
)
from l2b_run.methods.clean_mixture import clean_mixture
from l2b_run.methods.mix_match import mixed, ramp
from l2b_run.methods.plug_in import plug_in_of
from l2b_run.methods.split import Split, SplitMemory, endless, in_batches, split_at, spread_out
from l2b_run.methods.two_networks import base_method, naming, warm_up
from l2b_run.training.method import Method, Training
from l2b_run.training.state import TrainState
from l2b_run.training.step_report import StepReport

_TINY = 1e-5


class DivideMixSettings(TwoNetworkSettings):
    """dividemix and l2b-dividemix: clean are samples whose posterior of the smaller losses is above `threshold`."""

    threshold: float = Field(0.5, gt=0, lt=1, description="posterior above which a label is taken for clean")
    loss_epochs: int = Field(1, ge=1, description="losses averaged over so many epochs (90 % wrong labels: 5)")
    mixture_steps: int = Field(10, ge=1, description="at most so many rounds of the mixture's fit")


class C2DSettings(DivideMixSettings):
    """c2d and l2b-c2d: DivideMix on networks pretrained without labels (`pretrain simclr`, network.weights)."""

    threshold: float = Field(0.03, gt=0, lt=1, description="brought between the posteriors there are")
    mixture_steps: int = Field(200, ge=1)
    warm_up_clip_norm: float | None = Field(1.0, gt=0)


@dataclass
class LossMemory(SplitMemory):
    """Beside the last splits: scaled losses of the last selections by each network, (n,) float64 each."""

    past: list[list[Tensor]] = field(default_factory=lambda: [[], []])

    def state_dict(self) -> dict[str, Any]:
        return {"past": self.past}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.past = [[value.cpu() for value in losses] for losses in state["past"]]


def divide_mix(*, c2d: bool = False, l2b: bool = False) -> Method:
    """DivideMix, C2D's variant of it, and each with L2B's step after every step of the base's (CVPR 2024, Table 2).

    C2D splits for the second network once the first one has finished the epoch, keeps losses from the warm-up on, and
    leaves unlabelled rows out where their weight is 0.
    """
    name, block = ("C2D", ("c2d", C2DSettings)) if c2d else ("DivideMix", ("dividemix", DivideMixSettings))
    return base_method(
        name,
        f"{name}: two networks, small losses keep their label" + (", pretrained without labels" if c2d else ""),
        "C2D (Zheltonozhskii et al., WACV 2022)" if c2d else "DivideMix (Li et al., ICLR 2020)",
        partial(divide_mix_epoch, c2d=c2d),
        l2b=l2b,
        cost=(10.0, 16.0),
        settings=block,
        start=lambda own, state: LossMemory(),
        faults=lambda settings: _faults(settings, block[0], pretrained=c2d),
    )


def divide_mix_epoch(run: Training, epoch: int, *, c2d: bool, l2b: bool) -> Iterator[StepReport]:
    """Select, then one network's pass over its labelled samples, then the other's; each learns the other's choice."""
    first, second, memory = run, run.of_second, memory_of(run)
    if epoch < run.settings.warm_up_epochs:
        if c2d and epoch > 0 and run.own.loss_epochs > 1:
            for number, network in enumerate((first, second)):
                remembered_losses(network, memory, number, epoch)
        yield from warm_up(first, epoch, warm_up_step)
        yield from warm_up(second, epoch, warm_up_step)
        return
    memory.splits = [select(second, memory, 1, epoch)]
    if not c2d:
        memory.splits.append(select(first, memory, 0, epoch))
    yield from _trained(first, second.state, memory.splits[0], epoch, first=True, mix_all=not c2d, l2b=l2b)
    if c2d:
        memory.splits.append(select(first, memory, 0, epoch))
    yield from _trained(second, first.state, memory.splits[1], epoch, first=False, mix_all=not c2d, l2b=l2b)


def remembered_losses(run: Training, memory: LossMemory, number: int, epoch: int) -> np.ndarray:
    """Losses (m,) of the given labels by this network, scaled to [0, 1], mean of the last `loss_epochs` selections.

    Of a balanced epoch only its samples are asked.
    """
    batches = samples_of(run)
    losses = given_losses(run.state.alone, batches, batches.epoch_positions(epoch))
    scaled = (losses - losses.min()) / max(float(np.ptp(losses)), _TINY)
    memory.past[number] = [*memory.past[number], torch.from_numpy(scaled)][-run.own.loss_epochs :]
    mean: np.ndarray = torch.stack(memory.past[number]).mean(0).numpy()
    return mean


def select(run: Training, memory: LossMemory, number: int, epoch: int) -> Split:
    """The split by this network: a mixture of two Gaussians on its `remembered_losses`."""
    own, batches = run.own, samples_of(run)
    found = clean_mixture(remembered_losses(run, memory, number, epoch), max_iter=own.mixture_steps)
    threshold = own.threshold
    if isinstance(own, C2DSettings):
        low, high = found.posterior.min() + _TINY, found.posterior.max() - _TINY
        threshold = float(min(max(threshold, low), max(high, 0.0)))
    fitted: dict[str, float | list[float]] = {
        "means": list(found.mean),
        "stds": list(found.std),
        "weights": list(found.weight),
        "threshold": threshold,
    }
    split = split_at(found.posterior, found.posterior > threshold, at_least=own.labelled_batch, fitted=fitted)
    return spread_out(split, batches.epoch_positions(epoch), batches.n_train)


def _trained(
    run: Training, other: TrainState, split: Split, epoch: int, *, first: bool, mix_all: bool, l2b: bool
) -> Iterator[StepReport]:
    """One pass over the labelled samples of `split`, beside as many unlabelled ones: co-refine, co-guess, MixMatch."""
    own, batches, model, rng = run.own, samples_of(run), run.state.model, samples_of(run).split_draws(epoch)
    labelled = in_batches(split.labelled, own.labelled_batch, rng)
    unlabelled = endless(split.unlabelled, own.labelled_batch, rng)
    plug_in = plug_in_of(run, split, first=first) if l2b else None
    for step, (at, free) in enumerate(zip(labelled, unlabelled, strict=False)):
        passed = epoch + step / len(labelled) - run.settings.warm_up_epochs
        weight = own.unlabelled_weight * ramp(passed, own.ramp_epochs)
        x = [batches.view(at, epoch, step, view) for view in (0, 1)]
        u = [batches.view(free, epoch, step, view) for view in (2, 3)] if len(free) else []
        model.train()
        given = one_hot(batches.given_labels(at), batches.classes)
        refined = co_refined(model, x, given, trust_of(split, at, given), temperature=own.temperature)
        guessed = co_guessed(model, other.model, u, temperature=own.temperature) if u else refined[:0]
        inputs, targets = torch.cat([*x, *u]), torch.cat([refined, refined, guessed, guessed])
        rows = len(inputs) if mix_all or own.unlabelled_weight > 0 else 2 * len(at)
        images, soft = mixed(
            inputs[:rows], targets[:rows], batches.other_draws(epoch, step), concentration=own.mixup_alpha
        )
        with naming(batches.names(at)):
            report = run.descend_on(mixed_loss(model(images), soft, 2 * len(at), weight))
            if plug_in is not None:
                asked = given_or_soft(run, targets, np.concatenate([at, at, free, free]))
                report = plug_in.after(report, inputs, asked, epoch, step)
        run.state.average(run.settings.average_decay)
        yield report


def memory_of(run: Training) -> LossMemory:
    assert isinstance(run.state.memory, LossMemory)
    return run.state.memory


def _faults(settings: Any, block: str, *, pretrained: bool) -> list[str]:
    faults = two_network_faults(settings, pretrained=pretrained)
    if getattr(settings, block).loss_epochs > 1 and settings.data.balanced_epoch:
        faults.append(f"{block}.loss_epochs averages over epochs of the same samples: set data.balanced_epoch=0")
    return faults
