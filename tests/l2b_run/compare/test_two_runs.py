"""Two runs beside each other: what they are, and what else differs between them."""

import json
from dataclasses import dataclass

import pytest

from l2b_data.errors import DataError
from l2b_run.compare.two_runs import p_text, require_common, shown, side_lines, side_of, training_differs
from l2b_run.folder.summary import RunSummary


@dataclass(frozen=True, kw_only=True)
class Summary(RunSummary):
    noise: str | None = None


def side(folder, noise="L1", **split):
    folder.mkdir()
    if split:
        (folder / "split.json").write_text(json.dumps(split))
    return side_of(folder, Summary(method="l2b", meta_source="online", noise=noise, seed=3))


def differences(a, b, named=0):
    return list(
        training_differs(a, b, noise=lambda said: said.noise, seen={"train": "cases", "labels": "masks"}, named=named)
    )


def test_what_differs_between_two_trainings(tmp_path):
    a = side(tmp_path / "a", train=["c2", "c1"], labels="x")
    assert differences(a, side(tmp_path / "same", train=["c1", "c2"], labels="x")) == [], "in whatever order"
    b = side(tmp_path / "b", "L2", train=["c1"], labels="y")
    assert differences(a, b) == [
        "noise differs: L1 in A, L2 in B",
        "cases differ: 2 in A, 1 in B",
        "masks differ: x in A, y in B",
    ]
    assert differences(a, b, named=1)[1] == "cases differ: 2 (c2, ...) in A, 1 (c1) in B"
    assert differences(a, side(tmp_path / "evaluation", None)) == [], "an evaluation says nothing of training"
    assert (shown([], 3), shown([]), shown("x", 3)) == ("none", "0", "x")


def test_what_a_run_is(tmp_path):
    a, b = side(tmp_path / "a"), side_of(tmp_path / "b", Summary())
    about = a.about(mean=0.5)
    assert about == {
        "path": str(tmp_path / "a"),
        "method": "l2b",
        "meta_source": "online",
        "noise": "L1",
        "seed": 3,
        "mean": 0.5,
    }
    lines = list(side_lines({"a": about, "b": b.about()}, noise=lambda noise: noise))
    assert lines == [f"A = {tmp_path / 'a'} (l2b --no-clean, L1)", f"B = {tmp_path / 'b'}"]
    assert (p_text(None), p_text(0.01234)) == ("-", "0.012")


def test_nothing_in_common_and_a_damaged_split_are_refused(tmp_path):
    a = side(tmp_path / "a")
    require_common(["c1"], a, a, noun="case")
    with pytest.raises(DataError, match="have no case in common; compare runs evaluated on the same cases"):
        require_common([], a, a, noun="case")
    (tmp_path / "a" / "split.json").write_text("{")
    with pytest.raises(DataError, match=r"split\.json cannot be read"):
        side_of(tmp_path / "a", Summary())
