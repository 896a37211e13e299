"""Two runs on the same samples: counts worked by hand, and files that do not fit together."""

import csv
import io
import json

import numpy as np
import pytest
from rich.console import Console

from l2b_cli.cls.compare import compare as command
from l2b_cls.compare.compare import compare, paired_accuracy
from l2b_cls.compare.tables import comparison_notes, comparison_table
from l2b_cls.prediction.read_table import read_predictions
from l2b_data.errors import DataError
from tests.command import call_command

LABELS = [0, 0, 0, 1, 1, 1, 2, 2]
OF_A = [0, 0, 1, 1, 0, 0, 2, 2]  # 5 of 8 right
OF_B = [0, 0, 0, 1, 1, 0, 2, 0]  # 6 of 8: gains samples 2 and 4, loses 7


def save_predictions(folder, predicted, labels=LABELS, *, first=0, summary=None, split=None):
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "predictions.csv", "w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle)
        writer.writerow(["index", "name", "label", "p_0", "p_1", "p_2"])
        for number, (label, one) in enumerate(zip(labels, predicted, strict=True), first):
            writer.writerow([number, f"picture {number}", label, *np.where(np.arange(3) == one, 0.8, 0.1)])
    for name, value in (("summary.json", summary), ("split.json", split)):
        if value is not None:
            (folder / name).write_text(json.dumps(value))
    return folder


def test_the_counts_by_hand(tmp_path):
    a, b = save_predictions(tmp_path / "a", OF_A), save_predictions(tmp_path / "b", OF_B)
    found = compare(a, b)
    assert (found["n"], found["accuracy_a"], found["accuracy_b"]) == (8, 5 / 8, 6 / 8)
    assert found["difference"] == pytest.approx(1 / 8)
    assert [found[key] for key in ("both_right", "only_a_right", "only_b_right", "both_wrong")] == [4, 1, 2, 1]
    assert found["mcnemar_p"] == pytest.approx(1.0)  # two heads of three tosses: as usual as can be
    assert found["gained"] == ["picture 2", "picture 4"]
    assert found["lost"] == ["picture 7"]
    assert {name: row["difference"] for name, row in found["classes"].items()} == pytest.approx(
        {"0": 1 / 3, "1": 1 / 3, "2": -1 / 2}
    )
    assert found["balanced_difference"] == pytest.approx((1 / 3 + 1 / 3 - 1 / 2) / 3)
    assert found["warnings"] == []
    json.dumps(found, allow_nan=False)


def test_the_other_way_round_is_the_negative(tmp_path):
    a, b = save_predictions(tmp_path / "a", OF_A), save_predictions(tmp_path / "b", OF_B)
    one, other = compare(a, b), compare(b, a)
    assert one["difference"] == -other["difference"]
    assert one["gained"] == other["lost"]
    assert one["mcnemar_p"] == other["mcnemar_p"]


@pytest.mark.parametrize(("only_a", "only_b", "p"), [(0, 5, 2 * 0.5**5), (1, 9, 22 / 1024), (4, 4, 1.0), (0, 0, None)])
def test_mcnemar_is_the_exact_sign_test(only_a, only_b, p):
    right_a = np.array([True] * only_a + [False] * only_b + [True] * 7)
    right_b = np.array([False] * only_a + [True] * only_b + [True] * 7)
    found = paired_accuracy(right_a, right_b)["mcnemar_p"]
    assert found == (None if p is None else pytest.approx(p))


def test_the_interval_covers_a_real_difference_and_is_repeatable():
    generator = np.random.default_rng(0)
    right_a = generator.random(400) < 0.6
    right_b = right_a | (generator.random(400) < 0.5)
    found = paired_accuracy(right_a, right_b, seed=3)
    low, high = found["interval"]
    assert 0 < low < found["difference"] < high
    half = 1.96 * (right_b.astype(float) - right_a).std() / 20
    assert (high - low) / 2 == pytest.approx(half, rel=0.1)
    assert paired_accuracy(right_a, right_b, seed=3) == found
    assert paired_accuracy(right_a[:1], right_b[:1])["interval"] is None


def test_only_common_samples_are_compared_and_said(tmp_path):
    a = save_predictions(tmp_path / "a", OF_A)
    b = save_predictions(tmp_path / "b", OF_B[2:], LABELS[2:], first=2)
    found = compare(a, b)
    assert (found["n"], found["only_in_a"], found["only_in_b"]) == (6, 2, 0)
    assert "evaluated samples differ: 8 in A, 6 in B" in found["warnings"][0]


