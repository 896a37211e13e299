"""A run's summary for a terminal."""

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from l2b_cls.metrics.summary import EvaluationSummary, Summary

_METRICS = ("accuracy", "balanced_accuracy", "auc")


def summary_table(summary: Summary, *, title: str) -> Table:
    """A row each of the last and the best epoch: accuracy, balanced accuracy and AUC on the evaluated samples."""
    caption = "The network predicts one class alone" if summary.one_class else None
    table = Table(title=title, title_justify="left", caption=caption, caption_justify="left")
    table.add_column("epoch")
    for name in ("accuracy", "balanced accuracy", "AUC"):
        table.add_column(name, justify="right")
    test = summary.test
    for name, row in (("last", test.last), (f"best ({test.best.epoch})", test.best)):
        table.add_row(name, *(_number(getattr(row, metric)) for metric in _METRICS))
    return table


def summary_lines(summary: Summary) -> Iterator[str]:
    """Lines below the table: what the numbers are of, noise detection, cost."""
    yield (
        f"{summary.n_evaluation} samples evaluated; best: chosen on the same samples; mean accuracy of the last "
        f"evaluations {summary.test.mean_last_10:.4f}"
    )
    found = {name: value for name, value in summary.auc_noise_detection.items() if value is not None}
    if found:
        shown = ", ".join(f"{name.replace('_', ' ')} {value:.3f}" for name, value in found.items())
        yield f"AUC of noise detection over {summary.n_train} training samples: {shown}"
    yield f"{summary.train_seconds:.0f} s of training, {summary.peak_memory_mb:.0f} MB at most"


def class_tables(metrics: EvaluationSummary, *, most: int = 12) -> Iterator[Table | str]:
    """A row a class: its samples and the share recognised; up to `most` classes then the counts of what was predicted.

    Two tables, so that names and counts need not share the width of a terminal: a name is never split.
    """
    names, counts = metrics.classes, metrics.confusion_matrix
    table = Table()
    table.add_column("class", overflow="fold")
    for header in ("samples", "recall"):
        table.add_column(header, justify="right", no_wrap=True)
    for number, (name, row) in enumerate(zip(names, counts, strict=True)):
        recall = f"{row[number] / sum(row):.3f}" if sum(row) else "-"
        table.add_row(Text(f"{number} {name}"), str(sum(row)), recall)
    yield table
    if len(names) <= most:
        yield "row: label, column: predicted class"
        matrix = Table(padding=(0, 0, 0, 1))
        for header in ("", *map(str, range(len(names)))):
            matrix.add_column(header, justify="right", no_wrap=True)
        for number, row in enumerate(counts):
            matrix.add_row(str(number), *map(str, row))
        yield matrix


def metrics_line(metrics: EvaluationSummary) -> str:
    """The metrics of an evaluation in one line."""
    accuracy, balanced, auc = (_number(getattr(metrics, name)) for name in _METRICS)
    samples = f"{metrics.n_evaluation} samples ({metrics.samples})"
    return f"{samples}: accuracy {accuracy}, balanced accuracy {balanced}, AUC {auc}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
