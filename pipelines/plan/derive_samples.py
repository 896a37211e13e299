"""From the number of samples to the steps of a run, each value with its reason."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from l2b_cls.config import Settings
from pipelines.plan.derived import Derived, named_settings

LEAST_STEPS = 20  # an epoch


@dataclass(frozen=True)
class SampleCounts:
    """How many samples train, and how many judge."""

    train: int
    meta: int


def derive_samples(counts: SampleCounts, settings: Settings) -> list[Derived]:
    """The settings that follow from the counts, without those that somebody named; none where `derive` is "none".

    A batch holds a quarter of few samples, and an epoch goes over them as often as makes 20 steps: 20 epochs of one
    step would teach nothing.
    """
    if settings.derive == "none":
        return []
    named = named_settings(settings)
    return [one for one in _derivations(counts, named.get("batch_size")) if one.key not in named]


def _derivations(counts: SampleCounts, batch: int | None) -> Iterator[Derived]:
    if batch is None:
        batch = min(64, max(2, math.ceil(counts.train / 4)))
        yield Derived("batch_size", batch, f"{counts.train} samples train: a quarter of them, 64 at most")
    wanted = max(2, batch // 2)
    judging = max(2, min(wanted, counts.meta)) if counts.meta else wanted
    yield Derived("meta_batch_size", judging, f"half a batch; {counts.meta} samples judge")
    passes = counts.train // batch
    if passes < LEAST_STEPS:
        reason = f"one pass over {counts.train} samples is {passes} steps of {batch}"
        yield Derived("sampling", "iid", reason)
        yield Derived("steps_per_epoch", LEAST_STEPS, reason)
