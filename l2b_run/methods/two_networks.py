"""What methods of two networks have in common: themselves with and without L2B, the warm-up, the name of a batch."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from l2b import NonFiniteError
from l2b_run.methods.plain import given_step
from l2b_run.settings.shared import TrainingSettings
from l2b_run.training.method import Method, Step, Training
from l2b_run.training.step_report import StepReport


class BaseEpoch(Protocol):
    def __call__(self, run: Training, epoch: int, *, l2b: bool) -> Iterator[StepReport]:
        """An epoch's steps; `l2b`: with a step of L2B after each of the base's own."""


def base_method(
    name: str, text: str, source: str, epoch: BaseEpoch, *, l2b: bool, cost: tuple[float, float], **rest: Any
) -> Method:
    """The base as a method, or, with `l2b`, with L2B's step after each of its own (CVPR 2024, Table 2).

    cost: of either. rest: further fields of Method.
    """
    return Method(
        f"{name} with a weighted step of L2B after each of its own" if l2b else text,
        f"L2B (CVPR 2024), Table 2, on {source}" if l2b else source,
        epoch=lambda run, number: epoch(run, number, l2b=l2b),
        cost=cost[l2b],
        clean="judge" if l2b else "never",
        networks=2,
        **rest,
        warms_up=True,
    )


def warm_up(run: Training, epoch: int, step: Step = given_step) -> Iterator[StepReport]:
    """One network's pass over all given labels."""
    run.state.model.train()
    for number in range(run.batches.steps):
        with naming(f"in the warm-up, {run.batches.given_names(epoch, number)}"):
            report = step(run, epoch, number)
        run.state.average(run.settings.average_decay)
        yield report


def warm_up_faults(settings: TrainingSettings) -> list[str]:
    """Of a method that splits by what its networks have learnt: no warm-up."""
    if settings.warm_up_epochs == 0:
        return ["the split asks networks that have learnt something: set warm_up above 0"]
    return []


@contextmanager
def naming(what: str) -> Iterator[None]:
    """Names the batch in which a loss is not finite."""
    try:
        yield
    except NonFiniteError as error:
        raise NonFiniteError(f"{error.problem} ({what})") from error
