"""Records: what is written is read back, in the order asked for, and a strange file does no harm."""

import json
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import pytest

from l2b_run.folder.record import Record, plain, typed


@dataclass(frozen=True)
class Point:
    """No record of its own."""

    x: float
    y: float
    z: float | None = None


@dataclass(frozen=True, kw_only=True)
class Base(Record):
    name: str | None = None
    definitions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Drawing(Base):
    KEYS: ClassVar = ("kind", "name", "tolerance", "points", "best", "definitions")

    kind: Literal["line", "area"]
    tolerance: float | None
    points: list[Point]
    best: Point | None = None


def test_what_is_written_is_read_back_in_the_order_of_the_keys():
    drawing = Drawing(kind="line", tolerance=None, points=[Point(1, 2.5)], definitions={"x": "right"})
    found = drawing.to_json()
    assert list(found) == ["kind", "tolerance", "points", "definitions"], "None by default is left out, null is not"
    assert found["tolerance"] is None
    assert found["points"] == [{"x": 1, "y": 2.5, "z": None}], "whole, as it is no record"
    assert Drawing.from_json(json.loads(json.dumps(found))) == drawing
    assert plain({"all": [drawing, drawing]}) == {"all": [found, found]}


def test_what_a_file_lacks_is_empty_or_none_and_other_keys_are_passed_over():
    found = Drawing.from_json({"later": 1, "best": {"x": 0}})
    assert found == Drawing(kind=None, tolerance=None, points=[], best=Point(0, None))


@pytest.mark.parametrize(
    ("kind", "value", "found"),
    [
        (float, 1, 1),
        (float, True, None),
        (float, "1", None),
        (int, 1.5, None),
        (str | None, 3, None),
        (Literal["mm", "voxel"], "inch", None),
        (list[str], ["a", 1, "b"], ["a", "b"]),
        (list[str], "ab", None),
        (dict[str, float | None], {"a": 1.0, "b": None, "c": "d", "e": {}}, {"a": 1.0, "b": None}),
        (dict[str, float], [1.0], None),
        (Point, [1, 2], None),
        (dict[str, Point] | None, {"a": {"x": 1, "y": 2}, "b": 3}, {"a": Point(1, 2)}),
    ],
)
def test_another_type_is_none(kind, value, found):
    assert typed(kind, value) == found
    assert type(typed(kind, value)) is type(found)
