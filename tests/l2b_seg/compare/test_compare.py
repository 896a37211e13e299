"""`l2b-seg compare`: statistics by hand, what is refused, what is warned of, what is printed."""

import json

import numpy as np
import pytest

from l2b_cli.seg.compare import compare as compare_command
from l2b_data.errors import DataError
from l2b_seg.compare.compare import compare
from l2b_seg.metrics.case_metrics import case_class_metrics, case_metrics
from l2b_seg.metrics.summarise import summarise
from tests.command import call_command


def metrics(shift, *, empty=False):
    """A 10 x 10 square against itself `shift` pixels away: Dice 1 - shift / 10, HD `shift`."""
    pred, ref = np.zeros((2, 20, 40), bool)
    pred[3:13, 3 + shift : 13 + shift] = not empty
    ref[3:13, 3:13] = True
    return case_metrics(pred, ref, (1, 1))


def run_folder(path, shifts, *, unit="voxel", tolerance=None, noise="L1", **split):
    """A run folder with a summary, case c0, c1, ... at these shifts (None: missed), and its split."""
    cases = {f"c{n}": metrics(shift or 0, empty=shift is None) for n, shift in enumerate(shifts)}
    summary = summarise(cases, unit=unit, tolerance=tolerance)
    path.mkdir()
    record = {"dataset": "/data/x", "labels": f"labelsTr_noisy_{noise}_s0", "train": ["t0", "t1"], "meta": ["m"]}
    about = {"method": path.name, "noise": {"level": noise, "seed": 0}, "seed": 0}
    (path / "summary.json").write_text(json.dumps({**summary.to_json(), **about}))
    (path / "split.json").write_text(json.dumps(record | split))
    return path


def run(*arguments):
    """Exit code, stdout and message of the command, by the shell's rule: an L2BError is its exit code."""
    return call_command(compare_command, *arguments)


def test_differences_by_hand(tmp_path):
    a = run_folder(tmp_path / "unetpp", [4, 3, 2, 1, 0, 2])
    b = run_folder(tmp_path / "l2b", [1, 1, 1, 1, 2, 1])
    found = compare(a, b)
    assert [row["case"] for row in found["cases"]] == ["c4", "c3", "c2", "c5", "c1", "c0"]
    assert [row["difference"] for row in found["cases"]] == pytest.approx([-0.2, 0, 0.1, 0.1, 0.2, 0.3])
    assert (found["n"], found["wins"], found["ties"], found["losses"]) == (6, 4, 1, 1)
    assert found["mean_difference"] == pytest.approx(0.5 / 6)
    assert found["median_difference"] == pytest.approx(0.1)
    assert (found["a"]["mean"], found["b"]["mean"]) == pytest.approx((0.8, 0.8 + 0.5 / 6))
    assert found["interval"][0] < found["mean_difference"] < found["interval"][1]
    assert found["warnings"] == []
    distance = compare(a, b, metric="hd")
    assert (distance["wins"], distance["ties"], distance["losses"]) == (4, 1, 1), "smaller distances are wins"
    assert distance["mean_difference"] == pytest.approx(-5 / 6)
    assert distance["cases"][0]["case"] == "c4", "the largest loss comes first"
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_missing_and_undefined_cases_are_named(tmp_path):
    a = run_folder(tmp_path / "a", [1, 2, None, 1])
    b = run_folder(tmp_path / "b", [2, None, None])
    found = compare(a, b, metric="hd")
    assert found["undefined"] == {"c1": "in B", "c2": "in both"}
    assert (found["only_in_a"], found["only_in_b"], found["n"]) == (["c3"], [], 1)
    assert compare(a, b)["undefined"] == {}, "Dice of a missed case is 0"
    code, table, warning = run(a, b, "--metric", "hd")
    assert code == 0
    for part in ("only in A, not compared: c3", "hd of c1 is undefined in B", "hd of c2 is undefined in both"):
        assert part in warning
    b_missed = run_folder(tmp_path / "missed", [None] * 4)
    code, table, message = run(a, b_missed, "--metric", "hd")
    assert (code, table) == (3, "")
    assert "undefined in every common case" in message


