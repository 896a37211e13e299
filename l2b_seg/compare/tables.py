"""The result of `compare` as tables for a terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from l2b_data.cases.noise_manifest import noise_text
from l2b_run.compare.two_runs import p_text, side_lines
from l2b_seg.metrics.summary import OVERLAPS

_SMALLEST_P = 0.05


def case_table(comparison: Mapping[str, Any]) -> Table:
    """A row a case, from the largest loss of B to its largest gain: the value in A, in B, and B - A."""
    metric, higher = comparison["metric"], comparison["higher_is_better"]
    table = Table(pad_edge=False)
    table.add_column("case", overflow="fold", min_width=10)
    for header in (f"{metric} A", f"{metric} B", "B - A"):
        table.add_column(header, justify="right", no_wrap=True)
    table.add_column("better")
    for row in comparison["cases"]:
        gain = row["difference"] if higher else -row["difference"]
        better = "B" if gain > 0 else "A" if gain < 0 else "-"
        numbers = (_number(metric, row["a"]), _number(metric, row["b"]), _number(metric, row["difference"], sign=True))
        table.add_row(Text(row["case"]), *numbers, better)
    return table


def summary_table(comparison: Mapping[str, Any]) -> Table:
    """A row for all cases, and with several classes one a class: means, difference, interval, p, wins."""
    metric = comparison["metric"]
    table = Table(pad_edge=False)
    table.add_column("", overflow="fold", min_width=8)
    for header in ("n", "mean A", "mean B", "B - A", "95 % interval", "p", "W/T/L"):
        table.add_column(header, justify="right", no_wrap=True)
    for name, row in {"all": comparison, **comparison["classes"]}.items():
        means = [_number(metric, row[f"mean_{key}"], sign=key == "difference") for key in ("a", "b", "difference")]
        interval = " ".join(_number(metric, value, sign=True) for value in row["interval"] or (None,))
        outcome = f"{row['wins']}/{row['ties']}/{row['losses']}"
        table.add_row(Text(name), str(row["n"]), *means, interval, p_text(row["wilcoxon_p"]), outcome)
    return table


def comparison_notes(comparison: Mapping[str, Any]) -> Iterator[str]:
    """Lines below the tables: what A and B are, how interval and p were made, what they cannot say."""
    yield from side_lines(comparison, noise=noise_text)
    unit = "" if comparison["unit"] is None else f" in {comparison['unit']}"
    better = "larger" if comparison["higher_is_better"] else "smaller"
    yield (
        f"{comparison['metric']}{unit}, {better} is better; interval: bootstrap of the cases, "
        f"{comparison['resamples']} draws, seed {comparison['seed']}; p: Wilcoxon signed-rank, two-sided; "
        "W/T/L: cases where B is better, equal, worse"
    )
    differing = comparison["n"] - comparison["ties"]
    smallest = 2.0 ** (1 - differing)
    if differing and smallest > _SMALLEST_P:
        yield f"with {differing} differing pairs p cannot be below {smallest:.2g}: evaluate more cases, or more seeds"


def _number(metric: str, value: float | None, *, sign: bool = False) -> str:
    if value is None:
        return "-"
    digits = 4 if metric in OVERLAPS else 2
    return f"{value:+.{digits}f}" if sign else f"{value:.{digits}f}"
