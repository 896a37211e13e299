"""A table of which some runs are finished."""

import pytest

from pipelines.reproduce.cells.choose_runs import Asked, choose_runs
from pipelines.reproduce.cells.table_task import table_task
from pipelines.reproduce.results.collect import collect
from pipelines.reproduce.tables.read_table import read_table
from tests.pipelines.reproduce.finished import finish

ASKED = {"cells": ["cifar10:0.4"], "methods": ["ce", "l2b"], "seeds": 3}


@pytest.fixture
def reproduced(tmp_path):
    """reproduced(name, {row: [accuracy of the best epoch, a seed each]}, **asked) -> Results; last is 0.1 below."""

    def make(name, best, *, kind="classification", failed=None, **asked):
        table, task = read_table(name, kind), table_task(kind)
        asked = Asked(tmp_path, asked.pop("data", {"cifar10": tmp_path}), "cpu", **asked)
        for run in choose_runs(table, asked, task.methods):
            values = best.get(run.row.key, [])
            if run.seed < len(values):
                scores = {"accuracy": values[run.seed]}, {"accuracy": values[run.seed] - 0.1}
                finish(run, kind, best=scores[0], last=scores[1])
        return collect(table, task, asked, known=task.methods, failed=failed)

    return make
