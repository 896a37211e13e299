"""A run's summary for a terminal."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table

_METRICS = ("accuracy", "balanced_accuracy", "auc")


def summary_table(summary: Mapping[str, Any], *, title: str) -> "Table":
    """A row each of the last and the best epoch: accuracy, balanced accuracy and AUC on the evaluated samples."""
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    table.add_column("epoch")
    for name in ("accuracy", "balanced accuracy", "AUC"):
        table.add_column(name, justify="right")
    test = summary["test"]
    for name, row in (("last", test["last"]), (f"best ({test['best']['epoch']})", test["best"])):
        table.add_row(name, *(_number(row[metric]) for metric in _METRICS))
    return table


def summary_lines(summary: Mapping[str, Any]) -> Iterator[str]:
    """Lines below the table: what the numbers are of, noise detection, cost."""
    yield (
        f"{summary['n_evaluation']} samples evaluated; best: chosen on the same samples; mean accuracy of the last "
        f"evaluations {summary['test']['mean_last_10']:.4f}"
    )
    found = {name: value for name, value in summary["auc_noise_detection"].items() if value is not None}
    if found:
        shown = ", ".join(f"{name.replace('_', ' ')} {value:.3f}" for name, value in found.items())
        yield f"AUC of noise detection over {summary['n_train']} training samples: {shown}"
    yield f"{summary['train_seconds']:.0f} s of training, {summary['peak_memory_mb']:.0f} MB at most"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
