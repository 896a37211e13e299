"""A dataclass as an object of a JSON file, written and read by its fields."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from types import UnionType
from typing import Any, ClassVar, Literal, Self, get_args, get_origin, get_type_hints


class Record:
    """Base of a dataclass that a JSON file holds as an object.

    KEYS: its keys in the order of the file, () for that of the fields. A field whose default is None is left out of the
    file where it is None, but for those of ALWAYS; a dataclass in it that is no record has all its fields there.
    """

    KEYS: ClassVar[tuple[str, ...]] = ()
    ALWAYS: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The object of a file of any version: what it lacks, or has as another type, is its default, empty or None."""
        return _of_fields(cls, values)

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        found = _fields(self)
        return {key: found[key] for key in self.KEYS or found if key in found}


def plain(value: Any) -> Any:
    """A record, or dicts and lists with records in them, as `json` writes it."""
    if isinstance(value, Record):
        return value.to_json()
    if is_dataclass(value):
        return _fields(value)
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list | tuple) else value


def typed(kind: Any, value: Any) -> Any:
    """`value`, as `json` reads it, as `kind`; None where it is no such thing.

    kind: str, bool, int, float (an int stays one), Literal, a dataclass, list[kind], dict[str, kind] or a union. Of
    a list or dict, items of another type are left out.
    """
    if kind is Any:
        return value
    outer, inner = get_origin(kind), get_args(kind)
    if outer is UnionType:
        return next((found for one in inner if (found := typed(one, value)) is not None), None)
    if outer is Literal:
        return value if value in inner else None
    if outer is dict and isinstance(value, Mapping):
        items = {key: (one, typed(inner[1], one)) for key, one in value.items()}
        return {key: found for key, (one, found) in items.items() if found is not None or one is None}
    if outer is list and isinstance(value, list):
        return [found for one in value if (found := typed(inner[0], one)) is not None]
    if not isinstance(kind, type):
        return None
    if is_dataclass(kind) and isinstance(value, Mapping):
        return kind.from_json(value) if issubclass(kind, Record) else _of_fields(kind, value)
    kinds = (int, float) if kind is float else kind
    return value if isinstance(value, kinds) and isinstance(value, bool) == (kind is bool) else None


def _fields(value: Any) -> dict[str, Any]:
    absent = {one.name for one in fields(value) if one.default is None and getattr(value, one.name) is None}
    left_out = absent - set(value.ALWAYS) if isinstance(value, Record) else set()
    return {one.name: plain(getattr(value, one.name)) for one in fields(value) if one.name not in left_out}


def _of_fields(kind: Any, values: Mapping[str, Any]) -> Any:
    hints, found = get_type_hints(kind), {}
    for one in fields(kind):
        hint, needed = hints[one.name], one.default is MISSING and one.default_factory is MISSING
        value = typed(hint, values.get(one.name))
        if needed and value is None:
            value = _of_fields(hint, {}) if is_dataclass(hint) else {list: [], dict: {}}.get(get_origin(hint))
        if needed or value is not None:
            found[one.name] = value
    return kind(**found)
