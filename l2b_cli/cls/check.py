"""`l2b-cls check`: integrity of a prepared set."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from l2b_cli.shared.findings import print_findings
from l2b_cli.shared.options import AsJson
from l2b_cli.shared.say import stderr_lines

_SHOWN_CLASSES = 30


def check(
    data: Annotated[Path, Argument(help="Prepared set.")],
    max_images: Annotated[int | None, Option(min=1, help="Read so many images, evenly spread; default: all.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check labels, splits and images of a prepared set. Exit code 3 if there is a fault."""
    from l2b_data.samples.check import check_image_set, class_counts

    with stderr_lines("check", quiet=as_json) as say:
        image_set, found = check_image_set(data, max_images=max_images, say=say)
    counts = class_counts(image_set) if image_set is not None else {}
    number = (len(image_set) if image_set is not None else 0, "image")
    more, before = {"class_counts": counts}, _count_lines(counts)
    print_findings(str(data), found, number=number, more=more, before=before, as_json=as_json)


def _count_lines(counts: dict[str, dict[str, int]]) -> Iterator[str]:
    """Class by split, the first of many classes."""
    rows = list(counts.items())
    width = max(len(name) for name in ("class", *counts))
    if rows:
        yield f"{'class':<{width}}" + "".join(f"{split:>9}" for split in rows[0][1])
    for name, row in rows[:_SHOWN_CLASSES]:
        yield f"{name:<{width}}" + "".join(f"{number:>9,}" for number in row.values())
    if len(rows) > _SHOWN_CLASSES:
        yield f"and {len(rows) - _SHOWN_CLASSES} more classes"
