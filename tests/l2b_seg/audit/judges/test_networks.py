"""Who judges whom in the audit of a run: folds, meta cases by turns, the mean, the run's own network."""

from dataclasses import replace

import numpy as np
import pytest

from l2b_data.errors import DataError
from l2b_run.audit.cross_fit import AuditOptions
from l2b_seg.audit.audit import audit
from l2b_seg.audit.judges.crossfit import deal_meta
from l2b_seg.audit.judges.networks import look_at, panel_of_run
from l2b_seg.recipe import read_settings
from tests.l2b_seg.audit.wrong_masks import META, TEST, TRAIN, make_run

ONCE = AuditOptions(2, 1)


def panel(run, data, audited, options=ONCE):
    return panel_of_run(run, read_settings(run / "config.yaml"), data, audited, options)


def test_meta_cases_are_dealt_like_cases_and_every_network_keeps_some():
    assert [sorted(held) for held in deal_meta(["a", "b"], {}, 2, 0)] in ([["a"], ["b"]], [["b"], ["a"]])
    dealt = deal_meta(["a", "b", "c"], {"a": "x", "b": "x"}, 3, 0)
    assert sorted(map(sorted, dealt)) == [[], ["a", "b"], ["c"]]
    assert (
        deal_meta(["a"], {}, 2, 0) == deal_meta(["a", "b"], {"a": "x", "b": "x"}, 2, 0) == deal_meta([], {}, 2, 0) == []
    )


def test_training_cases_alone_leave_all_meta_cases_to_every_network(tmp_path):
    run, data = make_run(tmp_path)
    judges = panel(run, data, TRAIN).judges
    assert sorted(case for judge in judges for case in judge.cases) == TRAIN
    for judge in judges:
        assert judge.learnt == {*TRAIN, *META} - {*judge.cases}
        assert judge.clean == {"test": TEST, "meta left out": []}
    assert sorted(path.name for path in (run / "audit").iterdir()) == ["fold_0_of_2", "fold_1_of_2"]


def test_all_cases(tmp_path):
    run, data = make_run(tmp_path)
    *folds, mean = panel(run, data, [*TRAIN, *META, *TEST]).judges
    assert [len(set(judge.cases) & {*META}) for judge in folds] == [1, 1]
    assert all(judge.learnt.isdisjoint(judge.cases) for judge in (*folds, mean))
    assert (mean.fold, mean.cases) == (None, TEST)
    assert sorted(path.name for path in (run / "audit").iterdir()) == ["fold_0_of_2_meta", "fold_1_of_2_meta"]
    case, both = TEST[0], [judge.look(TEST[0], "labelsTr").probability for judge in folds]
    np.testing.assert_allclose(mean.look(case, "labelsTr").probability, sum(both) / 2, atol=1e-6)
    predictor = folds[0].look.args[0][0]
    assert look_at([predictor], data.dataset, case, "labelsTr").grid.array.any()


def test_meta_cases_measure_the_judges_where_there_is_no_test_case(tmp_path, any_judge):
    run, data = make_run(tmp_path)
    result = audit(run, replace(data, evaluation=[]), tmp_path / "out", ONCE)
    assert [(row["fold"], row["on"], row["cases"]) for row in result["judges"]] == [
        (0, "meta left out", 1),
        (1, "meta left out", 1),
    ]
    assert {row["case"] for row in result["cases"]} == set(TRAIN)
    assert {row["in_sample"] for row in result["cases"]} == {False}


def test_one_meta_case_is_judged_in_sample_and_said(tmp_path, any_judge):
    run, data = make_run(tmp_path)
    said = []
    alone = replace(data, meta=META[:1], evaluation=[])
    result = audit(run, alone, tmp_path / "out", replace(ONCE, say=said.append), cases="meta")
    assert [(row["case"], row["part"], row["in_sample"]) for row in result["cases"]] == [(META[0], "meta", True)]
    assert [line for line in said if line.startswith(f"{META[0]}: no other clean case")]
    assert {row["on"] for row in result["judges"]} == {"given masks"}


def test_a_method_without_clean_cases_has_learnt_from_none(tmp_path):
    run, data = make_run(tmp_path, "unetpp")
    *folds, mean = panel(run, replace(data, evaluation=[]), [*TRAIN, *META]).judges
    assert mean.cases == META
    assert mean.learnt == set(TRAIN)
    assert {tuple(judge.clean["meta left out"]) for judge in folds} == {tuple(META)}


def test_dead_judges_are_refused_before_anything_is_ranked(tmp_path):
    run, data = make_run(tmp_path)
    with pytest.raises(
        DataError, match=r"no ranking: [\s\S]*network 1 of 2: gland Dice 0\.\d\d on 1 test case\n[\s\S]*--epochs"
    ):
        audit(run, data, tmp_path / "out", ONCE)
    assert not (tmp_path / "out").exists()
