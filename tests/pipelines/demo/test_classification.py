"""The demo of classification, shortened: real digits, every method, one report; and the audit of one of its runs."""

import contextlib
import csv
import json

import pytest

from l2b_cli.cls.audit import audit as audit_command
from l2b_cli.cls.compare import compare as compare_command
from l2b_cli.cls.demo import COLUMNS
from l2b_cli.shared.demo_of import demo_table
from l2b_data.errors import ConfigError
from pipelines.demo.classification import DEMO
from pipelines.demo.steps import run_demo
from tests.command import call_command


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    out = tmp_path_factory.mktemp("demo") / "out"
    lines = []
    few = ["epochs=2", "network.widths=[8, 16]", "data.train_samples=320", "warm_up=0.5"]
    summaries = run_demo(
        DEMO, out, say=lines.append, progress_of=lambda method, epochs: contextlib.nullcontext(print), overrides=few
    )
    return out, summaries, lines


def test_every_method_on_the_same_labels_and_a_report(demo):
    out, summaries, lines = demo
    assert [summary.method for summary in summaries] == list(DEMO.methods)
    assert len({(out / method / "noisy_labels.csv").read_text() for method in DEMO.methods}) == 1
    assert all(0.3 < summary.effective_noise < 0.42 for summary in summaries)
    page = (out / "report.html").read_text(encoding="utf-8")
    assert page.count('<div class="deck"') == len(DEMO.methods)
    assert any("symmetric:0.4" in line for line in lines)


def test_the_table(demo):
    _, summaries, _ = demo
    table = demo_table(summaries, COLUMNS, title="digits")
    assert table.row_count == len(DEMO.methods)
    assert [column.header for column in table.columns][:2] == ["method", "accuracy last"]


def test_nothing_is_written_over(demo):
    out, _, _ = demo
    with pytest.raises(ConfigError, match="is not empty; name a new folder"):
        run_demo(DEMO, out, progress_of=lambda method, epochs: contextlib.nullcontext(print))


def test_the_audit_of_a_run(demo, tmp_path):
    out, _, _ = demo
    code, told, _ = call_command(audit_command, out / "ce", "--epochs", 1, "--out", tmp_path)
    assert code == 0
    assert "labels doubted" in told
    assert "loss of the given label (cleanlab's default): AUROC" in told
    with open(tmp_path / "audit.csv", newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    with open(out / "ce" / "noisy_labels.csv", newline="", encoding="utf-8") as handle:
        noisy = {row["index"]: row for row in csv.DictReader(handle)}
    assert {row["index"] for row in rows} == set(noisy)
    assert all(row["given_number"] == noisy[row["index"]]["given"] for row in rows)
    assert "given labels are doubted" in (tmp_path / "audit.html").read_text(encoding="utf-8")
    code, told, _ = call_command(audit_command, out / "ce", "--folds", 0, "--out", tmp_path / "own", "--json")
    assert code == 0
    assert json.loads(told)["in_sample"] is True
    code, told, _ = call_command(audit_command, out / "ce", "--quick", "--out", tmp_path / "quick")
    assert code == 0
    assert "a first look: the network has learnt part of the labels it judges" in told
    assert (tmp_path / "quick" / "audit.csv").read_text() == (tmp_path / "own" / "audit.csv").read_text()


def test_a_folder_that_is_no_run(tmp_path):
    code, _, message = call_command(audit_command, tmp_path)
    assert code == 3
    assert "is no run to audit: config.yaml, split.json, noisy_labels.csv missing" in message


def test_two_of_its_runs_compared(demo):
    out, _, _ = demo
    code, told, _ = call_command(compare_command, out / "ce", out / "l2b", "--json")
    found = json.loads(told)
    assert code == 0
    assert found["n"] == 359
    assert found["warnings"] == []
    assert list(found["classes"]) == [str(digit) for digit in range(10)]
