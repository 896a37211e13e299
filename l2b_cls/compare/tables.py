"""The result of `compare` as a table for a terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from l2b_run.compare.two_runs import p_text, side_lines

_CLASSES = 20


def comparison_table(comparison: Mapping[str, Any]) -> Table:
    """A row for all samples and one a class: n, accuracies, difference, interval, who alone is right, p.

    Of more than _CLASSES classes those with the largest differences are shown.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=0)  # 80 columns, with room for the class
    table.add_column("class", overflow="fold", min_width=6)
    for header in ("n", "A", "B", "B - A", "95 % interval", "A/B alone", "p"):
        table.add_column(header, justify="right", no_wrap=True)
    classes = sorted(comparison["classes"].items(), key=lambda item: -abs(item[1]["difference"]))[:_CLASSES]
    shown = [(name, row) for name, row in comparison["classes"].items() if (name, row) in classes]
    for name, row in [("all", comparison), *shown]:
        numbers = (f"{row['accuracy_a']:.4f}", f"{row['accuracy_b']:.4f}", f"{row['difference']:+.4f}")
        interval = " ".join(f"{value:+.3f}" for value in row["interval"] or ()) or "-"
        alone = f"{row['only_a_right']}/{row['only_b_right']}"
        tested = (*numbers, interval, alone, p_text(row["mcnemar_p"]))
        table.add_row(Text(name), str(row["n"]), *tested, end_section=name == "all")
    return table


def comparison_notes(comparison: Mapping[str, Any]) -> Iterator[str]:
    """Lines below the table: what A and B are, how interval and p were made, what they cannot say."""
    yield from side_lines(comparison, noise=lambda noise: noise)
    left_out = len(comparison["classes"]) - _CLASSES
    if left_out > 0:
        yield f"{_CLASSES} of {_CLASSES + left_out} classes, those with the largest differences; --json has all"
    yield (
        f"accuracy, a class's own in its row; interval: bootstrap of the samples, {comparison['resamples']} draws, "
        f"seed {comparison['seed']}; A/B alone: samples that one of them alone has right; p: exact McNemar test "
        "on these, two-sided"
    )
    yield f"balanced accuracy, B - A: {comparison['balanced_difference']:+.4f}"
    yield "one run each: interval and p cover the draw of test samples, not the seed of the training"
