"""Settings that know their methods: names, blocks and faults come from the table, not from a second list."""

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, create_model, model_validator

from l2b_run.settings.shared import TrainingSettings
from l2b_run.training.method import Method

Base = TypeVar("Base", bound=TrainingSettings)


def with_methods(base: type[Base], methods: Mapping[str, Method]) -> type[Base]:
    """`base` with `method` narrowed to the names of the table and a field for every method's own block.

    An alias of a method becomes its name, and the values a method brings for the block meta are filled in where
    nothing else is asked for. All faults of method and settings are raised in one ValueError.
    """

    class Checked(base):  # type: ignore[valid-type,misc]
        @classmethod
        def method_name(cls, name: str) -> str:
            aliases = {alias: own for own, method in methods.items() for alias in method.aliases}
            return aliases.get(name, name)

        @model_validator(mode="before")
        @classmethod
        def _of_method(cls, given: Any) -> Any:
            if not isinstance(given, dict) or not isinstance(given.get("method"), str):
                return given
            name = cls.method_name(given["method"])
            return _with_brought(given | {"method": name}, methods[name].meta if name in methods else {})

        @model_validator(mode="after")
        def _goes_with_method(self) -> Any:
            found = shared_faults(self, methods) + methods[self.method].faults(self) + self.faults()
            if found:
                raise ValueError("; ".join(found))
            return self

    blocks = dict(method.settings for method in methods.values() if method.settings is not None)
    fields: dict[str, Any] = {name: (block, block()) for name, block in blocks.items()}
    names: Any = Literal[tuple(methods)]
    return create_model(base.__name__, __base__=Checked, __module__=base.__module__, method=(names, ...), **fields)


def _with_brought(given: dict[str, Any], brings: Mapping[str, str]) -> dict[str, Any]:
    """`given` with the values a method brings for the block meta, where it says nothing else."""
    meta = given.get("meta", {})
    if isinstance(meta, BaseModel):
        meta = meta.model_dump(exclude_unset=True)
    return given | {"meta": {**brings, **meta}} if brings and isinstance(meta, dict) else given


def shared_faults(settings: TrainingSettings, methods: Mapping[str, Method]) -> list[str]:
    """What settings and method contradict each other in, a line each."""
    faults, method = [], methods[settings.method]
    if settings.bootstrap.pseudo_label == "teacher" and settings.average_decay == 0:
        faults.append("bootstrap.pseudo_label 'teacher' is the averaged network: set average_decay above 0")
    if settings.meta.source != "clean" and method.clean == "teach":
        without = ", ".join(name for name, other in methods.items() if other.clean != "teach")
        faults.append(f"method {settings.method} learns from clean labels: without them take one of {without}")
    asked = {"source": settings.meta.source, "loss": settings.meta.loss}
    if method.meta and method.meta != {key: asked[key] for key in method.meta}:
        said = " and ".join(f"meta.{key} {value!r}" for key, value in method.meta.items())
        faults.append(f"method {settings.method} has {said}; for other ones take another method")
    if settings.meta.source == "online" and method.clean == "judge" and settings.warm_up_epochs == 0:
        faults.append("meta.source 'online' asks the network which labels are clean: set warm_up above 0")
    if settings.optimizer.name != "sgd" and method.clean == "judge" and settings.bootstrap.lookahead != "none":
        faults.append(
            f"optimizer.name {settings.optimizer.name!r}: method {settings.method} looks ahead by a step of sgd; set "
            "bootstrap.lookahead=none, or take sgd"
        )
    if settings.optimizer.schedule == "steps" and not settings.optimizer.milestones:
        faults.append("optimizer.schedule 'steps' needs optimizer.milestones: the epochs at which lr falls")
    return faults


def clean_step_faults(settings: TrainingSettings) -> list[str]:
    """Of a method whose clean ones take steps of their own: `clean_steps` without an epoch for them."""
    if settings.clean_steps == "warm_up" and settings.warm_up_epochs == 0:
        return ["clean_steps 'warm_up' without a warm-up: clean ones would teach nothing; set warm_up above 0"]
    return []


def two_phase_faults(settings: TrainingSettings) -> list[str]:
    """Of a method that trains twice."""
    if settings.epochs < 2:
        return [f"method {settings.method} has two phases: epochs must be at least 2, not {settings.epochs}"]
    return []
