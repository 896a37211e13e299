"""The files of an audit: every sample in a table, the rest as JSON."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from l2b_cls.audit import baselines, list_findings
from l2b_cls.audit.judges import quality
from l2b_cls.audit.verdict import REASONS
from l2b_data.files.atomic import write_json
from l2b_data.files.table import write_table
from l2b_run.audit.cross_fit import judged_by

LISTED = 200
"""Samples in audit.json; audit.csv has all."""

COLUMNS = {
    "rank": "1 is the most suspicious",
    "index": "number of the sample in the data set",
    "name": "its name there",
    "given": "the label training saw",
    "proposed": "the given label, but where the judges can tell that another one does good: by their recall on clean "
    "samples, and for rare classes as for frequent ones",
    "alternative": "the most probable of the labels that were not given, however improbable: for a reader who looks",
    "score": "probability that the given label is wrong, calibrated by labels that were drawn wrong; ranked by its log "
    "odds, which do not saturate. Where nothing else is found its order is that of the loss under the judges and a "
    "linear classifier on their features",
    "flagged": "1: the proposed label is another than the given one, or a finding makes the given one unlikely",
    "reason": "findings that speak against the given label: " + "; ".join(f"{k}: {v}" for k, v in REASONS.items()),
    "probability_given": "of the given label, by the network that judged the sample",
    "predicted": "the class this network finds most probable",
    "probability_predicted": "its probability",
    **baselines.DEFINITIONS,
    "fold": "number of the network that judged the sample; empty for the run's own, and for one from elsewhere",
    "clean": "the clean label, empty where it is not known; read for comparison alone",
    "kind": "the mistake that was planted in the given label, empty for none; read for comparison alone",
}

TRUTH = {
    "wrong": "whether the given label differs from the clean one, or is that of a picture of no class (foreign), read "
    "after the ranking was made, for this alone",
    "auroc": "probability that a wrong label is ranked before a right one",
    "average_precision": "area under precision against recall, by steps",
    "precision": "share of the flagged labels that are wrong",
    "recall": "share of the wrong labels that are flagged",
    "kinds": "the same for each planted mistake: its labels against all right ones",
    "proposal_accuracy": "share of the proposed labels that are the clean ones, where there is one; given_accuracy: of "
    "the given labels; balanced: mean over the classes",
}

_FROM_FILE = (
    "the probabilities in {}; the file does not say whether their network had seen the labels: if it had, wrong ones "
    "look better than they are"
)


def write_audit(
    out: Path, result: dict[str, Any], columns: Mapping[str, np.ndarray], classes: list[str]
) -> dict[str, Any]:
    """Write audit.csv and audit.json into `out`; returns what is in audit.json.

    result: with the key in_sample; None: not known, and "probabilities" is the file that judged.
    columns: COLUMNS but "rank" -> (n,), n at least 1, in the order of the ranking; labels as numbers, -1 where unknown.
    In the table a label stands by its name, and by its number in NAME_number; an unknown one is an empty field.
    """
    rows = [_row(columns, place, classes) for place in range(len(columns["index"]))]
    result = result | {"definitions": definitions(result), "samples": rows[:LISTED]}
    write_table(out / "audit.csv", rows, list(rows[0]))
    write_json(out / "audit.json", result)
    return result


def definitions(result: dict[str, Any]) -> dict[str, Any]:
    """What every column and key means, in words."""
    found: dict[str, Any] = {
        "judged_by": _FROM_FILE.format(Path(result["probabilities"]).name)
        if result["in_sample"] is None
        else judged_by(result["in_sample"], "labels", "samples"),
        "columns": COLUMNS,
        "transition": "estimated share of the samples of a class (row) that were given a label (column), by what each "
        "class has for every sample",
        "wrong": "estimated share of wrong labels",
        "judges": quality.DEFINITIONS,
        **list_findings.DEFINITIONS,
    }
    if result["truth"] is not None:
        found["truth"] = TRUTH
    return found


def _row(columns: Mapping[str, np.ndarray], place: int, classes: list[str]) -> dict[str, Any]:
    row: dict[str, Any] = {"rank": place + 1}
    for name in (name for name in COLUMNS if name in columns):
        value = columns[name][place]
        value = value.item() if isinstance(value, np.generic) else value
        if name in ("given", "proposed", "alternative", "predicted", "clean"):
            row[name] = classes[value] if value >= 0 else None
            row[f"{name}_number"] = value if value >= 0 else None
        else:
            row[name] = int(value) if isinstance(value, bool) else None if value == -1 and name == "fold" else value
    return row
