"""The files of an audit: every sample in a table, the rest as JSON."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from l2b_cls.audit import baselines, quality
from l2b_data.files.atomic import write_json, write_text

LISTED = 200
"""Samples in audit.json; audit.csv has all."""

COLUMNS = {
    "rank": "1 is the most suspicious",
    "index": "number of the sample in the data set",
    "name": "its name there",
    "given": "the label training saw",
    "proposed": "the most probable label by the networks and by how labels get mixed up (`transition`)",
    "score": "probability that the given label is wrong, by the same; ranked by its log odds, which do not saturate",
    "flagged": "1: the proposed label is another than the given one",
    "probability_given": "of the given label, by the network that judged the sample",
    "predicted": "the class this network finds most probable",
    "probability_predicted": "its probability",
    **baselines.DEFINITIONS,
    "fold": "number of the network that judged the sample; empty for the run's own",
    "clean": "the clean label, empty where it is not known; read for comparison alone",
}


def write_audit(
    out: Path, result: dict[str, Any], columns: Mapping[str, np.ndarray], classes: list[str]
) -> dict[str, Any]:
    """Write audit.csv and audit.json into `out`; returns what is in audit.json.

    columns: COLUMNS but "rank" -> (n,) in the order of the ranking, labels as numbers, -1 or None for an empty field.
    In the table a label stands by its name, and by its number in NAME_number.
    """
    rows = [_row(place, columns, number, classes) for place, number in enumerate(range(len(columns["index"])), 1)]
    result = result | {"definitions": definitions(result), "samples": rows[:LISTED]}
    header = list(rows[0]) if rows else list(COLUMNS)
    text = io.StringIO()
    writer = csv.DictWriter(text, header, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(out / "audit.csv", text.getvalue())
    write_json(out / "audit.json", result)
    return result


def definitions(result: dict[str, Any]) -> dict[str, Any]:
    """What every column and key means, in words."""
    judged = (
        "the run's own network, which was trained on the very labels it judges: they look better than they are"
        if result["in_sample"]
        else "networks trained as the run was, each without the samples it judges"
    )
    found: dict[str, Any] = {
        "judged_by": judged,
        "columns": COLUMNS,
        "transition": "estimated share of the samples of a class (row) that were given a label (column), by "
        "expectation maximisation from the predictions and the given labels",
        "temperature": "of the networks' probabilities, chosen by the likelihood of the given labels",
    }
    if result["truth"] is not None:
        found["truth"] = quality.DEFINITIONS
    return found


def _row(place: int, columns: Mapping[str, np.ndarray], number: int, classes: list[str]) -> dict[str, Any]:
    row: dict[str, Any] = {"rank": place}
    for name in COLUMNS:
        if name not in columns:
            continue
        value = columns[name][number]
        value = value.item() if isinstance(value, np.generic) else value
        if name in ("given", "proposed", "predicted", "clean"):
            row[name] = classes[value] if value >= 0 else None
            row[f"{name}_number"] = value if value >= 0 else None
        else:
            row[name] = int(value) if isinstance(value, bool) else None if value == -1 and name == "fold" else value
    return row
