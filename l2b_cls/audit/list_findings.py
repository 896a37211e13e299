"""What an audit found beside the ranking, ready for audit.json."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from l2b_cls.audit.findings.outliers import LISTED_FROM
from l2b_cls.audit.verdict import Evidence, Verdict

LISTED = 200
"""Entries of a finding in audit.json, the strongest first."""

DEFINITIONS = {
    "blocks": "runs of files in order, and groups (`group`), whose given labels look wrong together: n samples from "
    "`first` to `last`, wrong: estimated share of wrong labels, chance: of such a block where there is none, corrected "
    "for all that were tried",
    "duplicates": "pictures that are there several times, to the pixel (exact) or compressed again, under several "
    "labels",
    "outliers": "pictures like nothing else in the set, by plain statistics, by straight borders, as where a picture "
    "is put together of parts, or by what the judges read; probability: 1 - tail-area false discovery rate",
    "pairs": "classes given for one another, one way: n samples of `class` given as `given`, estimated; expected: what "
    "the judges' own confusions explain, by clean samples (corrected: whether there were any); z: the difference in "
    "standard errors",
    "contradictions": "label columns beside the given one: n samples that have another label there, of `compared`; "
    "wrong: estimated share of wrong labels in the column",
}


def list_findings(of: Evidence, found: Verdict, names: Sequence[str], classes: Sequence[str]) -> dict[str, Any]:
    """The keys of DEFINITIONS, lists of rows. names: (n,) of the samples."""
    confusions, given = found.confusions, of.given
    pairs = [
        {
            "class": classes[row],
            "given": classes[column],
            "n": round(float(confusions.counts[row, column]), 1),
            "expected": round(float(confusions.expected[row, column]), 1),
            "z": round(float(confusions.z[row, column]), 2),
            "corrected": confusions.corrected,
        }
        for row, column in confusions.pairs
    ]
    alone = np.flatnonzero(of.alone >= LISTED_FROM)
    alone = alone[np.argsort(-of.alone[alone], kind="stable")]
    outliers = [
        {
            "index": int(of.order[place]),
            "name": names[place],
            "given": classes[given[place]],
            "probability": round(float(of.alone[place]), 4),
        }
        for place in alone.tolist()
    ]
    duplicates = [
        {
            "index": of.order[members].tolist(),
            "names": [names[place] for place in members.tolist()],
            "given": [classes[label] for label in given[members].tolist()],
            "exact": len(set(of.same[members].tolist())) == 1,
        }
        for members in found.conflicts
    ]
    columns = []
    for name, labels in found.columns.others.items():
        there = labels >= 0
        row = {"column": name, "n": int((labels != given)[there].sum()), "compared": int(there.sum())}
        columns.append(row | {"wrong": round(found.columns.wrong[name], 4)})
    lists = {
        "blocks": _blocks(of, found, names),
        "duplicates": duplicates,
        "outliers": outliers,
        "pairs": pairs,
        "contradictions": columns,
    }
    return {name: {"n": len(rows), "listed": rows[:LISTED]} for name, rows in lists.items()}


def _blocks(of: Evidence, found: Verdict, names: Sequence[str]) -> list[dict[str, Any]]:
    rows = []
    for block in found.blocks:
        members = block.members[np.argsort(of.order[block.members], kind="stable")].tolist()
        row = {"first": names[members[0]], "last": names[members[-1]], "n": len(members), "group": block.group}
        row |= {"first_index": int(of.order[members[0]]), "last_index": int(of.order[members[-1]])}
        rows.append(row | {"wrong": round(block.wrong, 2), "chance": block.chance})
    return rows
