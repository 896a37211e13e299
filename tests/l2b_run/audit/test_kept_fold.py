"""The folder of a fold: reused, resumed, made anew, or one beside that of other settings."""

import json

import pytest
import yaml

from l2b_run.audit.kept_fold import begin_fold, finish_fold, fold_folder, is_finished

FIRST = {"settings": {"epochs": 3}, "sha256": "a"}
OTHER_DATA, LONGER = FIRST | {"sha256": "b"}, FIRST | {"settings": {"epochs": 8}}


def begin(plain, record):
    folder = fold_folder(plain, record)
    return folder, begin_fold(folder, record, "weights")


def finished(plain, record):
    return is_finished(fold_folder(plain, record), record, "weights")


def test_interrupted_finished_and_made_anew(tmp_path):
    assert not finished(tmp_path, FIRST)
    assert begin(tmp_path, FIRST) == (tmp_path, False)
    assert yaml.safe_load((tmp_path / "config.yaml").read_text()) == {"epochs": 3}
    assert begin(tmp_path, FIRST) == (tmp_path, False), "nothing to go on from"

    (tmp_path / "checkpoint_latest.pt").write_text("half way")
    assert begin(tmp_path, FIRST) == (tmp_path, True)
    assert begin(tmp_path, OTHER_DATA) == (tmp_path, False)
    assert not (tmp_path / "checkpoint_latest.pt").exists(), "of other data"

    begin(tmp_path, FIRST)
    (tmp_path / "checkpoint_latest.pt").write_text("the last epoch")
    (tmp_path / "weights").write_text("trained")
    assert not finished(tmp_path, FIRST)
    finish_fold(tmp_path, FIRST)
    assert finished(tmp_path, FIRST)
    assert not (tmp_path / "checkpoint_latest.pt").exists()
    assert not finished(tmp_path, OTHER_DATA)
    (tmp_path / "weights").unlink()
    assert not finished(tmp_path, FIRST)


@pytest.mark.parametrize("done", [True, False])
def test_other_settings_stand_beside(tmp_path, done):
    plain, records = tmp_path / "fold_0_of_2", (FIRST, LONGER)
    for record in records:
        folder, resume = begin(plain, record)
        assert not resume
        (folder / "weights").write_text(str(record))
        (folder / "checkpoint_latest.pt").write_text("half way")
        if done:
            finish_fold(folder, record)
    folders = [fold_folder(plain, record) for record in records]
    assert folders[0] == plain
    assert folders[1].name.startswith("fold_0_of_2_")
    for record, folder in zip(records, folders, strict=True):
        assert finished(plain, record) if done else begin(plain, record) == (folder, True)
        assert (folder / "weights").read_text() == str(record)
    assert fold_folder(plain, FIRST | {"settings": {"epochs": 9}}) not in folders


def test_a_damaged_record_is_none(tmp_path):
    begin(tmp_path, FIRST)
    for text in ("{", json.dumps([1]), "null"):
        (tmp_path / "fold.json").write_text(text)
        assert not finished(tmp_path, FIRST)
        assert begin(tmp_path, LONGER) == (tmp_path, False)
