"""Options and the last line that the `prepare` commands share."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from l2b_cli.shared.options import Seed, names
from l2b_cli.shared.result import print_result
from l2b_cli.shared.say import stderr_lines

if TYPE_CHECKING:
    from data_prep.own_cases.split import SplitOptions
    from l2b_data.cases.dataset import Dataset

MetaCount = Annotated[
    int, Option(min=0, help="How many meta cases are drawn where none are named; their masks count as clean.")
]


@dataclass(frozen=True)
class Split:
    """Which cases are for training, which are clean ones, which for testing."""

    meta_cases: Annotated[str | None, Option(help="ID,ID: cases whose masks you vouch for (clean meta cases).")] = None
    meta_count: MetaCount = 3
    test_cases: Annotated[str | None, Option(help="ID,ID: the test cases.")] = None
    test_fraction: Annotated[float, Option(help="Share of the cases drawn for testing where none are named.")] = 0.2
    seed: Seed = 0

    def drawn(self) -> "SplitOptions":
        from data_prep.own_cases.split import SplitOptions

        named = names(self.meta_cases), names(self.test_cases)
        return SplitOptions(named[0], self.meta_count, named[1], self.test_fraction, self.seed)


@dataclass(frozen=True)
class Reading:
    """How cases and masks of a user's own are understood."""

    groups: Annotated[Path | None, Option(help="Table (.csv: case,group) of patients or lesions, never split.")] = None
    group_regex: Annotated[str | None, Option(help="Or of the case id what the bracket finds, '(.+)_slice'.")] = None
    label_values: Annotated[
        str | None, Option(help="Meaning of the masks' values: background=0,lesion=255; gland=1+2 for two in one.")
    ] = None
    spacing_unit: Annotated[
        str, Option(help="Unit of distances: mm, voxel, or auto (voxel where an image has no spacing).")
    ] = "auto"

    def arguments(self) -> dict[str, Any]:
        """Those of the functions that prepare. Raises ConfigError where the label values cannot be understood."""
        from data_prep.own_cases.label_values import parse_label_values

        values = None if self.label_values is None else parse_label_values(self.label_values)
        groups = {"groups_file": self.groups, "group_regex": self.group_regex}
        return {**groups, "label_values": values, "spacing_unit": self.spacing_unit}


def run_prepare(prepare: "Callable[..., Dataset]", *sources: Any, as_json: bool, **options: Any) -> None:
    """Prepare with progress, then print what was prepared: one line for people, or JSON."""
    with stderr_lines("prepare") as say:
        dataset = prepare(*sources, **options, say=say)
    counts = {name: len(cases) for name, cases in dataset.splits.items()}
    row = {
        "out": str(dataset.root),
        "cases": counts,
        "classes": dataset.classes,
        "channels": dataset.channels,
        "spacing_unit": dataset.spacing_unit,
    }
    listed = ", ".join(f"{number} {name}" for name, number in counts.items())
    classes = ", ".join(f"{number} {name}" for name, number in dataset.classes.items())
    line = (
        f"{dataset.root}: {listed} cases; classes {classes}; channels {', '.join(dataset.channels)}; "
        f"distances in {dataset.spacing_unit}"
    )
    print_result(row, (line,), as_json=as_json)
