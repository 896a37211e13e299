"""Options and the last lines that the `prepare` commands share."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from l2b_cli.shared.options import Seed
from l2b_cli.shared.result import print_result
from l2b_cli.shared.say import stderr_lines
from l2b_data.files.shorten import first_names

if TYPE_CHECKING:
    from data_prep.label_sets.class_split import SplitShares
    from l2b_data.samples.image_set import ImageSet

Workers = Annotated[int, Option(min=1, help="Threads that decode.")]
SkipAbsent = Annotated[bool, Option("--skip-absent", help="Leave out what is listed and has no image file.")]
ClassNames = Annotated[str | None, Option(help="A,B,...: the classes, in their order.")]

_SHOWN = 14


@dataclass(frozen=True)
class Split:
    """Which samples are for training, which for validation, which for testing."""

    test_fraction: Annotated[float, Option(help="Share of every class drawn for testing.")] = 0.2
    val_fraction: Annotated[float, Option(help="Share of every class drawn for validation.")] = 0.0
    seed: Seed = 0

    def drawn(self) -> "SplitShares":
        from data_prep.label_sets.class_split import SplitShares

        return SplitShares(self.test_fraction, self.val_fraction, self.seed)


def run_prepare(prepare: "Callable[..., ImageSet]", *sources: Any, as_json: bool, **options: Any) -> None:
    """Prepare with progress, then print what was prepared."""
    with stderr_lines("prepare") as say:
        image_set = prepare(*sources, **options, say=say)
    print_prepared(image_set, as_json=as_json)


def print_prepared(image_set: "ImageSet", *, as_json: bool) -> None:
    """A few lines for people, or JSON."""
    from l2b_data.samples.label_table import PARTS, SPLITS

    counts = {split: len(image_set.indices(split)) for split in PARTS}
    counts = {split: number for split, number in counts.items() if number or split in SPLITS}
    row = {
        "out": str(image_set.root),
        "images": counts,
        "classes": image_set.classes,
        "size": list(image_set.size),
        "channels": image_set.channels,
        "label_sets": list(image_set.given),
    }
    print_result(row, _lines(image_set, counts), as_json=as_json)


def _lines(image_set: "ImageSet", counts: dict[str, int]) -> Iterator[str]:
    listed = ", ".join(f"{number:,} {split}" for split, number in counts.items() if number)
    height, width = image_set.size
    colour = "colour" if image_set.channels == 3 else "grey"
    yield f"{image_set.root}: {listed} images of {height} x {width}, {colour}"
    yield f"{len(image_set.classes)} classes: {first_names(image_set.classes, _SHOWN)}"
    if image_set.given:
        yield f"further label sets: {', '.join(image_set.given)}"
