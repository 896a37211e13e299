"""The summary of a run by hand, what the file looks like, and the tables made of it."""

import io
import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console

from l2b_cls.metrics.sample_metrics import classification_metrics
from l2b_cls.metrics.summary import EvaluationSummary, Scores, Summary, run_summary
from l2b_cls.metrics.summary_table import class_tables, metrics_line, summary_lines, summary_table
from l2b_run.training.epoch_row import EpochRow
from tests.l2b_cls.synthetic import make_settings

LABELS = np.array([0, 1, 2, 2])
LAST, BEST = np.eye(3)[[0, 1, 2, 0]], np.eye(3)[[0, 1, 2, 2]]


def row(epoch, accuracy, **detection):
    known = {"step": 4, "lr": 0.1, "loss": 1.0, "gradient_norm": 1.0, "seconds": 2.0, "meta": ("samples", 6)}
    watched = {"auc_noise_detection": detection} if detection else {}
    return EpochRow(epoch, **known, test={"accuracy": accuracy}, watched=watched)


@pytest.fixture
def summary():
    data = SimpleNamespace(
        noise={"noise": "symmetric:0.4", "seed": 7, "effective_rate": None},
        train=np.arange(8),
        meta=np.arange(2),
        evaluation=np.arange(4),
    )
    history = [row(1, 1.0, alpha=0.9, loss=0.6), row(2, 0.5), row(3, 0.75, alpha=None, loss=0.8)]
    return run_summary(
        Scores(**classification_metrics(LAST, LABELS)),
        Scores(**classification_metrics(BEST, LABELS), epoch=1),
        settings=make_settings("l2b"),
        method_text="weights",
        data=data,
        history=history,
    )


def test_by_hand_and_as_a_file_has_it(summary):
    found = summary.to_json()
    assert list(found) == [
        *("method", "meta_source", "method_text", "noise", "noise_seed", "effective_noise", "seed", "recipe", "preset"),
        *("classes", "n_train", "n_meta", "n_evaluation", "test", "auc_noise_detection", "auc_noise_detection_best"),
        *("train_seconds", "definitions"),
    ], "time and memory as a whole come later"
    assert (found["effective_noise"], found["noise"], found["n_train"], found["train_seconds"]) == (
        None,
        "symmetric:0.4",
        8,
        6.0,
    )
    assert found["test"]["mean_last_10"] == 0.75
    assert list(found["test"]["best"]) == [
        *("accuracy", "balanced_accuracy", "auc", "confusion_matrix", "epoch", "chosen_on"),
    ]
    assert (summary.test.last.accuracy, summary.test.best.accuracy, summary.test.best.epoch) == (0.75, 1.0, 1)
    assert found["auc_noise_detection"] == {"alpha": None, "loss": 0.8}
    assert found["auc_noise_detection_best"] == {"alpha": {"auc": 0.9, "epoch": 1}, "loss": {"auc": 0.8, "epoch": 3}}
    assert Summary.from_json(json.loads(json.dumps(found, allow_nan=False))) == summary


def test_a_file_of_less_is_read_as_far_as_it_goes():
    found = Summary.from_json({"method": "ce", "test": {"last": {"accuracy": 0.5}}, "classes": "no list"})
    assert (found.method, found.test.last.accuracy, found.test.best.accuracy, found.classes) == ("ce", 0.5, None, [])


def printed(table):
    console = Console(width=80, file=io.StringIO())
    console.print(table)
    return console.file.getvalue()


def test_the_table_of_a_run(summary):
    text = printed(summary_table(summary, title="squares"))
    assert [line.split()[1:] for line in text.splitlines() if "0.75" in line or "best" in line] == [
        *(["last", "│", "0.7500", "│", "0.8333", "│", "0.8611", "│"],),
        *(["best", "(1)", "│", "1.0000", "│", "1.0000", "│", "1.0000", "│"],),
    ]
    whole = Summary.from_json(summary.to_json() | {"peak_memory_mb": 512.4})
    assert list(summary_lines(whole)) == [
        "4 samples evaluated; best: chosen on the same samples; mean accuracy of the last evaluations 0.7500",
        "AUC of noise detection over 8 training samples: loss 0.800",
        "6 s of training, 512 MB at most",
    ]


def evaluated(count):
    counts = (np.eye(count, dtype=int) * 3 + np.eye(count, k=1, dtype=int)).tolist()
    counts[-1] = [0] * count
    return EvaluationSummary(
        run="r",
        dataset="d",
        samples="split test",
        n_evaluation=4,
        classes=[f"class {number}" for number in range(count)],
        accuracy=0.75,
        balanced_accuracy=0.5,
        auc=None,
        confusion_matrix=counts,
    )


def test_the_matrix_of_few_classes_is_shown_whole_and_a_class_without_samples_has_no_recall():
    text = "".join(map(printed, class_tables(evaluated(3))))
    assert "row: label, column: predicted class" in text
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in text.splitlines() if "│" in line]
    assert rows == [
        ["0 class 0", "4", "0.750"],
        ["1 class 1", "4", "0.750"],
        ["2 class 2", "0", "-"],
        ["0", "3", "1", "0"],
        ["1", "0", "3", "1"],
        ["2", "0", "0", "0"],
    ]
    assert "predicted class" not in "".join(map(printed, class_tables(evaluated(13))))
    assert metrics_line(evaluated(2)) == ("4 samples (split test): accuracy 0.7500, balanced accuracy 0.5000, AUC -")


def test_a_long_class_name_is_not_split_on_a_narrow_terminal():
    found = replace(evaluated(12), classes=["atypical melanocytic proliferation"] * 12)
    text = "".join(map(printed, class_tables(found)))
    assert text.count("atypical melanocytic proliferation") == 12
    matrix = text.split("predicted class")[1]
    header = next(line for line in matrix.splitlines() if "┃" in line)
    assert [cell.strip() for cell in header.strip().split("┃")[2:-1]] == [str(number) for number in range(12)]
