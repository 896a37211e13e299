"""Means over seeds beside the paper's numbers; what is missing or foreign is said."""

from dataclasses import replace

import pytest

from l2b_data.errors import DataError
from pipelines.reproduce.cells.choose_runs import Asked, choose_runs
from pipelines.reproduce.cells.table_task import table_task
from pipelines.reproduce.results.collect import Curve, Number, collect
from pipelines.reproduce.tables.read_table import read_table
from tests.pipelines.reproduce.finished import finish
from tests.pipelines.reproduce.results.conftest import ASKED

CLS, SEG = "classification", "segmentation"


def cell_of(results, row, cell):
    (found,) = [one for cells in results.cells for one in cells if (one.row.key, one.column.cell) == (row, cell)]
    return found


def test_mean_and_spread_over_the_finished_seeds(reproduced):
    results = reproduced("table1", {"l2b": [0.5, 0.6], "ce": [0.4]}, **ASKED)
    l2b, ce = (cell_of(results, row, "cifar10:0.4") for row in ("l2b", "ce"))
    assert l2b.paper == Number(89.9)
    assert (l2b.best.mean, l2b.best.std, l2b.best.n) == (pytest.approx(55), pytest.approx(7.0711, abs=1e-3), 2)
    assert l2b.last.mean == pytest.approx(45)
    assert [run.seed for run in l2b.runs] == [0, 1]
    assert (ce.best.mean, ce.best.std, ce.best.n) == (pytest.approx(40), None, 1)
    nothing = cell_of(results, "l2rw", "cifar10:0.4")
    assert (nothing.paper, nothing.best, nothing.last, nothing.runs) == (Number(86.6), None, None, [])


def test_columns_asked_for_and_those_with_finished_runs_are_shown(reproduced, tmp_path):
    asked = {"methods": ["ce"], "seeds": 1}
    results = reproduced("table1", {"ce": [0.5]}, cells=["cifar10:0.2"], **asked)
    assert [column.cell for column in results.columns] == ["cifar10:0.2"]
    results = reproduced("table1", {}, cells=["cifar10:0.4"], **asked)
    assert [column.cell for column in results.columns] == ["cifar10:0.2", "cifar10:0.4"]
    assert cell_of(results, "ce", "cifar10:0.2").best == Number(50, None, 1)


def test_of_more_seeds_than_asked_for_the_first_ones_count(reproduced):
    results = reproduced("table1", {"ce": [0.5, 0.9]}, **ASKED)
    fewer = collect(results.table, table_task(CLS), replace(results.asked, seeds=1), known=["ce"])
    assert cell_of(fewer, "ce", "cifar10:0.4").best == Number(50, None, 1)


def test_runs_of_other_settings_are_left_out_and_named(reproduced, tmp_path):
    reproduced("table1", {"ce": [0.5]}, cells=["cifar10:0.2"], methods=["ce"])
    results = reproduced("table1", {}, cells=["cifar10:0.4"], methods=["ce"], overrides=["epochs=7"])
    assert [column.cell for column in results.columns] == ["cifar10:0.4"]
    (line,) = [line for line in results.skipped if line.startswith("Left out")]
    assert line.endswith("cifar10-uniform-0.2_ce_s0 has epochs 20 instead of 7")


def test_what_was_not_run_is_said(tmp_path):
    asked = Asked(tmp_path, {"cifar10": tmp_path}, "cpu", cells=["cifar10:0.5", "cifar100"])
    refused = ["Not run: c2d: it wants more"]
    results = collect(
        read_table("table2", CLS), table_task(CLS), asked, known=["mixup", "unicon", "c2d"], refused=refused
    )
    assert results.skipped == [
        "Not run, no --data cifar100=PATH: cifar100:0.2, cifar100:0.5, cifar100:0.8, cifar100:0.9",
        "Published numbers alone, as there is no such method here: m-correction, dividemix, l2b-dividemix, l2b-unicon, "
        "l2b-c2d",
        "Not run: c2d: it wants more",
    ]


