"""Settings that follow from the data: a value and why, and how they are filled in. What somebody named stays."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from l2b_run.settings.recipe import merge, validate
from l2b_run.settings.shared import TrainingSettings
from pipelines.plan.request import Say

Settings = TypeVar("Settings", bound=TrainingSettings)


@dataclass(frozen=True)
class Derived:
    """A setting by its dotted name, its value and why."""

    key: str
    value: Any
    reason: str


def named_settings(settings: TrainingSettings) -> dict[str, Any]:
    """The settings somebody named, a recipe or a user, by dotted name."""
    found: dict[str, Any] = {}
    for key in settings.model_fields_set:
        value = getattr(settings, key)
        inner = getattr(value, "model_fields_set", None)
        found |= {key: value} if inner is None else {f"{key}.{name}": getattr(value, name) for name in inner}
    return found


def filled(settings: Settings, derived: Sequence[Derived], say: Say) -> Settings:
    """The settings with the values of `derived`, and why under `derived`; `say` gets a line each.

    Raises ConfigError where a value does not go with one that somebody named.
    """
    content, reasons = settings.model_dump(), {}
    for one in derived:
        nested: Any = one.value
        for part in reversed(one.key.split(".")):
            nested = {part: nested}
        content = merge(content, nested)
        reasons[one.key] = one.reason
        say(f"derived {one.key} {one.value}: {one.reason}")
    return validate(type(settings), content | {"derived": reasons}, "settings derived from the data set")
