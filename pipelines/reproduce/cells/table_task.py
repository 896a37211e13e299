"""The task of a table."""

from l2b_run.settings.recipe import Kind
from pipelines.reproduce.cells.task import TableTask


def table_task(kind: Kind) -> TableTask:
    """The task of this kind; the other one's libraries are not loaded."""
    if kind == "classification":
        from pipelines.reproduce.cells.classification import TASK
    else:
        from pipelines.reproduce.cells.segmentation import TASK
    return TASK
