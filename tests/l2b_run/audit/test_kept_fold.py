"""The folder of a fold: kept, gone on with, or made anew."""

import json

import yaml

from l2b_run.audit.kept_fold import KeptFold


def start(root, record, *, count=2):
    fold = KeptFold(root, 0, count, record, result="weights")
    return fold, fold.begin({"epochs": 3})


def test_interrupted_finished_and_made_anew(tmp_path):
    fold, resume = start(tmp_path, {"seed": 0})
    assert (fold.folder, fold.finished, resume) == (tmp_path / "fold_0_of_2", False, False)
    assert yaml.safe_load((fold.folder / "config.yaml").read_text()) == {"epochs": 3}
    assert not start(tmp_path, {"seed": 0})[1], "nothing to go on from"

    (fold.folder / "checkpoint_latest.pt").write_text("half way")
    assert start(tmp_path, {"seed": 0})[1]
    assert not start(tmp_path, {"seed": 1})[1]
    assert not (fold.folder / "checkpoint_latest.pt").exists(), "of another record"

    fold, _ = start(tmp_path, {"seed": 0})
    (fold.folder / "checkpoint_latest.pt").write_text("the last epoch")
    (fold.folder / "weights").write_text("trained")
    assert not fold.finished
    fold.finish()
    assert fold.finished
    assert not (fold.folder / "checkpoint_latest.pt").exists()
    assert not KeptFold(tmp_path, 0, 2, {"seed": 1}, result="weights").finished
    (fold.folder / "weights").unlink()
    assert not fold.finished


def test_a_damaged_record_is_none(tmp_path):
    fold, _ = start(tmp_path, {})
    for text in ("{", json.dumps([1]), "null"):
        (fold.folder / "fold.json").write_text(text)
        assert not fold.finished
        assert not fold.begin({})


def test_rows_say_their_fold(tmp_path):
    rows = []
    KeptFold(tmp_path, 1, 2, {}, result="weights").numbered(rows.append)({"epoch": 1})
    assert rows == [{"fold": 1, "epoch": 1}]
    assert list(rows[0]) == ["fold", "epoch"]
