"""`l2b-cls prepare folder`: a user's own images."""

from pathlib import Path
from typing import Annotated

import typer

from l2b_cli.cls.prepare_options import AsJson, Out, Seed, TestFraction, ValFraction, names, print_result
from l2b_cli.shared.say import stderr_lines
from l2b_data.errors import ConfigError


def folder(
    out: Out,
    source: Annotated[Path, typer.Option(help="SOURCE/CLASS/*.jpg or SOURCE/train|val|test/CLASS/*.jpg.")],
    table: Annotated[
        Path | None,
        typer.Option(help="Instead of class folders: a .csv of file,label[,split,group].", show_default=False),
    ] = None,
    class_names: Annotated[
        str | None, typer.Option(help="A,B,...: the classes, in their order.", show_default=False)
    ] = None,
    given: Annotated[
        str | None, typer.Option(help="C,D,...: columns of the table that are further label sets.", show_default=False)
    ] = None,
    size: Annotated[
        str | None,
        typer.Option(help="N or HxW pixels that images are resized to; needed if sizes differ.", show_default=False),
    ] = None,
    grey: Annotated[bool, typer.Option("--grey", help="Read images as grey; else as colour.")] = False,
    group_regex: Annotated[
        str | None,
        typer.Option(help="The group (patient) in the file's path: what the bracket finds.", show_default=False),
    ] = None,
    test_fraction: TestFraction = 0.2,
    val_fraction: ValFraction = 0.0,
    seed: Seed = 0,
    workers: Annotated[int, typer.Option(min=1, help="Threads that decode.")] = 2,
    as_json: AsJson = False,
) -> None:
    """Your own images: class folders, or a table of files and labels."""
    from data_prep.label_sets.class_folder import prepare_class_folder
    from data_prep.label_sets.class_split import SplitShares

    with stderr_lines("prepare") as say:
        image_set = prepare_class_folder(
            source,
            out,
            table=table,
            class_names=names(class_names) or None,
            given=names(given),
            shares=SplitShares(test_fraction, val_fraction, seed),
            group_regex=group_regex,
            size=_size(size),
            grey=grey,
            workers=workers,
            say=say,
        )
    print_result(image_set, as_json)


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    sides = text.lower().split("x")
    if len(sides) > 2 or not all(side.isdecimal() and 1 <= int(side) <= 4096 for side in sides):
        raise ConfigError(f"--size {text}: one number, or height x width as 224x160; 1 to 4096 pixels")
    return int(sides[0]), int(sides[-1])
