"""Options and the last line that the `prepare` commands share."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from l2b_data.samples.image_set import ImageSet

Out = Annotated[Path, typer.Option(help="Folder of the prepared set; must not exist or be empty.")]
TestFraction = Annotated[float, typer.Option(help="Share of every class drawn for testing.")]
ValFraction = Annotated[float, typer.Option(help="Share of every class drawn for validation.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of what is drawn.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]

_SHOWN = 14


def names(text: str | None) -> list[str]:
    """A,B -> ["A", "B"]; [] for None."""
    return [name.strip() for name in (text or "").split(",") if name.strip()]


def print_result(image_set: "ImageSet", as_json: bool) -> None:
    """What was prepared, on stdout: a few lines for people, or one JSON object."""
    from l2b_data.samples.label_table import SPLITS

    counts = {split: len(image_set.indices(split)) for split in SPLITS}
    if as_json:
        row = {
            "out": str(image_set.root),
            "images": counts,
            "classes": image_set.classes,
            "size": list(image_set.size),
            "channels": image_set.channels,
            "label_sets": list(image_set.given),
        }
        typer.echo(json.dumps(row))
        return
    listed = ", ".join(f"{number:,} {split}" for split, number in counts.items() if number)
    height, width = image_set.size
    colour = "colour" if image_set.channels == 3 else "grey"
    typer.echo(f"{image_set.root}: {listed} images of {height} x {width}, {colour}")
    classes = image_set.classes
    more = f" and {len(classes) - _SHOWN} more" if len(classes) > _SHOWN else ""
    typer.echo(f"{len(classes)} classes: {', '.join(classes[:_SHOWN])}{more}")
    if image_set.given:
        typer.echo(f"further label sets: {', '.join(image_set.given)}")
