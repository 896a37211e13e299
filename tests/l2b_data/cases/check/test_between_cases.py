"""Cases beside each other: what is unlike the others, and what is too alike."""

import numpy as np
import pytest

from l2b_data.cases.check.between_cases import compare_cases, group_leakage
from l2b_data.cases.check.one_case import CaseFacts


def make_facts(count=6, **changes):
    """Facts of sound cases c0 ...; `changes`: case -> fields that differ."""
    facts = {}
    for number in range(count):
        name = f"c{number}"
        fields = {
            "path": f"{name}.nii.gz",
            "content": f"hash {number}",
            "channels": 1,
            "shape": (20, 128, 128),
            "spacing_mm": (3.0 + 0.1 * number, 0.6, 0.6),
            "spacing_known": True,
            "axes": "LPS",
            "values": np.array([0, 1]),
        }
        facts[name] = CaseFacts(**(fields | changes.get(name, {})))
    return facts


def test_sound():
    assert compare_cases(make_facts(), in_mm=make_facts()) == []
    assert compare_cases({}) == []


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        ({"channels": 3}, "count", "3 channels where most cases have 1"),
        ({"content": "hash 1"}, "duplicate", "the same image in c1, c4"),
        ({"axes": "RAS"}, "orientation", "axes run RAS, in most cases LPS: stored mirrored"),
        (
            {"axes": "PSL", "shape": (128, 20, 100), "spacing_mm": (0.6, 3.4, 0.6)},  # sizes compared as they are cut
            "orientation",
            "axes run PSL, in most cases LPS: brought to LPS to be cut into slices",
        ),
        ({"spacing_mm": (0.3, 0.6, 0.6)}, "spacing", r"spacing 0.3 x 0.6 x 0.6, in the middle of all cases 3.15 x 0.6"),
        ({"spacing_known": False}, "spacing", "has no spacing"),
        ({"shape": (20, 1024, 128)}, "size", "slices of 1024 x 128, in the middle of all cases 128 x 128 pixels"),
    ],
)
def test_one_unlike_the_others(change, kind, message):
    facts = make_facts(c4=change)
    found = compare_cases(facts, in_mm=facts)
    assert [fault.kind for fault in found] == [kind]
    assert found[0].case == ("c1" if kind == "duplicate" else "c4")
    assert message in found[0].message


def test_spacing_is_not_asked_of_pictures():
    facts = make_facts(**{f"c{number}": {"spacing_known": False} for number in range(6)})
    assert compare_cases(facts) == []
    assert [fault.case for fault in compare_cases(facts, in_mm=["c2"])] == ["c2"]


def test_leakage_between_splits():
    split_of = {f"c{number}": "train" if number < 4 else "test" for number in range(6)}
    facts = make_facts(c5={"content": "hash 0"})
    found = compare_cases(facts, split_of=split_of, groups={"c1": "p1", "c4": "p1", "c2": "p2", "c3": "p2"})
    assert [(fault.kind, fault.message) for fault in found] == [
        ("leakage", "the same image in c0 (train), c5 (test)"),
        ("leakage", "group p1 stands in c1 (train), c4 (test)"),
    ]
    assert group_leakage(split_of, {}) == []


def test_the_usual_axes_are_those_of_the_plane_most_cases_are_stored_in():
    axes = ["LPS", "LPS", "RAS", "RAS", "PSL", "PSL", "PSL"]
    found = compare_cases(make_facts(7, **{f"c{n}": {"axes": letters} for n, letters in enumerate(axes)}))
    orientation = {fault.case: fault.message for fault in found if fault.kind == "orientation"}
    assert list(orientation) == ["c2", "c3", "c4", "c5", "c6"]
    assert "in most cases LPS: stored mirrored" in orientation["c2"]
    assert "in most cases LPS: brought to LPS" in orientation["c4"]


def test_a_coarse_axis_inside_the_slices_is_named():
    stored = {
        f"c{number}": {"axes": "SLP", "shape": (128, 128, 20), "spacing_mm": (0.6, 0.6, 3.0)} for number in range(6)
    }
    (found,) = compare_cases(make_facts(**stored))
    assert (found.kind, found.is_warning) == ("plane", True)
    assert "pixels of 0.6 x 3 mm (c0, c1, c2, c3, c4 and 1 more)" in found.message
    assert found.message.endswith("`train --set slices.plane=LPS` cuts across it")
    flat = {name: fields | {"shape": (1, 128, 20)} for name, fields in stored.items()}
    assert compare_cases(make_facts(**flat)) == []


def test_ids_of_one_patient_in_two_parts():
    facts = {f"p{number // 2}_f{number % 2}": fact for number, fact in enumerate(make_facts(6).values())}
    split = dict(zip(facts, ["train", "test", *["train"] * 4], strict=True))
    (found,) = compare_cases(facts, split_of=split)
    assert (found.kind, found.is_warning) == ("alike_ids", True)
    assert "p0_f0 (train) and p0_f1 (test)" in found.message
    assert compare_cases(facts, split_of=split, groups={name: name for name in facts}) == []
