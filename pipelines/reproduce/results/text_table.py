"""Results as text: blocks of columns narrow enough for a terminal, a row's published number above ours."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipelines.reproduce.results.collect import Cell, Number, Results
from pipelines.reproduce.tables.table import METRICS, Row, Table

WIDTH = 100  # characters of a block, where nothing else limits it
NONE = "–"
_BETWEEN = 2  # columns


@dataclass(frozen=True)
class Line:
    """title: of the row, "" below its first line. what: paper, best or last. texts: a column each."""

    title: str
    what: str
    texts: list[str]


@dataclass(frozen=True)
class Block:
    """Some columns of one data set. heading: the data set. heads: of the columns."""

    heading: str
    heads: list[str]
    lines: list[Line]


def blocks(results: Results, width: int = WIDTH) -> list[Block]:
    """The columns by data set, each set's in as few blocks of at most `width` characters as will do, evenly spread."""
    by_data: dict[str, list[int]] = {}
    for number, column in enumerate(results.columns):
        by_data.setdefault(column.data, []).append(number)
    found = []
    for data, numbers in by_data.items():
        for size in range(len(numbers), 0, -1):
            even = -(-len(numbers) // -(-len(numbers) // size))
            made = [_block(results, data, numbers[at : at + even]) for at in range(0, len(numbers), even)]
            if size == 1 or all(_width(block) <= width for block in made):
                found += made
                break
    return found


def _block(results: Results, data: str, numbers: Sequence[int]) -> Block:
    table = results.table
    heads = [table.head_of(results.columns[number]) for number in numbers]
    lines = [
        line
        for row, cells in zip(table.rows, results.cells, strict=True)
        for line in _lines(table, row, [cells[number] for number in numbers])
    ]
    return Block(data, heads, lines)


def _width(block: Block) -> int:
    """Characters of its longest line."""
    rows = [[block.heading, "", *block.heads], *([line.title, line.what, *line.texts] for line in block.lines)]
    return sum(max(map(len, column)) + _BETWEEN for column in zip(*rows, strict=True)) - _BETWEEN


def _lines(table: Table, row: Row, cells: list[Cell]) -> Iterator[Line]:
    """The published numbers, if there are any, and ours, if there are any; a line of nothing where there are none."""
    title = f"{row.title} (B)" if row.quoted else row.title
    shown = {
        "paper": [_published(table, cell.paper) for cell in cells],
        "best": [_ours(table, cell.best) for cell in cells],
        "last": [_ours(table, cell.last) for cell in cells],
    }
    for what, texts in shown.items():
        if any(text != NONE for text in texts) or (what == "paper" and not any(cell.runs for cell in cells)):
            yield Line(title, what, texts)
            title = ""


def _published(table: Table, number: Number | None) -> str:
    """In as many digits as the table has; how many runs it is a mean of stands in the caption."""
    if number is None:
        return NONE
    spread = "" if number.std is None else f" ± {number.std:.{table.decimals}f}"
    return f"{number.mean:.{table.decimals}f}{spread}"


def _ours(table: Table, number: Number | None) -> str:
    return NONE if number is None else f"{_published(table, number)} ({number.n})"


def heading(results: Results) -> str:
    """What table it is, on one line."""
    return f"{results.table.name}: {results.table.title}. {results.table.source}"


def caption(results: Results) -> list[str]:
    """What stands below the table, a line each: how to read it, what was run, the paper's protocol, what is missing."""
    table, asked = results.table, results.asked
    words = ", ".join(dict.fromkeys(METRICS[table.metric_of(column)].word for column in results.columns))
    paper = "Curves: mean of our runs, shaded from the lowest to the highest" if table.figure else "paper: as published"
    lines = [
        f"{words[:1].upper()}{words[1:]}. {paper}. best, last: our runs, at their best and at their last epoch: mean ± "
        "standard deviation (number of runs)."
    ]
    lines += ["(B): quoted by the paper from others."] * any(row.quoted for row in table.rows)
    sets = "".join(f" --set {text}" for text in asked.overrides)
    lines.append(f"Ours: preset {asked.preset}{',' * bool(sets)}{sets}.")
    for data, texts in results.described.items():
        for text, rows in texts.items():
            which = f" ({', '.join(rows)})" if len(texts) > 1 else ""
            lines.append(f"{data}: {text}{which}.")
    if asked.preset != "paper" or asked.overrides:
        lines.append("Not the paper's size: compare our rows with each other, not with the published numbers.")
    if table.runs:
        lines.append(f"The paper's own numbers are means of {table.runs} runs.")
    return [*lines, *table.notes, *results.skipped, *(f"Failed: {name}: {why}" for name, why in results.failed.items())]
