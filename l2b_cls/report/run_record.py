"""What a classification run's folder says, read for reports; parts that are not there stay empty."""

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from l2b_cls.metrics.summary import Summary
from l2b_cls.prediction.read_table import PREDICTIONS, PredictionTable, read_predictions
from l2b_cls.sample_log.file import SAMPLE_LOG, SampleLog, read_sample_log
from l2b_data.errors import DataError
from l2b_data.files.json_object import read_json_object
from l2b_data.samples.noisy_labels import NoisyLabelTable, read_noisy_labels
from l2b_run.folder.read_run import read_part
from l2b_run.report import runs
from l2b_run.report.runs import dataset_name
from l2b_run.training.epoch_row import read_epochs

NOISY_LABELS = "noisy_labels.csv"


@dataclass(frozen=True)
class RunRecord(runs.RunRecord):
    """And what else is there; None or empty where a file is missing.

    predictions: of the evaluated samples. labels and log: of the training samples, in one order. split: split.json.
    audit: audit.json.
    """

    summary: Summary = field(repr=False)
    split: dict[str, Any] = field(default_factory=dict, repr=False)
    predictions: PredictionTable | None = field(default=None, repr=False)
    labels: NoisyLabelTable | None = field(default=None, repr=False)
    log: SampleLog | None = field(default=None, repr=False)
    audit: dict[str, Any] | None = field(default=None, repr=False)


def read_run(path: Path, *, audit: Path | None = None) -> RunRecord:
    """Read a run folder; its audit from `audit`, RUN/audit if left out.

    Missing files are left out; `DataError` if none is there or some are damaged (all faults in one message).
    """
    faults: list[str] = []
    summary = read_part(path / "summary.json", Summary.read, faults)
    epochs = read_epochs(path / "metrics.jsonl", faults)
    split = read_part(path / "split.json", partial(read_json_object, way_out=""), faults)
    predictions = read_part(path / PREDICTIONS, read_predictions, faults)
    labels = read_part(path / NOISY_LABELS, read_noisy_labels, faults)
    log = read_part(path / SAMPLE_LOG, read_sample_log, faults)
    audited = read_part((path / "audit" if audit is None else audit) / "audit.json", _read_audit, faults)
    if log is not None and labels is not None and log.loss.shape[1] != len(labels.index):
        samples = f"{SAMPLE_LOG} has {log.loss.shape[1]} samples, {NOISY_LABELS} {len(labels.index)}"
        faults.append(f"{path}: {samples}")
    runs.require_parts(path, {"summary.json": summary, "metrics.jsonl": epochs, PREDICTIONS: predictions}, faults)
    found = summary or Summary.from_json({})
    evaluated = frozenset(map(str, predictions.index.tolist())) if predictions is not None else frozenset[str]()
    return RunRecord(
        path, found, epochs, dataset_name(split), evaluated, split or {}, predictions, labels, log, audited
    )


def _read_audit(path: Path) -> dict[str, Any]:
    found = read_json_object(path, way_out="")
    rows = found.get("samples")
    needed = {"rank", "index", "name", "given", "proposed", "score", "probability_given", "fold"}
    if not isinstance(rows, list) or not all(isinstance(row, dict) and needed <= row.keys() for row in rows):
        raise DataError(f"{path} holds no ranking of samples; run the audit again")
    return found
