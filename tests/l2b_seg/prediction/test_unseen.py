"""Which network judges a case it did not see, and the temperature of its probabilities."""

import os
from pathlib import Path

import pytest

from l2b_data.cases.dataset import CLEAN_LABELS
from l2b_data.files.atomic import write_json
from l2b_data.images.volume import read_volume
from l2b_seg.prediction.trained_run import open_run
from l2b_seg.prediction.trust import temperature
from l2b_seg.prediction.unseen import fitted_temperature, unseen_by
from l2b_seg.run_data import RunData
from tests.l2b_seg.saved_run import save_fold, save_run
from tests.l2b_seg.tiny import META, TEST, TRAIN


def test_the_runs_own_network_judges_what_it_was_not_trained_on(tmp_path: Path, data: RunData) -> None:
    run = open_run(save_run(tmp_path / "run", data))
    for case in (*TRAIN, *META):
        assert unseen_by(run, case) is None
    found = unseen_by(run, TEST[0])
    assert found is not None
    assert found.predictor is run.predictor
    assert found.name == "the run's own network"


def test_the_newest_finished_network_without_the_case(tmp_path: Path, data: RunData) -> None:
    folder = save_run(tmp_path / "run", data)
    saw = {
        "fold_0_of_2": [TRAIN[1], TRAIN[2], *META],
        "fold_1_of_2": [TRAIN[0], *META],
        "fold_1_of_3_meta": [TRAIN[0], TRAIN[2], META[0]],
    }
    for age, (name, cases) in enumerate(saw.items()):
        record = save_fold(folder, name, cases, seed=age + 1)
        os.utime(record, (age, age))
    record = save_fold(folder, "fold_2_of_3", [TRAIN[0]], seed=9)
    write_json(record, {"sha256": {TRAIN[0]: ""}, "finished": False})
    run = open_run(folder)
    expected = {
        TRAIN[0]: "fold_0_of_2",
        TRAIN[1]: "fold_1_of_3_meta",
        TRAIN[2]: "fold_1_of_2",
        META[0]: None,
        META[1]: "fold_1_of_3_meta",
    }
    for case, name in expected.items():
        found = unseen_by(run, case)
        assert (found and found.name) == (name and f"the audit's network {name}"), case
        assert found is None or found.saw == frozenset(saw[str(name)])
    record.write_text("{")
    assert unseen_by(run, META[0]) is None


def test_the_temperature_is_fitted_on_clean_cases_it_did_not_see(tmp_path: Path, data: RunData) -> None:
    folder = save_run(tmp_path / "run", data)
    save_fold(folder, "fold_0_of_2", [TRAIN[1], TRAIN[2], META[0]], seed=3)
    run = open_run(folder)
    network = unseen_by(run, TRAIN[0])
    assert network is not None

    def expected(case: str) -> float:
        probability = network.predictor.predict_volume([read_volume(path) for path in data.dataset.image_paths(case)])
        return temperature(probability, read_volume(data.dataset.label_path(case)).array)

    fitted, on = fitted_temperature(run, network, but=TRAIN[0])
    assert on == "1 test case"
    assert fitted == pytest.approx(expected(TEST[0]), rel=0.05)
    fitted, on = fitted_temperature(run, network, but=TEST[0])
    assert on == "1 clean case"
    assert fitted == pytest.approx(expected(META[1]), rel=0.05)
    data.dataset.label_path(META[1], CLEAN_LABELS).unlink()
    fitted, on = fitted_temperature(run, network, but=TEST[0])
    assert (fitted, on) == (1.0, "no clean case that the network did not see: as it says itself")