def test_a_finished_run_whose_settings_are_refused_now_is_left_out(tmp_path):
    table, task = read_table("table3", CLS), table_task(CLS)
    given = Asked(tmp_path, {"cifar10": tmp_path}, "cpu", methods=["l2b-c2d"])
    asked = replace(given, overrides=["l2b-c2d:network.weights=encoder.safetensors"])
    (run,) = choose_runs(table, asked, task.methods)
    finish(run, CLS, best={"accuracy": 0.5}, last={"accuracy": 0.4})
    assert cell_of(collect(table, task, asked, known=task.methods), "l2b-c2d", "cifar10:0.4").best == Number(
        50, None, 1
    )
    results = collect(table, task, given, known=task.methods)
    assert cell_of(results, "l2b-c2d", "cifar10:0.4").best is None
    assert results.skipped == ["Left out: cifar10-asymmetric-0.4_l2b-c2d_s0 has settings that are refused now"]


def test_what_was_trained_is_described_and_differences_between_rows_are_named(reproduced, tmp_path):
    results = reproduced("table1", {"ce": [0.5], "l2b": [0.6]}, **ASKED)
    text = "9,500 training images of 2 classes at 32 pixels, 5,000 evaluated; small-cnn 16-32-64, 20 epochs"
    assert results.described == {"cifar10": {text: ["ce", "l2b"]}}


def test_segmentation_and_its_metrics(tmp_path):
    table, task = read_table("table5", SEG), table_task(SEG)
    asked = Asked(tmp_path, {"promise12": tmp_path}, "cpu", methods=["unetpp"])
    (run,) = choose_runs(table, asked, task.methods)
    best = {"dice": 0.75, "hd": 9.5, "hd95": 7.5, "assd": 2.5}
    finish(run, SEG, best=best, last=best | {"dice": 0.5, "hd": None})
    cells = collect(table, task, asked, known=task.methods).cells[0]
    assert [cell.best.mean for cell in cells] == [75.0, 9.5, 7.5, 2.5]
    assert [cell.last and cell.last.mean for cell in cells] == [50.0, None, 7.5, 2.5]
    assert [cell.paper and cell.paper.mean for cell in cells] == [73.74, 11.63, None, 3.70]
    assert task.described(run.out) == (
        "2 training cases, 1 clean, 1 evaluated; slices of 64 x 64; UNet++ 8-16-32-64-64, 30 epochs"
    )


def test_detection_of_noise_by_the_weight_net(tmp_path):
    table, task = read_table("rmnw3", CLS), table_task(CLS)
    asked = Asked(tmp_path, {"cifar10": tmp_path}, "cpu", cells=["cifar10:flip:0.3"], methods=["mnwnet"])
    (run,) = choose_runs(table, asked, task.methods)
    finish(run, CLS, best={"auc": 0.7}, last={"auc": 0.6})
    (cell,) = collect(table, task, asked, known=task.methods).cells[1]
    assert (cell.paper.mean, cell.best.mean, cell.last.mean) == (0.4901, 0.7, 0.6)


def test_curves_of_a_figure_over_the_epochs_that_every_run_has(tmp_path):
    table, task = read_table("fig4", CLS), table_task(CLS)
    asked = Asked(tmp_path, {"cifar100": tmp_path}, "cpu", cells=["cifar100:0.2"], methods=["ce"], seeds=2)
    for run, epochs in zip(choose_runs(table, asked, task.methods), (3, 2), strict=True):
        finish(run, CLS, best={"accuracy": 0.3}, last={"accuracy": 0.2}, epochs=epochs)
    results = collect(table, task, asked, known=task.methods)
    (cell,) = results.cells[0]
    assert cell.curve == Curve(
        [1, 2], [pytest.approx(10.5), pytest.approx(20.5)], [10.0, 20.0], [pytest.approx(11), pytest.approx(21)]
    )
    assert results.cells[3][0].curve is None
    assert cell.paper is None


def test_a_damaged_summary_is_an_error(reproduced):
    results = reproduced("table1", {"ce": [0.5]}, **ASKED)
    (cell_of(results, "ce", "cifar10:0.4").runs[0].out / "summary.json").write_text("{")
    with pytest.raises(DataError, match=r"summary\.json cannot be read"):
        collect(results.table, table_task(CLS), results.asked, known=["ce"])
