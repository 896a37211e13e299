"""From a data set's fingerprint to the settings of a run, each with its reason. What a user or a recipe names stays."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from l2b_data.cases.fingerprint import Fingerprint
from l2b_seg.config import Settings
from pipelines.plan.derived import Derived, named_settings

_MARGIN = 0.1  # of the classes' box on each side; with few cases more: others may lie further out
_FEW = 0.5
_WHOLE = 0.85  # a crop that keeps more is none
_WIDTH = 5.0  # pixels that the narrowest class should have at the network's size
_EVERY = 0.9  # share of slices with a class from which on batches need no care
_FOREGROUND = 0.67


@dataclass(frozen=True)
class Budget:
    """What a preset may cost: the slice's side between `least` and `most`; cpu alone: pixels a step and steps."""

    least: int
    most: int
    pixels: int | None = None
    pixels_of_run: int = 0
    steps: tuple[int, int] = (0, 0)


BUDGETS = {
    "cpu": Budget(64, 192, pixels=16 * 96 * 96, pixels_of_run=60_000_000, steps=(450, 900)),
    "gpu": Budget(144, 320),
}
EPOCHS = 20
LEAST_STEPS = 50  # an epoch, without a budget of steps


def derive_slices(fingerprint: Fingerprint, settings: Settings) -> list[Derived]:
    """The settings that follow from the fingerprint, in the order in which they build on each other.

    A setting that somebody named is left out, and the others follow from what was named. None where `settings.derive`
    is "none". A pure function: nothing is read.
    """
    if settings.derive == "none":
        return []
    named, found = named_settings(settings), dict[str, Any]()
    kept = []
    for one in _derivations(fingerprint, BUDGETS[settings.derive], named, found):
        if one.key not in named:
            found[one.key] = one.value
            kept.append(one)
    return kept


def _derivations(
    fingerprint: Fingerprint, budget: Budget, named: dict[str, Any], found: dict[str, Any]
) -> Iterator[Derived]:
    """Each derived setting in turn; `found` has the values that were kept of those before."""

    def now(key: str) -> Any:
        return named[key] if key in named else found[key]

    if fingerprint.plane is not None:
        spacing = " x ".join(f"{side:g}" for side in fingerprint.spacing)
        yield Derived(
            "slices.plane",
            fingerprint.plane,
            f"slices, rows and columns are {spacing} {fingerprint.spacing_unit} apart",
        )
    yield from _crop(fingerprint)
    yield _size(fingerprint, budget, now("slices.crop"))
    if budget.pixels:
        yield _batch(fingerprint, budget.pixels, now("slices.size"))
        yield _meta_batch(fingerprint, now("batch_size"))
        yield from _steps(budget, now("slices.size"), now("batch_size"), named)
    else:
        batch = named.get("batch_size", 1)
        yield Derived(
            "steps_per_epoch",
            max(LEAST_STEPS, fingerprint.slices // batch),
            f"one pass over {fingerprint.slices} slices in batches of {batch}, {LEAST_STEPS} steps at least",
        )
    yield _foreground_share(fingerprint)
    yield _prior(fingerprint, now("slices.crop"), now("foreground_share"))


def _crop(fingerprint: Fingerprint) -> Iterator[Derived]:
    top, bottom, left, right = fingerprint.box
    cases = fingerprint.cases + fingerprint.meta_cases
    margin = _MARGIN + _FEW / math.sqrt(cases)
    wanted = math.ceil(100 * max(bottom - top, right - left) * (1 + 2 * margin)) / 100
    where = f"the classes of {cases} cases lie in rows {top:.2f} to {bottom:.2f} and columns {left:.2f} to {right:.2f}"
    if wanted > _WHOLE:
        yield Derived("slices.crop", 1.0, f"{where}, with a margin of {margin:.0%} on each side nearly the whole slice")
        yield Derived("slices.centre", [0.5, 0.5], "of the whole slice")
        return
    yield Derived("slices.crop", wanted, f"{where}; a margin of {margin:.0%} on each side")
    yield Derived(
        "slices.centre", [round((top + bottom) / 2, 3), round((left + right) / 2, 3)], "the middle of the classes"
    )


def _size(fingerprint: Fingerprint, budget: Budget, crop: float) -> Derived:
    """The side at which the narrowest class is `_WIDTH` pixels wide, and no larger than small images are."""
    stored = crop * min(fingerprint.rows, fingerprint.columns)
    of_classes = {name: facts.width for name, facts in fingerprint.classes.items() if facts.width}
    if not of_classes:
        return Derived("slices.size", budget.least, "no mask shows a class")
    name, width = min(of_classes.items(), key=lambda item: item[1])
    wanted = crop * _WIDTH / width
    most = min(budget.most, max(32, 16 * math.ceil(stored / 16)))
    size = min(max(16 * math.ceil(wanted / 16), budget.least), most)
    reason = (
        f"{name} is {width * stored / crop:.1f} stored pixels wide, {width * size / crop:.1f} at this size "
        f"(wanted {_WIDTH:g}; sizes {budget.least} to {budget.most}, {stored:.0f} stored)"
    )
    return Derived("slices.size", size, reason)


def _batch(fingerprint: Fingerprint, pixels: int, size: int) -> Derived:
    wanted = min(16, max(4, pixels // size**2))
    batch = max(2, min(wanted, fingerprint.slices))
    return Derived(
        "batch_size", batch, f"{size} x {size} pixels fit {wanted} times in a step; {fingerprint.slices} slices train"
    )


def _meta_batch(fingerprint: Fingerprint, batch: int) -> Derived:
    wanted = max(2, batch // 2)
    size = max(1, min(wanted, fingerprint.meta_slices)) if fingerprint.meta_slices else wanted
    return Derived("meta_batch_size", size, f"half a batch; {fingerprint.meta_slices} clean slices")


def _steps(budget: Budget, size: int, batch: int, named: dict[str, Any]) -> Iterator[Derived]:
    least, most = budget.steps
    steps = min(max(budget.pixels_of_run // (batch * size**2), least), most)
    reason = f"{steps} steps in all: what a few minutes on two cores hold of {batch} slices of {size} x {size}"
    yield Derived("epochs", EPOCHS, reason)
    epochs = named.get("epochs", EPOCHS)
    each = math.ceil(steps / EPOCHS)
    yield Derived("steps_per_epoch", each, reason if epochs == EPOCHS else f"{steps} steps in {EPOCHS} epochs")


def _foreground_share(fingerprint: Fingerprint) -> Derived:
    rarest = min((facts.slices for facts in fingerprint.classes.values() if facts.slices), default=1.0)
    shown = f"{fingerprint.foreground:.0%} of the slices show a class, the rarest class is in {rarest:.0%}"
    if fingerprint.foreground >= _EVERY and (len(fingerprint.classes) == 1 or rarest >= 0.5):
        return Derived("foreground_share", 0.0, shown)
    return Derived("foreground_share", _FOREGROUND, f"{shown}: the others would fill the batches")


def _prior(fingerprint: Fingerprint, crop: float, share: float) -> Derived:
    """Shares of the classes in batches: of the kept part of a slice, and as often as slices that show a class come."""
    foreground = max(fingerprint.foreground, 0.01)
    often = (share / foreground + (1 - share)) / crop**2
    classes = [min(max(facts.share * often, 0.002), 0.9) for facts in fingerprint.classes.values()]
    if sum(classes) > 0.95:
        classes = [0.95 * one / sum(classes) for one in classes]
    prior = [float(f"{one:.3g}") for one in (1 - sum(classes), *classes)]
    return Derived("network.prior", prior, "shares of background and classes in such batches")
