"""The message for a key that no setting has: the nearest one, and those of its block."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel

_ALIKE = 0.7  # of difflib: optimiser.lr and optimizer.lr 0.92


def unknown_key(model: type[BaseModel], place: Sequence[str | int], value: Any, *, hidden: Sequence[str] = ()) -> str:
    """What to say of `value` at `place` (keys from the outermost in) of a `model`, which has no such key.

    Near is a key spelt alike (optimiser.lr: optimizer.lr), of the same name in another block (lr: optimizer.lr), or
    described in these words (learning_rate: lr). `hidden`: keys of the outermost block that are not to be set there.
    """
    leaves = _leaves(place, value)
    every = {key: text for key, text in _keys(model) if key.partition(".")[0] not in hidden}
    near = dict.fromkeys(found for leaf in leaves for found in _nearest(leaf, every))
    guess = f", did you mean {' or '.join(list(near)[:3])}?" if near else "."
    block = _block(model, place)
    inside = f"{'.'.join(map(str, place[:-1]))} has" if len(place) > 1 else "There are"
    there = ", ".join(name for name in block.model_fields if len(place) > 1 or name not in hidden)
    return f"{', '.join(leaves)}: no such key{guess} {inside}: {there}"


def _nearest(key: str, every: dict[str, str]) -> list[str]:
    last = key.rpartition(".")[2]
    named = [other for other in every if other.rpartition(".")[2] == last]
    described = [other for other, text in every.items() if text == last.replace("_", " ")]
    beside = [other for other in described if other.rpartition(".")[0] == key.rpartition(".")[0]]
    alike = get_close_matches(key, every, n=1, cutoff=_ALIKE)
    return (beside or alike or named or described or get_close_matches(last, every, n=1, cutoff=_ALIKE))[:2]


def _leaves(place: Sequence[str | int], value: Any) -> list[str]:
    """The full keys under `place`: of a block of unknown name each of its keys."""
    if isinstance(value, dict) and value:
        return [leaf for name, inner in value.items() for leaf in _leaves((*place, str(name)), inner)]
    return [".".join(map(str, place))]


def _block(model: type[BaseModel], place: Sequence[str | int]) -> type[BaseModel]:
    for name in place[:-1]:
        model = _inner(model, str(name)) or model
    return model


def _keys(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """Every key of the model and its description, blocks before what they hold, and that as block.key."""
    for name, field in model.model_fields.items():
        yield name, field.description or ""
        if (inner := _inner(model, name)) is not None:
            yield from ((f"{name}.{key}", text) for key, text in _keys(inner))


def _inner(model: type[BaseModel], name: str) -> type[BaseModel] | None:
    """The model of a field that is a block of settings, also one that may be left out; None for a value."""
    annotation = model.model_fields[name].annotation if name in model.model_fields else None
    for kind in (annotation, *get_args(annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None
