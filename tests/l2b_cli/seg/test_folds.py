"""`l2b-seg train --folds`, and `--exclude`: runs, out-of-fold predictions, what is resumed, what is refused."""

import json
import shutil

import numpy as np
import pytest

from l2b_cli.seg.audit import audit as audit_command
from l2b_cli.seg.predict import predict as predict_command
from l2b_cli.seg.train import train as train_command
from l2b_data.images.volume import read_volume
from l2b_run.folder.read_run import FOLDS
from l2b_seg.prediction.predictor import load_run
from tests.command import call_command
from tests.l2b_cli.seg.test_train import RECIPE
from tests.l2b_seg.tiny import META, NOISY, TEST, TRAIN, make_dataset


def call(root, *more, folds="3", out="cv"):
    recipe = root / "tiny.yaml"
    named = ("--data", root / "data", "--labels", NOISY, "--method", "l2b", "--preset", "cpu", "--set", "epochs=1")
    chosen = ("--folds", folds) if folds else ()
    return call_command(train_command, recipe, *named, *chosen, "--out", root / out, *more)


def make(root):
    make_dataset(root / "data")
    (root / "tiny.yaml").write_text(RECIPE)
    return root


@pytest.fixture(scope="module")
def crossed(tmp_path_factory):
    """A cross-validation of three folds, and what the command said."""
    root = make(tmp_path_factory.mktemp("folds"))
    return root, call(root)


@pytest.fixture
def copied(crossed, tmp_path):
    """The same, to be changed."""
    shutil.copytree(crossed[0], tmp_path / "copy")
    return tmp_path / "copy"


def split_of(run):
    return json.loads((run / "split.json").read_text())


def test_each_fold_is_a_run_without_the_cases_it_holds_out(crossed):
    root, (code, text, said) = crossed
    assert code == 0, said
    folds = json.loads((root / "cv" / FOLDS).read_text())
    assert sorted(case for fold in folds for case in fold["val"]) == TRAIN
    for number, fold in enumerate(folds):
        split = split_of(root / "cv" / f"fold_{number}")
        assert split["train"] == fold["train"] == [case for case in TRAIN if case not in fold["val"]]
        assert (split["meta"], split["evaluation"]) == (META, TEST)
    assert "ensemble of all folds on the test cases: Dice" in text


def test_predictions_are_out_of_fold_and_of_the_ensemble_on_the_test_cases(crossed):
    cv = crossed[0] / "cv"
    folds, summary = json.loads((cv / FOLDS).read_text()), json.loads((cv / "summary.json").read_text())
    runs = [load_run(cv / f"fold_{number}") for number in range(3)]
    image = {case: read_volume(crossed[0] / "data" / "imagesTr" / f"{case}_0000.nii.gz") for case in TRAIN + TEST}
    expected = {case: runs[n].predict_volume([image[case]])[0] for n, fold in enumerate(folds) for case in fold["val"]}
    expected |= {case: np.mean([run.predict_volume([image[case]])[0] for run in runs], axis=0) for case in TEST}
    for case, probability in expected.items():
        found = read_volume(cv / "predictions" / f"{case}_probability.nii.gz").array
        np.testing.assert_allclose(found, probability, atol=1e-6)
        np.testing.assert_array_equal(read_volume(cv / "predictions" / f"{case}.nii.gz").array, found > 0.5)
    assert [row["case"] for row in summary["metric_per_case"]] == TEST
    assert [row["case"] for row in summary["out_of_fold"]["metric_per_case"]] == TRAIN
    given = {case: read_volume(crossed[0] / "data" / NOISY / f"{case}.nii.gz").array > 0 for case in TRAIN}
    for row in summary["out_of_fold"]["metric_per_case"]:
        both, predicted = given[row["case"]], expected[row["case"]] > 0.5
        assert row["dice"] == pytest.approx(2 * (both & predicted).sum() / (both.sum() + predicted.sum()))
    assert [row["n_held_out"] for row in summary["folds"]] == [1, 1, 1]


