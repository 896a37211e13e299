"""The ranking of an audit, RUN/audit/audit.json, for a report."""

from pathlib import Path
from typing import Any

from l2b_data.errors import DataError
from l2b_data.files.json_object import read_json_object

SHOWN = 100
# key of a slice's row, heading, decimals; None: a text
COLUMNS: tuple[tuple[str, str, int | None], ...] = (
    ("rank", "rank", 0),
    ("case", "slice", None),
    ("score", "suspicion", 3),
    ("diagnosis", "diagnosis", None),
    ("dice", "Dice with the model", 3),
    ("hd95", "HD95", 1),
    ("loss", "mean loss", 3),
    ("state", "state", None),
)
PLACE = 1  # the column that leads to the slice


def read_audit(run: Path) -> dict[str, Any] | None:
    """audit.json of a run folder, None where there is none. Raises DataError where it is damaged."""
    path = run / "audit" / "audit.json"
    if not path.is_file():
        return None
    found = read_json_object(path, way_out="")
    rows = found.get("slices")
    if not isinstance(rows, list) or not all(isinstance(row, dict) and "case" in row for row in rows):
        raise DataError(f"{path} holds no ranking of slices; run the audit again")
    return found


def audited_cases(run: Path) -> list[str]:
    """The audited cases in the order of their most suspicious slices; empty without an audit."""
    return list(dict.fromkeys(str(row["case"]) for row in _rows(run)))


def audited_slices(run: Path, case: str) -> set[int]:
    """The slices of `case` among those that `audit_table` shows; empty without an audit."""
    rows = _rows(run)[:SHOWN]
    return {row["slice"] for row in rows if str(row["case"]) == case and isinstance(row.get("slice"), int)}


def _rows(run: Path) -> list[dict[str, Any]]:
    found = read_audit(run)
    return [] if found is None else found["slices"]


def audit_table(label: str, run: Path) -> dict[str, Any] | None:
    """The first SHOWN slices of the ranking as texts and numbers for the page, None without an audit."""
    found = read_audit(run)
    if found is None:
        return None
    rows = found["slices"][:SHOWN]
    meanings = _object(found.get("definitions"))
    of_slices = _object(meanings.get("slices"))
    columns = [column for column in COLUMNS if any(row.get(column[0]) is not None for row in rows)]
    return {
        "label": label,
        "judged_by": meanings.get("judged_by"),
        "definitions": {heading: of_slices[key] for key, heading, _ in columns if key in of_slices},
        "columns": [(heading, decimals is None) for _, heading, decimals in columns],
        "place": PLACE,
        "total": len(found["slices"]),
        "rows": [
            {
                "case": str(row["case"]),
                "slice": row.get("slice") if isinstance(row.get("slice"), int) else None,
                "cells": [_cell(row, key, decimals) for key, _, decimals in columns],
            }
            for row in rows
        ],
    }


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _cell(row: dict[str, Any], key: str, decimals: int | None) -> dict[str, Any]:
    """text, whether the column is one of texts, and the number to sort by, None where it is not known."""
    value = row.get(key)
    if key == "case":
        return {"text": f"{value}, slice {row.get('slice')}", "is_text": True, "value": None}
    if decimals is None:
        return {"text": "" if value is None else str(value), "is_text": True, "value": None}
    number = float(value) if isinstance(value, int | float) else None
    return {"text": "–" if number is None else f"{number:.{decimals}f}", "is_text": False, "value": number}
