"""What a run folder says about its run, read for reports; parts that are not there stay empty."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from l2b_cls.prediction.read_table import PREDICTIONS, PredictionTable, read_predictions
from l2b_cls.sample_log.file import SAMPLE_LOG, SampleLog, read_sample_log
from l2b_data.errors import DataError, L2BError
from l2b_data.files.json_object import read_json_object
from l2b_data.samples.noisy_labels import NoisyLabelTable, read_noisy_labels
from l2b_run.folder.read_run import read_summary
from l2b_run.training.epoch_row import read_epochs

NOISY_LABELS = "noisy_labels.csv"


@dataclass(frozen=True)
class RunRecord:
    """One run: its folder, summary.json, the epochs of metrics.jsonl; None or empty where a file is missing.

    predictions: of the evaluated samples. labels and log: of the training samples, in one order. split: split.json.
    audit: audit.json.
    """

    path: Path
    summary: dict[str, Any] = field(default_factory=dict, repr=False)
    epochs: list[dict[str, Any]] = field(default_factory=list, repr=False)
    split: dict[str, Any] = field(default_factory=dict, repr=False)
    predictions: PredictionTable | None = field(default=None, repr=False)
    labels: NoisyLabelTable | None = field(default=None, repr=False)
    log: SampleLog | None = field(default=None, repr=False)
    audit: dict[str, Any] | None = field(default=None, repr=False)


def read_run(path: Path | str, *, audit: Path | None = None) -> RunRecord:
    """Read a run folder; its audit from `audit`, RUN/audit if left out.

    Missing files are left out; `DataError` if none is there or some are damaged (all faults in one message).
    """
    path = Path(path)
    if not path.is_dir():
        raise DataError(f"{path}: no such run folder")
    faults: list[str] = []
    audited = (path / "audit" if audit is None else audit) / "audit.json"
    found = RunRecord(
        path,
        read_summary(path / "summary.json", faults),
        read_epochs(path / "metrics.jsonl", faults),
        _part(path / "split.json", lambda file: read_json_object(file, way_out=""), faults) or {},
        _part(path / PREDICTIONS, read_predictions, faults),
        _part(path / NOISY_LABELS, read_noisy_labels, faults),
        _part(path / SAMPLE_LOG, read_sample_log, faults),
        _part(audited, _read_audit, faults),
    )
    if found.log is not None and found.labels is not None and found.log.loss.shape[1] != len(found.labels.index):
        faults.append(f"{SAMPLE_LOG} has {found.log.loss.shape[1]} samples, {NOISY_LABELS} {len(found.labels.index)}")
    if not faults and not (found.summary or found.epochs or found.predictions):
        faults.append(f"no summary.json, metrics.jsonl or {PREDICTIONS}: not the folder of a run")
    if faults:
        raise DataError(f"{path}: " + "; ".join(faults))
    return found


def _read_audit(path: Path) -> dict[str, Any]:
    found = read_json_object(path, way_out="")
    rows = found.get("samples")
    needed = {"rank", "index", "name", "given", "proposed", "score"}
    if not isinstance(rows, list) or not all(isinstance(row, dict) and needed <= row.keys() for row in rows):
        raise DataError(f"{path} holds no ranking of samples; run the audit again")
    return found


def _part(path: Path, read: Any, faults: list[str]) -> Any:
    """What `read` finds in the file, None where it is absent; what is wrong with it goes to `faults`."""
    if not path.is_file():
        return None
    try:
        return read(path)
    except L2BError as error:
        faults.append(str(error))
        return None