def test_what_differs_between_the_runs_is_warned_of(tmp_path):
    summary = {"method": "ce", "noise": "symmetric:0.4", "classes": ["cat", "dog", "owl"]}
    split = {"dataset": "/d", "train": [8, 9], "meta": [10]}
    a = save_predictions(tmp_path / "a", OF_A, summary=summary, split=split)
    b = save_predictions(
        tmp_path / "b", OF_B, summary=summary | {"noise": "none"}, split=split | {"train": [8], "dataset": "/e"}
    )
    found = compare(a, b)
    assert list(found["classes"]) == ["cat", "dog", "owl"]
    assert found["a"]["method"] == "ce"
    told = " | ".join(found["warnings"])
    assert "noise differs: symmetric:0.4 in A, none in B" in told
    assert "training samples differ: 2 in A, 1 in B" in told
    assert "data sets differ: /d in A, /e in B" in told
    assert "meta" not in told


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "its columns are not index,name,label,p_0"),
        ("index,name,label,p_0\n0,a,0,1\n", "its columns are not"),
        ("index,name,label,p_0,p_1\n", "no sample in it"),
        ("index,name,label,p_0,p_1\n0,a,2,1,0\n", "line 2: sample 0 with label 2"),
        ("index,name,label,p_0,p_1\n0,a,0,nan,0\n", "line 2: a probability that is no number"),
        ("index,name,label,p_0,p_1\n0,a,0,1\n", "line 2: 4 columns instead of 5"),
        ("index,name,label,p_0,p_1\n0,a,0,1,x\n", "line 2: could not convert"),
        ("index,name,label,p_0,p_1\n0,a,0,1,0\n0,b,1,0,1\n", "names a sample twice"),
    ],
)
def test_a_table_that_is_wrong(tmp_path, content, message):
    path = tmp_path / "predictions.csv"
    path.write_text(content)
    with pytest.raises(DataError, match=message):
        read_predictions(path)


def test_runs_that_do_not_fit_together(tmp_path):
    a = save_predictions(tmp_path / "a", OF_A)
    with pytest.raises(DataError, match="no such file; give the folder of a finished run"):
        compare(a, tmp_path / "nowhere")
    with pytest.raises(DataError, match="have no sample in common"):
        compare(a, save_predictions(tmp_path / "b", OF_B, first=100))
    with pytest.raises(DataError, match="have other labels for 1 samples"):
        compare(a, save_predictions(tmp_path / "c", OF_B, [1, *LABELS[1:]]))


def test_one_number_of_two_data_sets_is_no_pair(tmp_path):
    a = save_predictions(tmp_path / "a", OF_A, summary={"classes": ["cat", "dog", "owl"]})
    b = save_predictions(tmp_path / "b", OF_B)
    table = b / "predictions.csv"
    table.write_text(table.read_text().replace("picture 3", "photo 3"))
    with pytest.raises(
        DataError, match=r"1 of 8 samples have the same number and other names \(picture 3 in .*photo 3"
    ):
        compare(a, b)
    c = save_predictions(tmp_path / "c", OF_B, summary={"classes": ["car", "dog", "owl"]})
    with pytest.raises(DataError, match=r"has the classes cat, dog, owl, .* car, dog, owl"):
        compare(a, c)


def test_the_table_on_a_narrow_terminal(tmp_path):
    found = compare(save_predictions(tmp_path / "a", OF_A), save_predictions(tmp_path / "b", OF_B))
    console = Console(width=80, file=io.StringIO())
    console.print(comparison_table(found))
    text = console.file.getvalue()
    assert "0.6250" in text
    assert "+0.1250" in text
    assert "…" not in text
    assert text.splitlines()[3].split()[-1] == "1"  # p, the last column, is not cut off
    assert any("exact McNemar test" in line for line in comparison_notes(found))


def test_the_command(tmp_path):
    a, b = save_predictions(tmp_path / "a", OF_A), save_predictions(tmp_path / "b", OF_B)
    code, out, _ = call_command(command, a, b)
    assert code == 0
    assert "A = " in out
    code, out, _ = call_command(command, a, b, "--json")
    assert json.loads(out)["only_b_right"] == 2
    assert call_command(command, a, tmp_path / "c")[0] == 3
