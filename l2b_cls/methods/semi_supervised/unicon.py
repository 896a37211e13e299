"""UniCon (Karim et al., CVPR 2022), alone or with L2B after every step."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from l2b_cls.features import features_and_logits, head_of
from l2b_cls.losses import contrastive_loss, one_hot
from l2b_cls.methods.semi_supervised.divergence import class_balanced, label_divergence, selection_threshold
from l2b_cls.methods.semi_supervised.mixed_loss import mixed_loss
from l2b_cls.methods.semi_supervised.samples import TrainingSamples, given_log_probabilities
from l2b_cls.methods.semi_supervised.targets import co_guessed, co_refined
from l2b_cls.methods.semi_supervised.two_networks import (
    TwoNetworkSettings,
    given_or_soft,
    samples_of,
    trust_of,
    two_network_faults,
    warm_up_step,
)
from l2b_run.methods.mix_match import mixed, ramp
from l2b_run.methods.plug_in import plug_in_of
from l2b_run.methods.split import Split, SplitMemory, endless, in_batches, spread_out
from l2b_run.methods.two_networks import base_method, naming, warm_up
from l2b_run.training.method import Method, Training
from l2b_run.training.state import TrainState
from l2b_run.training.step_report import StepReport


class UniConSettings(TwoNetworkSettings):
    """unicon and l2b-unicon: of every class an equal number of the samples whose labels the networks agree with most.

    log_base: of the divergence; with the paper's own e it never reaches `high_divergence`.
    """

    unlabelled_weight: float = Field(30.0, ge=0)
    unlabelled_factor: float = Field(
        0.5, gt=0, description="unlabelled samples a step: labelled_batch * this / selected share (high noise: 1)"
    )
    log_base: Literal["e", "2"] = Field("e", description="of the divergence, whose bound is then ln 2, or 1")
    high_divergence: float = Field(0.7, gt=0, description="above it the threshold is moved towards the smallest")
    divergence_divisor: float = Field(5.0, gt=0, description="by this share of the way: 1 / divisor")
    contrastive_weight: float = Field(0.025, ge=0, description="of the unlabelled samples' contrastive loss")
    contrastive_temperature: float = Field(0.05, gt=0, description="of that loss")
    projection: int = Field(128, ge=2, description="outputs of the projection head")


@dataclass
class UniConMemory(SplitMemory):
    """Beside the last splits: a projection head and its optimizer for each network."""

    heads: list[nn.Module] = field(default_factory=list)
    optimizers: list[torch.optim.SGD] = field(default_factory=list)

    def state_dict(self) -> dict[str, Any]:
        parts = zip(self.heads, self.optimizers, strict=True)
        return {"heads": [(head.state_dict(), optimizer.state_dict()) for head, optimizer in parts]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for head, optimizer, (of_head, of_optimizer) in zip(self.heads, self.optimizers, state["heads"], strict=True):
            head.load_state_dict(of_head)
            optimizer.load_state_dict(of_optimizer)


def start(own: UniConSettings, state: TrainState) -> UniConMemory:
    """A projection head on each network's features: linear, then batch norm; its optimizer is like the network's."""
    memory = UniConMemory()
    for network in state.networks:
        width = head_of(network.model).in_features
        head = nn.Sequential(nn.Linear(width, own.projection), nn.BatchNorm1d(own.projection))
        memory.heads.append(head.to(next(network.model.parameters()).device))
        group = network.optimizer.param_groups[0]
        chosen = {key: group[key] for key in ("lr", "momentum", "weight_decay", "nesterov")}
        memory.optimizers.append(torch.optim.SGD(head.parameters(), **chosen))
    return memory


def unicon(*, l2b: bool = False) -> Method:
    """UniCon; with L2B's step after every step of the base's (CVPR 2024, Table 2)."""
    return base_method(
        "UniCon",
        "UniCon: two networks, class-balanced selection, contrastive loss",
        "UniCon (Karim et al., CVPR 2022)",
        unicon_epoch,
        l2b=l2b,
        cost=(12.0, 18.0),
        settings=("unicon", UniConSettings),
        start=start,
        faults=two_network_faults,
    )


def unicon_epoch(run: Training, epoch: int, *, l2b: bool) -> Iterator[StepReport]:
    """Select by both networks, train the first; select again, train the second."""
    both, memory = (run, run.of_second), run.state.memory
    if epoch < run.settings.warm_up_epochs:
        for network in both:
            yield from warm_up(network, epoch, warm_up_step)
        return
    assert isinstance(memory, UniConMemory)
    memory.splits = []
    for number, network in enumerate(both):
        memory.splits.append(select(run.own, samples_of(run), [one.state.alone for one in both], epoch))
        yield from _trained(network, both[1 - number].state, memory, number, epoch, l2b=l2b)


def select(own: UniConSettings, batches: TrainingSamples, networks: list[nn.Module], epoch: int) -> Split:
    """The split by the divergence of given labels and the networks' mean softmax, both in eval mode.

    Of a balanced epoch only its samples are asked.
    """
    position = batches.epoch_positions(epoch)
    found = [given_log_probabilities(network, batches, position) for network in networks]
    mean, labels = torch.stack([logs.exp() for logs, _ in found]).mean(0), found[0][1]
    divergence = label_divergence(mean, labels, log_base=own.log_base)
    threshold = selection_threshold(divergence, high=own.high_divergence, divisor=own.divergence_divisor)
    chosen = class_balanced(divergence, labels.numpy(), threshold, classes=batches.classes)
    trust = 1 - np.where(divergence >= 0.5, divergence, 0.0)
    fitted: dict[str, float | list[float]] = {"threshold": threshold, "selected_share": float(chosen.mean())}
    split = Split(trust.clip(0, 1), np.flatnonzero(chosen), np.flatnonzero(~chosen), fitted)
    return spread_out(split, position, batches.n_train)


def _trained(
    run: Training, other: TrainState, memory: UniConMemory, number: int, epoch: int, *, l2b: bool
) -> Iterator[StepReport]:
    """One pass over the labelled samples: guess on weak views, MixMatch and contrast on strong ones."""
    own, batches, model, split = run.own, samples_of(run), run.state.model, memory.splits[number]
    rng, share = batches.split_draws(epoch), len(split.labelled) / (len(split.labelled) + len(split.unlabelled))
    labelled = in_batches(split.labelled, own.labelled_batch, rng)
    unlabelled = endless(split.unlabelled, max(2, int(own.labelled_batch * own.unlabelled_factor / share)), rng)
    plug_in = plug_in_of(run, split, first=number == 0) if l2b else None
    for step, (at, free) in enumerate(zip(labelled, unlabelled, strict=False)):
        passed = epoch + step / len(labelled) - run.settings.warm_up_epochs
        weight = own.unlabelled_weight * ramp(passed, own.ramp_epochs)
        x, x_strong = _views(batches, at, epoch, step, 0)
        u, u_strong = _views(batches, free, epoch, step, 2) if len(free) else ([], [])
        model.train()
        given = one_hot(batches.given_labels(at), batches.classes)
        refined = co_refined(model, x, given, trust_of(split, at, given), temperature=own.temperature)
        guessed = co_guessed(model, other.model, u, temperature=own.temperature) if u else refined[:0]
        inputs, targets = torch.cat([*x_strong, *u_strong]), torch.cat([refined, refined, guessed, guessed])
        images, soft = mixed(inputs, targets, batches.other_draws(epoch, step), concentration=own.mixup_alpha)
        with naming(batches.names(at)):
            loss = mixed_loss(model(images), soft, 2 * len(at), weight)
            if len(free) > 1 and own.contrastive_weight > 0:
                loss = loss + own.contrastive_weight * _contrast(model, memory.heads[number], u_strong, own)
            report = _descended(run, memory.optimizers[number], loss)
            if plug_in is not None:
                asked = given_or_soft(run, targets, np.concatenate([at, at, free, free]))
                report = plug_in.after(report, inputs, asked, epoch, step)
        run.state.average(run.settings.average_decay)
        yield report


def _views(
    batches: TrainingSamples, position: np.ndarray, epoch: int, step: int, first: int
) -> tuple[list[Tensor], list[Tensor]]:
    """Two weak and two strong views of the samples."""
    weak = [batches.view(position, epoch, step, view) for view in (first, first + 1)]
    return weak, [batches.view(position, epoch, step, view, strong=True) for view in (first + 4, first + 5)]


def _contrast(model: nn.Module, head: nn.Module, views: list[Tensor], own: UniConSettings) -> Tensor:
    """SimCLR's loss of the projections of two strong views, in a forward pass each."""
    first, second = (head(features_and_logits(model, view)[0]) for view in views)
    return contrastive_loss(first, second, own.contrastive_temperature)


def _descended(run: Training, head_optimizer: torch.optim.SGD, loss: Tensor) -> StepReport:
    """A step of the network and of its projection head, at the network's learning rate."""
    head_optimizer.zero_grad(set_to_none=True)
    report = run.descend_on(loss)
    for group in head_optimizer.param_groups:
        group["lr"] = run.state.lr
    head_optimizer.step()
    return report
