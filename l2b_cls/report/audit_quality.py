"""How good the audit's ranking is beside the baselines, as rows of a table."""

from collections.abc import Mapping
from typing import Any

NAMES = {"score": "this audit", "loss": "loss of the given label", "cleanlab": "cleanlab"}


def quality_rows(truth: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row each ranking of audit.json's "truth": name, and cells AUROC, average precision, flagged, precision, recall.

    "–" where a number is not defined, or a ranking flags nothing by itself.
    """
    rows = []
    for key, name in NAMES.items():
        ranking, flags = truth["ranking"].get(key), truth["flags"].get(key, {})
        if ranking is not None:
            numbers = (ranking["auroc"], ranking["average_precision"], flags.get("precision"), flags.get("recall"))
            cells = ["–" if value is None else f"{value:.3f}" for value in numbers]
            flagged = "–" if flags.get("flagged") is None else str(flags["flagged"])
            rows.append({"name": name, "cells": [*cells[:2], flagged, *cells[2:]]})
    return rows
