"""Both tasks on tiny data, so that a test of what they share runs once for each."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from torch import Tensor

from l2b_run.training.method import Training
from l2b_run.training.step_report import StepReport
from tests.l2b_cls import synthetic
from tests.l2b_seg import tiny


@dataclass(frozen=True)
class Tiny:
    """A task: settings(method, **over), a fresh run of them, its plain method, and the metric it is scored by."""

    name: str
    settings: Callable[..., Any]
    training: Callable[[Any], Training]
    plain: str
    weighted: tuple[str, ...]
    score: str


@cache
def _data() -> Any:
    return tiny.make_data(Path(mkdtemp()) / "data")


SEG = Tiny(
    "seg", tiny.make_settings, lambda s: tiny.make_training(_data(), s), "unetpp", ("nl", "l2b", "l2b-net"), "dice"
)
CLS = Tiny("cls", synthetic.make_settings, synthetic.training_for, "ce", ("l2rw", "l2b", "l2b-net"), "accuracy")
EACH_TASK = pytest.mark.parametrize("task", [SEG, CLS], ids=lambda task: task.name)


def weights_of(run: Training) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in run.state.model.state_dict().items()}


def same_weights(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return all(value.equal(other[name]) for name, value in one.items())


def stepped(task: Tiny, settings: Any, epoch: int = 0) -> tuple[dict[str, Tensor], StepReport]:
    """The network after step 1 of a fresh run, and what the step said."""
    run = task.training(settings)
    report = run.method.step(run, epoch, 1)
    return weights_of(run), report


def seen_in_step(run: Training, epoch: int, step: int) -> list[tuple[Tensor, Tensor]]:
    """Every (images, target) whose loss a step of `run` took."""
    images: list[Tensor] = []
    seen: list[tuple[Tensor, Tensor]] = []

    class Spy:
        def __getattr__(self, name: str) -> Any:
            return getattr(run.task, name)

        def loss(self, logits: Tensor, target: Tensor) -> Tensor:
            seen.append((images[-1], target))
            return run.task.loss(logits, target)

        def teaching_loss(self, logits: Tensor, target: Tensor) -> Tensor:
            seen.append((images[-1], target))
            return run.task.teaching_loss(logits, target)

    handle = run.state.model.register_forward_pre_hook(lambda module, inputs: images.append(inputs[0]))
    run.method.step(replace(run, task=Spy()), epoch, step)
    handle.remove()
    return seen
