"""The audit as a whole: wrong masks first, whatever the clean masks of training cases say."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from l2b_data.cases.dataset import CLEAN_LABELS
from l2b_data.errors import ConfigError, DataError
from l2b_data.images.volume import read_volume, write_volume
from l2b_run.audit.cross_fit import AuditOptions
from l2b_seg.audit.audit import audit
from tests.l2b_seg.audit.wrong_masks import BOX, DELETED, EPOCHS, INVENTED, MOVED, SHRUNK, TRAIN, WRONG, make_run

SHORT = AuditOptions(2, 2)
pytestmark = pytest.mark.usefixtures("any_judge")


def place(row):
    return row["case"], row["slice"]


def ranking(result):
    return [(place(row), row["score"]) for row in result["slices"]]


def test_the_wrong_masks_come_first(audited):
    assert {place(row) for row in audited.result["slices"][:3]} == WRONG - {SHRUNK}
    assert SHRUNK in {place(row) for row in audited.result["slices"][:8]}  # its judge is not sure there
    truth = audited.result["truth"]
    assert truth["all"]["score"]["auroc"] > 0.9
    assert truth["all"]["wrong"] == len(WRONG)
    assert (truth["cases"]["cases"], truth["cases"]["wrong"]) == (6, 3)
    of_place = {place(row): row["diagnosis"] for row in audited.result["slices"]}
    assert of_place[DELETED] == audited.result["cases"][0]["diagnosis"] == "slices-deleted"
    assert audited.result["truth"]["foreground"]["slices"] == 6 * 3 + 1
    assert {row["case"] for row in audited.result["cases"][:4]} == {case for case, _ in WRONG}
    assert not audited.result["in_sample"]
    assert audited.result["epochs"] == [EPOCHS, EPOCHS]


def test_rows(audited):
    slices = audited.result["slices"]
    assert len(slices) == 24
    assert {place(row) for row in slices} == {(case, index) for case in TRAIN for index in range(4)}
    assert [row["rank"] for row in slices] == list(range(1, 25))
    assert [row["score"] for row in slices] == sorted((row["score"] for row in slices), reverse=True)
    by_place = {place(row): row for row in slices}
    assert by_place[DELETED]["state"] == "no mask"
    assert by_place[DELETED]["given_area"] == 0
    assert by_place[INVENTED]["state"] == "no proposal"
    assert by_place[INVENTED]["given_area"] == pytest.approx(10 * 12 * 0.25)
    assert by_place[MOVED]["hd"] > 3
    assert all(0 <= row[key] <= 1 for row in slices for key in ("score", "dice", "disagreement"))
    folds = {case: {row["fold"] for row in slices if row["case"] == case} for case in TRAIN}
    assert all(len(found) == 1 for found in folds.values())
    assert {fold for found in folds.values() for fold in found} == {0, 1}


def test_files(audited):
    result = json.loads((audited.out / "audit.json").read_text())
    assert result == audited.result
    for name, rows in (("audit", "slices"), ("cases", "cases"), ("regions", "regions")):
        with open(audited.out / f"{name}.csv", newline="") as handle:
            table = list(csv.DictReader(handle))
        assert [row["case"] for row in table] == [row["case"] for row in result[rows]]
        assert list(table[0]) == list(result[rows][0])
        assert table[0]["rank"] == "1"
    assert {"unit", "plane", "usual_share", "slices", "cases", "regions", "truth"} <= set(result["definitions"])
    said = result["definitions"]["slices"] | result["definitions"]["truth"] | {"case": "its id"}
    assert set(result["slices"][0]) <= set(said)
    of_cases = result["definitions"]["cases"] | result["definitions"]["truth"] | {"rank": "", "fold": "", "case": ""}
    assert set(result["cases"][0]) <= set(of_cases)
    assert set(result["judges"][0]) <= set(result["definitions"]["judges"]) | {"judge", "class"}
    boxes = {"row_last", "column_first", "column_last", "case"}
    assert set(result["regions"][0]) - boxes == set(result["definitions"]["regions"])


def test_proposals_can_be_adopted(audited):
    dice = []
    for case in TRAIN:
        proposal = read_volume(audited.out / "proposals" / f"{case}.nii.gz")
        clean = read_volume(audited.data.dataset.label_path(case))
        assert proposal.same_grid(clean) == []
        a, b = proposal.array > 0, clean.array > 0
        dice.append(2 * (a & b).sum() / (a.sum() + b.sum()))
    assert np.mean(dice) > 0.6


def test_regions(audited):
    found = {place(row): row for row in reversed(audited.result["regions"])}
    assert found[DELETED]["kind"] == "missing"
    assert (found[DELETED]["given"], found[DELETED]["proposed"]) == ("background", "gland")
    invented = found[INVENTED]
    assert invented["kind"] == "extra"
    box = invented["row_first"], invented["row_last"], invented["column_first"], invented["column_last"]
    assert box == (BOX[0].start, BOX[0].stop - 1, BOX[1].start, BOX[1].stop - 1)
    assert (invented["pixels"], invented["area"]) == (120, 30.0)


def test_finished_networks_are_kept_and_an_interrupted_one_goes_on(tmp_path):
    run, data = make_run(tmp_path)
    rows = []

    def stop(row):
        rows.append(row)
        if (row["fold"], row["epoch"]) == (1, 3) and "seconds" in row:
            raise KeyboardInterrupt

    options = AuditOptions(2, 4)
    with pytest.raises(KeyboardInterrupt):
        audit(run, data, tmp_path / "out", replace(options, progress=stop))
    rows.clear()
    resumed = audit(run, data, tmp_path / "out", replace(options, progress=rows.append))
    assert {(row["fold"], row["epoch"]) for row in rows} == {(1, 4)}
    rows.clear()
    again = audit(run, data, tmp_path / "other", replace(options, progress=rows.append))
    assert rows == []
    assert again == resumed
    other_run, other_data = make_run(tmp_path / "whole")
    whole = audit(other_run, other_data, tmp_path / "third", options)
    assert ranking(whole) == ranking(resumed)


def test_an_audit_with_other_options_keeps_the_networks_of_an_earlier_one(tmp_path):
    run, data = make_run(tmp_path)
    first = audit(run, data, run / "audit", AuditOptions(2, 1))
    audit(run, data, tmp_path / "longer", SHORT)
    rows = []
    assert audit(run, data, tmp_path / "again", AuditOptions(2, 1, progress=rows.append)) == first
    audit(run, data, tmp_path / "longer", replace(SHORT, progress=rows.append))
    assert rows == []


def test_changed_masks_train_anew(tmp_path):
    run, data = make_run(tmp_path)
    first = audit(run, data, tmp_path / "out", SHORT)
    path = data.dataset.label_path("case0", data.labels)
    volume = read_volume(path)
    write_volume(volume.with_array(np.zeros_like(volume.array)), path)
    rows = []
    second = audit(run, data, tmp_path / "out", replace(SHORT, progress=rows.append))
    judged_by = next(row["fold"] for row in second["slices"] if row["case"] == "case0")
    assert {row["fold"] for row in rows} == {1 - judged_by}
    assert ranking(first) != ranking(second)


@pytest.mark.parametrize("how", ["garbage", "deleted"])
def test_clean_masks_of_training_cases_change_nothing_but_the_truth(tmp_path, monkeypatch, how):
    found = {}
    for kind in ("whole", how):
        monkeypatch.setenv("L2B_CACHE", str(tmp_path / f"cache {kind}"))
        run, data = make_run(tmp_path / kind)
        for case in TRAIN if kind == how else ():
            path = data.dataset.label_path(case, CLEAN_LABELS)
            if how == "deleted":
                path.unlink()
            else:
                volume = read_volume(path)
                write_volume(volume.with_array(1 - volume.array), path)
        found[kind] = audit(run, data, tmp_path / kind / "out", SHORT)
    assert found["whole"]["truth"] is not None
    assert found[how]["truth"] is None
    truth = ("true_dice", "wrong")
    for rows in ("slices", "cases", "regions"):
        mine, theirs = (
            [{key: value for key, value in row.items() if key not in truth} for row in found[kind][rows]]
            for kind in ("whole", how)
        )
        assert mine == theirs


def test_without_clean_cases(tmp_path):
    run, data = make_run(tmp_path, "unetpp", meta=False)
    result = audit(run, data, tmp_path / "out", AuditOptions(2, EPOCHS))
    assert [(row["on"], row["cases"]) for row in result["judges"]] == [("test", 1)] * 2
    assert {row["case"] for row in result["cases"][:2]} == {DELETED[0], MOVED[0]}
    with pytest.raises(DataError, match="no meta case, and method l2b learns from clean masks"):
        audit(*make_run(tmp_path / "l2b", "l2b", meta=False), tmp_path / "out2", SHORT)


def test_what_cannot_be_done(tmp_path):
    run, data = make_run(tmp_path)
    with pytest.raises(ConfigError, match="--folds 7: from 2 to the 6 cases"):
        audit(run, data, tmp_path / "out", AuditOptions(7))
    with pytest.raises(ConfigError, match="--epochs 3"):
        audit(run, data, tmp_path / "out", AuditOptions(0, 3))
    with pytest.raises(DataError, match="not a finished run"):
        audit(run, data, tmp_path / "out", AuditOptions(0))
    data.dataset.label_path("case0", data.labels).unlink()
    with pytest.raises(DataError, match=r"case0\.nii\.gz: no such file"):
        audit(run, data, tmp_path / "out", SHORT)
