"""Folds of cases, and how long their networks train."""

import pytest

from l2b_data.cases import slices
from l2b_data.errors import ConfigError
from l2b_run.audit.cross_fit import AuditOptions
from l2b_seg.audit.judges.crossfit import case_hashes, cut_cases, fold_network
from l2b_seg.recipe import read_settings
from tests.l2b_seg.audit.wrong_masks import make_run

CASES = [f"c{number}" for number in range(7)]


def named(fold):
    return [CASES[place] for place in fold.train], [CASES[place] for place in fold.held_out]


def test_folds_hold_every_case_out_once():
    cut = [named(fold) for fold in cut_cases(CASES, {}, 3, seed=0)]
    assert sorted(case for _, held_out in cut for case in held_out) == CASES
    assert sorted(len(held_out) for _, held_out in cut) == [2, 2, 3]
    for train, held_out in cut:
        assert set(train) | set(held_out) == set(CASES)
        assert not set(train) & set(held_out)
    assert cut == [named(fold) for fold in cut_cases(CASES, {}, 3, seed=0)]
    assert cut != [named(fold) for fold in cut_cases(CASES, {}, 3, seed=1)]


def test_folds_keep_groups_together():
    groups = {"c0": "a", "c3": "a", "c5": "a", "c1": "b"}
    for seed in range(5):
        held = [named(fold)[1] for fold in cut_cases(CASES, groups, 2, seed)]
        assert [len(out) for out in held] in ([3, 4], [4, 3])
        assert sum({"c0", "c3", "c5"} <= set(out) for out in held) == 1
    with pytest.raises(ConfigError, match="--folds 2: from 2 to the 1 groups"):
        cut_cases(["c0", "c3"], groups, 2, 0)
    with pytest.raises(ConfigError, match="--folds 1"):
        cut_cases(CASES, {}, 1, 0)


def test_as_many_steps_as_the_run_counted_without_reading_an_image(tmp_path, monkeypatch):
    run, data = make_run(tmp_path, epochs=7, batch_size=5)
    fold = cut_cases(data.train, {}, 3, seed=0)[0]
    hashes, settings = case_hashes(data), read_settings(run / "config.yaml")
    monkeypatch.setattr(slices, "case_image", None)
    network = fold_network(fold, settings, data, hashes, AuditOptions())
    assert network.settings.epochs == round(7 * (24 // 5) / (16 // 5))
    assert fold_network(fold, settings, data, hashes, AuditOptions(epochs=2)).settings.epochs == 2
    fixed = settings.model_copy(update={"steps_per_epoch": 3})
    assert fold_network(fold, fixed, data, hashes, AuditOptions()).settings.epochs == 7
