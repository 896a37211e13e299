"""A method as a value: its text, its needs, and what it does at the start, before an epoch and in a step."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from l2b import MetaAverage
from l2b.candidate_losses import OwnLabel
from l2b.descend import descend
from l2b_run.settings.shared import Strict, TrainingSettings
from l2b_run.training.batches import Batches
from l2b_run.training.state import Memory, TrainState, average_of, optimizer_of
from l2b_run.training.step_report import StepReport
from l2b_run.training.task import Task

Need = Literal["never", "judge", "teach"]


@dataclass(frozen=True)
class Phase:
    """Epochs [begin, end), counted from 0, over which the learning rate's schedule runs once, from `lr`."""

    begin: int
    end: int
    lr: float


class ChooseMeta(Protocol):
    def __call__(self, run: "Training", epoch: int) -> Batches:
        """The run's batches, judged in this epoch by training elements the network takes for clean."""


class KeepWeights(Protocol):
    def __call__(
        self, run: "Training", weights: Tensor, epoch: int, step: int, *, position: np.ndarray | None = None
    ) -> None:
        """Takes note of the weights (K, n, *E) of a step; position: of its elements, None for those of `given`."""


@dataclass(frozen=True)
class Training:
    """A run under way: settings, method, task, batches and state.

    choose_meta: of `meta.source` online. keep_weights: gets those of every weighted step; None: nobody does.
    """

    settings: TrainingSettings
    method: "Method"
    task: Task
    batches: Batches
    state: TrainState
    choose_meta: ChooseMeta = field(repr=False)
    keep_weights: KeepWeights | None = field(default=None, repr=False)

    @property
    def own(self) -> Any:
        """The block of the settings that is the method's own."""
        return self.method.own_settings(self.settings)

    @property
    def own_label(self) -> OwnLabel | None:
        """The network's most probable label, by which `clean_steps` "measured" goes; None otherwise."""
        return self.task.hard_pseudo_label if self.settings.clean_steps == "measured" else None

    def descend_on(self, loss: Tensor) -> StepReport:
        """One ordinary step on a scalar loss, clipped as the settings say."""
        clip_norm = self.settings.optimizer.clip_norm
        return StepReport(*descend(self.state.model, self.state.optimizer, loss, clip_norm=clip_norm))

    @property
    def of_second(self) -> "Training":
        """The same run as its second network sees it: with its state, and batches drawn in an order of its own."""
        assert self.state.second is not None
        return replace(self, state=self.state.second, batches=self.batches.reseeded())


Step = Callable[[Training, int, int], StepReport]
"""(run, epoch, step) -> what it did; both counted from 0."""

Epoch = Callable[[Training, int], Iterator[StepReport]]
"""(run, epoch) -> its steps, as many as there are, each done when it is asked for."""


@dataclass(frozen=True)
class Method:
    """A method: one file makes it, one line of a task's table names it.

    text: one line of what it does. source: where it is from. step: a training step; epoch instead: all of an epoch's,
    which then move the averages themselves. networks: how many train and predict. cost: of a step, in plain steps of
    the same network, at a meta batch as large as the train batch and in the default mode.
    clean: whether it sees clean labels of the meta set: "never"; "judge", and does without them by another
    `meta.source`; "teach", and cannot do without. settings: name and model of the block of its own.
    start: its memory, made of that block after the network. before_epoch: the batches to go on with. phase: of the
    learning rate, the whole run where it is None. faults: what is wrong with settings for it. reads: whether it reads
    (given, clean) batches in an epoch. meta: values it brings with it for the block meta. aliases: other names it goes
    by. warms_up: whether the settings' `warm_up` epochs are a training of another kind.
    """

    text: str
    source: str
    step: Step | None = None
    cost: float = 1.0
    clean: Need = "teach"
    settings: tuple[str, type[Strict]] | None = None
    start: Callable[[Any, TrainState], Memory] | None = None
    before_epoch: Callable[[Training, int], Batches] | None = None
    phase: Callable[[TrainingSettings, int], Phase] | None = None
    faults: Callable[[Any], list[str]] = lambda settings: []
    reads: Callable[[TrainingSettings, int], tuple[bool, bool]] | None = None
    meta: Mapping[str, str] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    epoch: Epoch | None = None
    networks: int = 1
    warms_up: bool = False

    @property
    def clean_labels(self) -> bool:
        """Whether it sees the meta set's clean labels, where `meta.source` is "clean"."""
        return self.clean != "never"

    def own_settings(self, settings: TrainingSettings) -> Any:
        """The block of the settings that is the method's own, None without one."""
        return None if self.settings is None else getattr(settings, self.settings[0])

    def phase_of(self, settings: TrainingSettings, epoch: int) -> Phase:
        """The phase of the learning rate that `epoch` belongs to."""
        whole = Phase(0, settings.epochs, settings.optimizer.lr)
        return whole if self.phase is None else self.phase(settings, epoch)

    def steps_of(self, run: Training, epoch: int) -> Iterator[StepReport]:
        """The steps of an epoch, each done when it is asked for."""
        if self.epoch is not None:
            yield from self.epoch(run, epoch)
            return
        assert self.step is not None
        for step in range(run.batches.steps):
            report = self.step(run, epoch, step)
            for network in run.state.networks:
                network.average(run.settings.average_decay)
            yield report

    def reads_in(self, settings: TrainingSettings, epoch: int) -> tuple[bool, bool]:
        """Whether it reads batches of given labels, and of the meta set, in `epoch`."""
        return (True, self.clean_labels) if self.reads is None else self.reads(settings, epoch)


def new_state(
    settings: TrainingSettings, method: Method, network: Callable[[], nn.Module], device: torch.device
) -> TrainState:
    """Network or networks, averaged ones, optimizers and the method's memory; every draw is fixed by the seed.

    network: makes the run's network, drawn from torch's global stream; a second one is drawn after the first.
    """
    torch.manual_seed(settings.seed)
    first, *others = (_one_state(settings, network().to(device)) for _ in range(method.networks))
    first.second = others[0] if others else None
    if method.start is not None:
        first.memory = method.start(method.own_settings(settings), first)
    return first


def _one_state(settings: TrainingSettings, model: nn.Module) -> TrainState:
    averaged = average_of(model) if settings.average_decay else None
    return TrainState(
        model, optimizer_of(model, settings.optimizer), averaged, MetaAverage(settings.bootstrap.judge_decay)
    )
