"""Which tables there are, what they compare, and what they need."""

from collections.abc import Collection
from typing import Any

from l2b_run.settings.recipe import Kind
from pipelines.reproduce.tables.read_table import read_tables, unknown_methods


def list_tables(kind: Kind, known: Collection[str]) -> list[dict[str, Any]]:
    """A dict a table, plain values. known: the methods there are; those that a row names besides are listed too."""
    return [
        {
            "table": table.name,
            "title": table.title,
            "source": table.source,
            "metrics": list(dict.fromkeys(table.metric_of(column) for column in table.columns)),
            "data": table.data,
            "cells": table.cells,
            "rows": [
                {"row": row.key, "title": row.title, "method": row.method, "runs": row.method in known}
                for row in table.rows
            ],
            "unknown_methods": unknown_methods(table, known),
        }
        for table in read_tables(kind)
    ]
