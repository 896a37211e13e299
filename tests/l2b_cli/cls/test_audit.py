"""`l2b-cls audit` as a user calls it: a set and probabilities from elsewhere, a first look at a run, wrong usage."""

import csv
import json
import re

import numpy as np
import pytest

from l2b_cli.cls.audit import audit as command
from l2b_data.samples.write_image_set import write_image_set
from tests.command import call_command

CLASSES = ["cat", "dog", "owl"]
WRONG = [3, 17, 40]


@pytest.fixture
def spoilt(tmp_path):
    """A set of 60 training and 6 test pictures, three labels wrong, and a table of what a network says of all."""
    generator = np.random.default_rng(0)
    clean = np.arange(66) % 3
    labels = clean.copy()
    labels[WRONG] = (clean[WRONG] + 1) % 3
    images = write_image_set(
        tmp_path / "data",
        name="pets",
        images=generator.integers(0, 255, (66, 8, 8, 3), np.uint8),
        labels=labels,
        split=["train"] * 60 + ["test"] * 6,
        classes=CLASSES,
        names=[f"{number}.png" for number in range(66)],
    )
    probabilities = np.full((66, 3), 0.1) + generator.random((66, 3)) / 100
    probabilities[np.arange(66), clean] += 0.7
    probabilities /= probabilities.sum(1, keepdims=True)
    with open(tmp_path / "judge.csv", "w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle)
        writer.writerow(["name", *CLASSES])
        writer.writerows([name, *row] for name, row in zip(images.names, probabilities.tolist(), strict=True))
    np.savez(tmp_path / "judge.npz", probabilities=probabilities[:60])
    return images


@pytest.mark.parametrize("file", ["judge.csv", "judge.npz"])
def test_a_set_is_judged_by_probabilities_from_elsewhere(spoilt, tmp_path, file):
    code, told, said = call_command(command, "--data", spoilt.root, "--probabilities", tmp_path / file)
    assert code == 0
    assert f"Most suspicious of 60 labels, judged by {file}" in told
    assert "3 of 60 labels doubted" in told
    assert "does not say whether their network had seen the labels" in told
    assert "[3/4] ranking" in said
    assert told.index("judges: accuracy") < told.index("Most suspicious")
    out = tmp_path / "judge_audit"
    assert {path.name for path in out.iterdir()} == {"audit.csv", "audit.json", "audit.html"}
    with open(out / "audit.csv", newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) == 60
    assert {int(row["index"]) for row in rows[:3]} == set(WRONG)
    assert [row["flagged"] for row in rows] == ["1"] * 3 + ["0"] * 57
    assert all(row["proposed_number"] == str(int(row["index"]) % 3) for row in rows)
    assert {row["fold"] for row in rows} == {""}
    result = json.loads((out / "audit.json").read_text())
    assert (result["run"], result["in_sample"], result["truth"]) == (None, None, None)
    assert result["probabilities"] == str(tmp_path / file)


def test_its_page_shows_the_pictures_and_no_run(spoilt, tmp_path):
    out = tmp_path / "there"
    told = call_command(
        command, "--data", spoilt.root, "--probabilities", tmp_path / "judge.npz", "--out", out, "--json"
    )[1]
    assert json.loads(told)["flagged"] == 3
    page = (out / "audit.html").read_text(encoding="utf-8")
    assert page.count("data:image/png;base64,") == 60
    with open(out / "audit.csv", newline="", encoding="utf-8") as handle:
        assert re.findall(r'data-case="([^"]*)"', page) == [row["name"] for row in csv.DictReader(handle)]
    assert re.findall(r'<a href="#(\w+)"', page) == ["labels", "audit", "definitions"]
    first = page[page.index("<article") :]
    assert f"1. {json.loads(told)['samples'][0]['name']}" in first
    assert "<dt>p(given)</dt>" in first
    assert "in-sample" not in page
    assert "alpha" not in page[page.index("<body") :].split("<script")[0]


def test_a_file_that_does_not_fit_is_refused_and_nothing_is_written(spoilt, tmp_path):
    np.savez(tmp_path / "few.npz", probabilities=np.full((4, 3), 1 / 3))
    code, _, message = call_command(command, "--data", spoilt.root, "--probabilities", tmp_path / "few.npz")
    assert (code, "4 rows of `probabilities` for 60 samples" in message) == (3, True)
    assert not (tmp_path / "few_audit").exists()
    code, _, message = call_command(command, "--data", tmp_path, "--probabilities", tmp_path / "judge.npz")
    assert (code, "is no prepared classification set" in message) == (3, True)


@pytest.mark.parametrize(
    ("arguments", "messages"),
    [
        ((), ["nothing to audit: name a RUN, or a prepared set and its judge with --data SET --probabilities FILE"]),
        (("--data", "x"), ["nothing to audit"]),
        (("run", "--probabilities", "p.csv"), ["RUN run and --probabilities p.csv", "name one"]),
        (("--probabilities", "p.csv"), ["--probabilities p.csv: of which samples? name the prepared set with --data"]),
        (
            ("--data", "x", "--probabilities", "p.csv", "--quick", "--folds", "3", "--epochs", "2"),
            ["--quick, --folds 3, --epochs 2: with --probabilities nothing is trained"],
        ),
        (("run", "--quick", "--folds", "3"), ["--quick and --folds 3", "name one"]),
        (("run", "--quick", "--epochs", "3"), ["--quick and --epochs 3", "name one"]),
    ],
)
def test_one_judge_alone(arguments, messages):
    code, told, message = call_command(command, *arguments)
    assert (code, told) == (2, "")
    for wanted in messages:
        assert wanted in message
