"""A run folder is used again where it holds what was asked for, and nowhere else."""

from dataclasses import replace

import pytest

from l2b_data.errors import ConfigError
from pipelines.plan.classification import CLASSIFICATION
from pipelines.reproduce.cells.choose_runs import Asked, choose_runs
from pipelines.reproduce.cells.kept import differences, epochs_done, is_begun, is_finished
from pipelines.reproduce.tables.read_table import read_table
from tests.pipelines.reproduce.finished import begin, finish

CLS = "classification"


@pytest.fixture
def run(tmp_path):
    asked = Asked(
        tmp_path, {"cifar10": tmp_path}, "cpu", cells=["cifar10:0.4"], methods=["l2b"], overrides=["epochs=9"]
    )
    (found,) = choose_runs(read_table("table1", CLS), asked, ["l2b"])
    return found


def test_nothing_some_epochs_and_the_end(run):
    assert (is_begun(run.out), is_finished(run.out), epochs_done(run.out)) == (False, False, 0)
    assert differences(run, CLASSIFICATION) == []
    begin(run, CLS, epochs=2)
    assert (is_begun(run.out), is_finished(run.out), epochs_done(run.out)) == (True, False, 2)
    (run.out / "summary.json").write_text("{}")
    assert (is_begun(run.out), is_finished(run.out)) == (False, True)
    assert differences(run, CLASSIFICATION) == []


def test_what_the_data_set_fills_in_and_the_seed_make_no_difference(run):
    begin(run, CLS, overrides=["epochs=9", "augmentation.mean=[0.4914, 0.4822, 0.4465]"])
    assert differences(run, CLASSIFICATION) == []
    text = (run.out / "config.yaml").read_text()
    assert "seed: 0" in text
    (run.out / "config.yaml").write_text(text.replace("seed: 0", "seed: 3").replace("size:\n  - 32", "size:\n  - 64"))
    assert differences(run, CLASSIFICATION) == []


def test_other_settings_are_named(run):
    finish(run, CLS, best={}, last={}, overrides=["epochs=3", "optimizer.lr=0.5"])
    assert differences(run, CLASSIFICATION) == ["optimizer.lr 0.5 instead of 0.1", "epochs 3 instead of 9"]


def test_a_folder_whose_settings_cannot_be_read_is_a_fault(run):
    begin(run, CLS)
    (run.out / "config.yaml").write_text("method: l3b")
    (fault,) = differences(run, CLASSIFICATION)
    assert "does not hold this version's settings" in fault


def test_wrong_settings_are_found_without_a_folder(run):
    wrong = replace(run, request=replace(run.request, overrides=["epochs=none"]))
    with pytest.raises(ConfigError, match="epochs"):
        differences(wrong, CLASSIFICATION)
