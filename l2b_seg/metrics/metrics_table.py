"""The summary of `summarise` as a table for a terminal."""

from collections.abc import Mapping

from rich.table import Table
from rich.text import Text

from l2b_seg.metrics.summary import OVERLAPS, Counted, Summary

_SHOWN = {"dice": "Dice", "iou": "IoU", "hd": "HD", "hd95": "HD95", "assd": "ASSD", "nsd": "NSD"}


def metrics_table(summary: Summary, *, title: str | None = None) -> Table:
    """The summary as a rich table of at most 80 columns: a row a case, then the mean and the penalised mean.

    With several classes the same two rows follow for each class. `title` is a line above the table.
    """
    table = Table(title=title, title_justify="left", caption=_caption(summary), caption_justify="left", pad_edge=False)
    table.add_column("case", overflow="fold", min_width=10)
    for header in _SHOWN.values():
        table.add_column(header, justify="right", no_wrap=True)
    table.add_column("status", no_wrap=True)
    for row in summary.metric_per_case:
        # Text, not str: a case id with square brackets is no markup
        table.add_row(Text(row.case), *_cells({name: getattr(row, name) for name in _SHOWN}), row.status)
    table.add_section()
    _add_means(table, "mean", summary)
    for name, alone in (summary.classes or {}).items():
        table.add_section()
        _add_means(table, name, alone)
    return table


def _add_means(table: Table, name: str, summary: Counted) -> None:
    table.add_row(Text(name), *_cells(summary.mean), f"n={summary.n_defined}")
    if summary.n_missed + summary.n_false_alarm:
        n = summary.n_cases - summary.n_both_empty
        table.add_row("penalised", *_cells(summary.penalised_mean), f"n={n}")


def _cells(values: Mapping[str, float | None]) -> list[str]:
    shown = ((values[name], 4 if name in OVERLAPS else 2) for name in _SHOWN)
    return ["-" if value is None else f"{value:.{decimals}f}" for value, decimals in shown]


def _caption(summary: Summary) -> str:
    unit, tolerance = summary.unit, summary.tolerance
    several = "; of a case with several classes the mean over them" if summary.classes else ""
    return (
        f"distances in {unit}"
        + ("" if tolerance is None else f"; NSD at {tolerance:g} {unit}")
        + several
        + f"\nn = cases with distances; {summary.n_missed} missed, {summary.n_false_alarm} false alarms, "
        f"{summary.n_both_empty} both empty"
        + ("\nThe network predicts nothing, or one class" if summary.one_class else "")
    )