@pytest.mark.usefixtures("any_judge")
def test_the_audit_takes_them(crossed, tmp_path):
    cv, data = crossed[0] / "cv" / "predictions", crossed[0] / "data"
    arguments = ("--data", data, "--labels", NOISY, "--predictions", cv, "--out", tmp_path / "audit", "--json")
    code, text, said = call_command(audit_command, *arguments, "--workers", "1")
    assert code == 0, said
    assert sorted({row["case"] for row in json.loads(text)["cases"]}) == TRAIN


def test_what_is_finished_is_kept_and_the_rest_is_trained(copied):
    kept = copied / "cv" / "fold_0" / "model.safetensors"
    before, stamp = (copied / "cv" / "fold_1" / "model.safetensors").read_bytes(), kept.stat().st_mtime_ns
    shutil.rmtree(copied / "cv" / "fold_1")
    (copied / "cv" / "fold_2" / "report.html").unlink()  # stopped after its last epoch
    code, _, said = call(copied)
    assert code == 2
    assert "already holds a cross-validation" in said
    code, _, said = call_command(train_command, "any", "--resume", copied / "cv")
    assert code == 0, said
    assert "fold 0: finished already" in said
    assert kept.stat().st_mtime_ns == stamp
    assert (copied / "cv" / "fold_1" / "model.safetensors").read_bytes() == before
    assert (copied / "cv" / "fold_2" / "report.html").is_file()


def test_a_folder_over_folds_is_no_run(crossed, tmp_path):
    code, _, said = call_command(predict_command, crossed[0] / "cv", crossed[0] / "data", tmp_path / "out")
    assert code == 3
    assert f"name its runs, {crossed[0] / 'cv' / 'fold_0'}" in said


def test_groups_and_excluded_cases(tmp_path):
    root = make(tmp_path)
    info = json.loads((root / "data" / "dataset.json").read_text())
    info["groups"] = {"case0": "patient", "case2": "patient"}
    (root / "data" / "dataset.json").write_text(json.dumps(info))
    code, _, said = call(root, "--dry-run")
    assert code == 2
    assert "from 2 to the 2 groups of cases" in said
    (root / "out.txt").write_text("case3\ncase1\n\n")
    (root / "data" / NOISY / "case1.nii.gz").unlink()  # why it is left out
    (root / "folds.json").write_text(
        json.dumps([{"train": [], "val": ["case0", "case1"]}, {"train": [], "val": ["case2"]}])
    )
    code, _, said = call(root, "--exclude", root / "out.txt", folds=root / "folds.json")
    assert code == 0, said
    assert "2 cases excluded" in said
    assert [split_of(root / "cv" / f"fold_{n}")["train"] for n in range(2)] == [["case2"], ["case0"]]
    split = split_of(root / "cv")
    assert (split["train"], split["meta"], split["noise"]["excluded"]) == (
        ["case0", "case2"],
        ["case4"],
        ["case3", "case1"],
    )
    assert (root / "cv" / "predictions" / "case1_probability.nii.gz").is_file()  # by all, none of which saw it


def test_wrong_folds_and_excluded_names(tmp_path):
    root = make(tmp_path)
    (root / "out.txt").write_text("case0\nCase9\n")
    for arguments, texts in (
        ({"folds": "1"}, ["--folds 1", "from 2 to the 3 cases"]),
        ({"folds": "four"}, ["--folds four", "neither a number"]),
        ({"folds": None, "more": ("--exclude", root / "out.txt")}, ["no case Case9", "it has case0"]),
    ):
        code, _, said = call(root, *arguments.pop("more", ()), **arguments)
        assert code == 2
        assert all(text in said for text in texts)
    (root / "out.txt").write_text("\n".join(TRAIN))
    code, _, said = call(root, "--exclude", root / "out.txt", folds=None)
    assert code == 3
    assert "every training case is excluded" in said
    assert not (root / "cv").exists()


def test_a_run_without_excluded_cases_goes_on_where_its_data_moved(tmp_path):
    root = make(tmp_path)
    (root / "out.txt").write_text("case1\n")
    assert call(root, "--exclude", root / "out.txt", "--set", "epochs=1", folds=None)[0] == 0
    (root / "data").rename(root / "moved")
    code, _, said = call_command(train_command, "any", "--resume", root / "cv", "--data", root / "moved")
    assert code == 0, said
    assert split_of(root / "cv")["train"] == ["case0", "case2"]
