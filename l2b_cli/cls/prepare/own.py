"""`l2b-cls prepare folder`: a user's own images."""

from pathlib import Path
from typing import Annotated

from typer import Option

from l2b_cli.cls.prepare.options import ClassNames, Split, Workers, run_prepare
from l2b_cli.shared.options import AsJson, PreparedOut, names, spread
from l2b_data.errors import ConfigError


@spread
def folder(
    out: PreparedOut,
    source: Annotated[Path, Option(help="SOURCE/CLASS/*.jpg or SOURCE/train|val|test/CLASS/*.jpg.")],
    split: Split,
    table: Annotated[
        Path | None, Option(help="Instead of class folders: .csv of file,label[,split,group], or HAM10000's.")
    ] = None,
    class_names: ClassNames = None,
    given: Annotated[str | None, Option(help="C,D,...: columns of the table that are further label sets.")] = None,
    meta_list: Annotated[
        Path | None, Option(help="Text file of images whose labels are right, one a line; they judge.")
    ] = None,
    size: Annotated[str | None, Option(help="N or HxW pixels to resize images to; needed if sizes differ.")] = None,
    grey: Annotated[bool, Option("--grey", help="Read images as grey; else as colour.")] = False,
    group_regex: Annotated[str | None, Option(help="Group (patient) in a file's path: what the bracket finds.")] = None,
    skip_unreadable: Annotated[
        bool, Option("--skip-unreadable", help="Leave out images that cannot be read, and list them.")
    ] = False,
    workers: Workers = 2,
    as_json: AsJson = False,
) -> None:
    """Your own images: class folders, or a table of files and labels."""
    from data_prep.label_sets.class_folder import prepare_class_folder

    run_prepare(
        prepare_class_folder,
        source,
        out,
        table=table,
        class_names=names(class_names) or None,
        given=names(given),
        meta_list=meta_list,
        shares=split.drawn(),
        group_regex=group_regex,
        size=_size(size),
        grey=grey,
        skip_unreadable=skip_unreadable,
        workers=workers,
        as_json=as_json,
    )


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    sides = text.lower().split("x")
    if len(sides) > 2 or not all(side.isdecimal() and 1 <= int(side) <= 4096 for side in sides):
        raise ConfigError(f"--size {text}: one number, or height x width as 224x160; 1 to 4096 pixels")
    return int(sides[0]), int(sides[-1])