def test_what_cannot_be_compared_is_refused(tmp_path):
    a = run_folder(tmp_path / "a", [1, 2])
    other = run_folder(tmp_path / "other", [1, 2])
    summary = json.loads((other / "summary.json").read_text())
    for row in summary["metric_per_case"]:
        row["case"] = "x" + row["case"]
    (other / "summary.json").write_text(json.dumps(summary))
    assert run(a, other)[0] == 3
    with pytest.raises(DataError, match="no case in common"):
        compare(a, other)
    in_mm = run_folder(tmp_path / "mm", [1, 2], unit="mm")
    assert run(a, in_mm)[0] == 0
    with pytest.raises(DataError, match=r"hd is in voxel .* in mm"):
        compare(a, in_mm, metric="hd")
    with pytest.raises(DataError, match=r"nsd is at tolerance 1.0 .* 2.0"):
        compare(*(run_folder(tmp_path / f"t{t}", [1], tolerance=t) for t in (1.0, 2.0)), metric="nsd")
    with pytest.raises(DataError, match=r"nsd was not computed for .*/b: `train` has no tolerance"):
        compare(
            run_folder(tmp_path / "t", [1], tolerance=1.0),
            run_folder(tmp_path / "b", [1], tolerance=None),
            metric="nsd",
        )
    assert run(a, a, "--metric", "accuracy")[0] == 2
    assert run(a, tmp_path / "nowhere")[0] == 3


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "{}", '{"metric_per_case": [{"case": "c0"}]}'),
        '{"metric_per_case": [{"case": "c0", "dice": NaN}]}',
        '{"metric_per_case": [{"case": "c0", "dice": 1}, {"case": "c0", "dice": 1}]}',
        '{"metric_per_case": [{"dice": 1}]}',
    ],
)
def test_damaged_summaries_are_named(tmp_path, text):
    a = run_folder(tmp_path / "a", [1, 2])
    broken = tmp_path / "summary.json"
    broken.write_text(text)
    code, table, message = run(a, broken)
    assert (code, table) == (3, "")
    assert str(broken) in message


def test_what_makes_the_difference_hard_to_read_is_warned_of(tmp_path):
    a = run_folder(tmp_path / "a", [1, 2])
    b = run_folder(tmp_path / "b", [1, 1], noise="L2", train=["t0"], meta=["m", "n"])
    warnings = compare(a, b)["warnings"]
    assert warnings[0] == "noise differs: L1 (seed 0) in A, L2 (seed 0) in B"
    assert [line.partition(" differ")[0] for line in warnings[1:]] == [
        "training cases",
        "clean (meta) cases",
        "given masks",
    ]
    assert "2 (t0, t1) in A, 1 (t0) in B" in warnings[1]
    same = run_folder(tmp_path / "c", [1, 1], train=["t1", "t0"])
    assert compare(a, same)["warnings"] == []
    (b / "split.json").unlink()
    assert compare(a, b)["warnings"] == [], "an evaluation says nothing about training"


def test_classes_are_compared_each(tmp_path):
    def several(path, shift):
        ref, pred = np.zeros((2, 20, 40), np.uint8)
        ref[2:12, 2:12], ref[2:12, 20:30] = 1, 2
        pred[2:12, 2:12], pred[2:12, 20 + shift : 30 + shift] = 1, 2
        classes = {"gland": 1, "lesion": 2}
        found = {f"c{n}": case_class_metrics(pred, ref, (1, 1), classes) for n in range(3)}
        path.mkdir()
        summarise(found, unit="voxel", tolerance=None, classes=classes).write(path)
        return path

    a, b = several(tmp_path / "a", 4), several(tmp_path / "b", 1)
    found = compare(a, b)
    assert found["mean_difference"] == pytest.approx(0.15)
    assert found["classes"]["lesion"]["mean_difference"] == pytest.approx(0.3)
    assert (found["classes"]["gland"]["ties"], found["classes"]["gland"]["wilcoxon_p"]) == (3, None)
    assert "lesion" in run(a, b)[1]
    one = run_folder(tmp_path / "one", [1, 1, 1])
    assert compare(a, one)["classes"] == {}
    assert compare(a, one)["warnings"] == ["classes differ: 2 (gland, lesion) in A, none in B"]


def test_output(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    a = run_folder(tmp_path / "unetpp", [4, 3, 2])
    b = run_folder(tmp_path / "l2b", [1, 1, 1])
    code, text, warning = run(a, b)
    assert (code, warning) == (0, "")
    for part in (
        "0.6000",
        "0.9000",
        "+0.3000",
        "3/0/0",
        "p cannot be below 0.25",
        "(l2b, noise L1)",
        "larger is better",
    ):
        assert part in text, part
    assert max(len(line) for line in text.splitlines() if "│" in line) <= 80
    assert json.loads(run(a, b, "--json")[1])["wins"] == 3
