"""`l2b-cls train --folds`, and `--exclude`: runs, out-of-fold probabilities, what is resumed."""

import json
import shutil

import numpy as np
import pytest

from l2b_cli.cls.audit import audit as audit_command
from l2b_cli.cls.train import train as train_command
from l2b_cls.audit.judges.read_probabilities import read_probabilities
from l2b_cls.prediction.classifier import load_run, probabilities_of
from l2b_cls.prediction.read_table import read_predictions
from l2b_data.samples.image_set import open_image_set
from l2b_data.samples.noisy_labels import read_noisy_labels
from l2b_run.folder.read_run import FOLDS
from tests.command import call_command
from tests.l2b_cli.cls.test_train import RECIPE
from tests.l2b_cls.synthetic import META, TEST, TRAIN, image_set


def call(root, *more, out="cv"):
    (root / "squares.yaml").write_text(RECIPE)
    named = (root / "squares.yaml", "--data", root / "data", "--preset", "cpu", "--set", "epochs=1")
    return call_command(train_command, *named, "--out", root / out, *more)


def make(root, *, grouped=False):
    shutil.copytree(image_set().root, root / "data")
    if grouped:
        lines = (root / "data" / "labels.csv").read_text().splitlines()
        place = lines[0].split(",").index("group")
        cells = [line.split(",") for line in lines[1:]]
        for number, row in enumerate(cells):
            row[place] = f"patient {number // 4}"
        (root / "data" / "labels.csv").write_text("\n".join([lines[0], *map(",".join, cells)]) + "\n")
    return root


@pytest.fixture(scope="module")
def crossed(tmp_path_factory):
    """A cross-validation of three folds with noisy labels, and what the command said."""
    root = make(tmp_path_factory.mktemp("folds"))
    return root, call(root, "--method", "l2b", "--folds", "3")


def test_runs_without_the_samples_they_hold_out(crossed):
    root, (code, text, said) = crossed
    assert code == 0, said
    folds, whole = json.loads((root / "cv" / FOLDS).read_text()), read_noisy_labels(root / "cv" / "noisy_labels.csv")
    given = dict(zip(whole.index.tolist(), whole.given.tolist(), strict=True))
    assert sorted(one for fold in folds for one in fold["val"]) == sorted(given)
    for number, fold in enumerate(folds):
        run = root / "cv" / f"fold_{number}"
        table, summary = read_noisy_labels(run / "noisy_labels.csv"), json.loads((run / "summary.json").read_text())
        assert table.index.tolist() == fold["train"]
        assert [given[one] for one in fold["train"]] == table.given.tolist()  # one sample has one noisy label
        assert summary["effective_noise"] == pytest.approx((table.clean != table.given).mean())
        assert (len(fold["val"]), summary["n_meta"], summary["n_evaluation"]) == (TRAIN // 3, META, TEST)
    assert "ensemble of all folds on the test cases: accuracy" in text


def test_probabilities_are_out_of_fold_and_the_audit_takes_them(crossed, tmp_path):
    cv, images = crossed[0] / "cv", open_image_set(crossed[0] / "data")
    folds, summary = json.loads((cv / FOLDS).read_text()), json.loads((cv / "summary.json").read_text())
    runs = [load_run(cv / f"fold_{number}") for number in range(3)]
    every = np.stack([probabilities_of(run, images, np.arange(len(images))) for run in runs])
    expected = every.mean(0)
    for number, fold in enumerate(folds):
        expected[fold["val"]] = every[number][fold["val"]]
    train = images.indices("train")
    np.testing.assert_allclose(read_probabilities(cv / "probabilities.csv", images, train), expected[train])
    tested = read_predictions(cv / "predictions.csv")
    np.testing.assert_allclose(tested.probabilities, every.mean(0)[tested.index])
    assert summary["test"]["accuracy"] == pytest.approx((tested.predicted == tested.labels).mean())
    table = read_noisy_labels(cv / "noisy_labels.csv")
    right = expected[table.index].argmax(1) == table.given
    assert summary["out_of_fold"]["accuracy"] == pytest.approx(right.mean())
    by_fold = [right[np.isin(table.index, fold["val"])].mean() for fold in folds]
    assert [row["out_of_fold_accuracy"] for row in summary["folds"]] == pytest.approx(by_fold)
    arguments = ("--data", images.root, "--probabilities", cv / "probabilities.csv", "--out", tmp_path / "audit")
    code, _, said = call_command(audit_command, *arguments)
    assert code == 0, said


def test_groups_stay_together_and_judges_that_train_are_not_held_out_ones(tmp_path):
    root = make(tmp_path, grouped=True)
    kept = ("--set", "data.keep_meta_in_train=true")
    assert call(root, "--method", "l2b", "--folds", "2", *kept)[0] == 0
    folds = json.loads((root / "cv" / FOLDS).read_text())
    first, second = ({one // 4 for one in fold["val"]} for fold in folds)
    assert first
    assert not first & second
    for number, fold in enumerate(folds):
        split = json.loads((root / "cv" / f"fold_{number}" / "split.json").read_text())
        assert split["meta"]
        assert not set(split["meta"]) & set(fold["val"])


def test_one_picture_twice_is_held_out_once(tmp_path):
    root = make(tmp_path)
    pixels = np.load(root / "data" / "images.npy")
    same = list(range(40, 60))
    pixels[same] = pixels[40]
    np.save(root / "data" / "images.npy", pixels)
    code, _, said = call(root, "--method", "ce", "--folds", "4", "--noise", "none")
    assert code == 0, said
    folds = json.loads((root / "cv" / FOLDS).read_text())
    assert sorted(bool(set(same) & set(fold["val"])) for fold in folds) == [False, False, False, True]


def test_a_stopped_cross_validation_goes_on(crossed, tmp_path):
    shutil.copytree(crossed[0], tmp_path / "copy")
    cv = tmp_path / "copy" / "cv"
    before = [(cv / name).read_bytes() for name in ("probabilities.csv", "fold_2/model.safetensors")]
    shutil.rmtree(cv / "fold_2")
    code, _, said = call_command(train_command, "any", "--resume", cv, "--data", tmp_path / "copy" / "data")
    assert code == 0, said
    assert "fold 1: finished already" in said
    assert [(cv / name).read_bytes() for name in ("probabilities.csv", "fold_2/model.safetensors")] == before


def test_excluded_samples_neither_train_nor_judge(tmp_path):
    root = make(tmp_path)
    assert call(root, "--method", "l2b", out="whole")[0] == 0
    whole = json.loads((root / "whole" / "split.json").read_text())
    names = image_set().names
    out = [whole["train"][0], whole["train"][5], whole["meta"][1], whole["evaluation"][2]]
    (root / "out.txt").write_text("\n".join(names[one] for one in out))
    code, _, said = call(root, "--method", "l2b", "--exclude", root / "out.txt")
    assert code == 0, said
    assert "4 samples excluded" in said
    found = json.loads((root / "cv" / "split.json").read_text())
    for part in ("train", "meta", "evaluation"):
        assert found[part] == [one for one in whole[part] if one not in out]
    assert found["noise"]["excluded"] == [names[one] for one in out]
    tables = [read_noisy_labels(root / name / "noisy_labels.csv") for name in ("whole", "cv")]
    kept = ~np.isin(tables[0].index, out)
    assert tables[1].given.tolist() == tables[0].given[kept].tolist()
    (root / "out.txt").write_text("nobody\n")
    code, _, said = call(root, "--exclude", root / "out.txt", out="other")
    assert code == 2
    assert "no sample nobody" in said
