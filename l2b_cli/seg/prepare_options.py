"""Options and the last line that the `prepare` commands share."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from data_prep.own_cases.label_values import LabelValues
    from data_prep.own_cases.split import SplitOptions
    from l2b_data.cases.dataset import Dataset

Out = Annotated[Path, typer.Option(help="Folder of the prepared data set; must not exist or be empty.")]
MetaCases = Annotated[
    str | None, typer.Option(help="ID,ID: the cases whose masks you vouch for (clean meta cases).", show_default=False)
]
MetaCount = Annotated[
    int, typer.Option(min=0, help="How many meta cases are drawn where none are named; their masks count as clean.")
]
TestCases = Annotated[str | None, typer.Option(help="ID,ID: the test cases.", show_default=False)]
TestFraction = Annotated[float, typer.Option(help="Share of the cases drawn for testing where none are named.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of what is drawn.")]
Groups = Annotated[
    Path | None,
    typer.Option(help="Table (.csv: case,group) of patients or lesions, never split.", show_default=False),
]
GroupRegex = Annotated[
    str | None,
    typer.Option(help="Or the group in the case id: what the bracket finds, '(.+)_slice'.", show_default=False),
]
LabelValuesText = Annotated[
    str | None,
    typer.Option(
        "--label-values",
        help="What the values in the masks mean: background=0,lesion=255, or background=0,gland=1+2 for two in one.",
        show_default=False,
    ),
]
SpacingUnit = Annotated[
    str, typer.Option(help="mm, voxel, or auto: voxel where an image has no spacing. Distances are counted in it.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def split_options(
    meta_cases: str | None, meta_count: int, test_cases: str | None, test_fraction: float, seed: int
) -> "SplitOptions":
    """The split as the options ask for it."""
    from data_prep.own_cases.split import SplitOptions

    return SplitOptions(names(meta_cases), meta_count, names(test_cases), test_fraction, seed)


def parsed_values(text: str | None) -> "LabelValues | None":
    """The label values as the option gives them; ConfigError where it cannot be understood."""
    from data_prep.own_cases.label_values import parse_label_values

    return None if text is None else parse_label_values(text)


def names(text: str | None) -> tuple[str, ...]:
    """A,B -> ("A", "B"); () for None."""
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())


def print_result(dataset: "Dataset", as_json: bool) -> None:
    """What was prepared, on stdout: one line for people, or one JSON object."""
    counts = {name: len(cases) for name, cases in dataset.splits.items()}
    if as_json:
        row = {
            "out": str(dataset.root),
            "cases": counts,
            "classes": dataset.classes,
            "channels": dataset.channels,
            "spacing_unit": dataset.spacing_unit,
        }
        typer.echo(json.dumps(row))
        return
    listed = ", ".join(f"{number} {name}" for name, number in counts.items())
    classes = ", ".join(f"{number} {name}" for name, number in dataset.classes.items())
    typer.echo(
        f"{dataset.root}: {listed} cases; classes {classes}; channels {', '.join(dataset.channels)}; "
        f"distances in {dataset.spacing_unit}"
    )
