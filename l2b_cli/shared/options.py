"""Options that commands of both tools share."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, is_dataclass
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Literal

from typer import Argument, Option

from l2b_data.files.unicode_form import composed

AsJson = Annotated[bool, Option("--json", help="Print the result as JSON.")]
Device = Annotated[str, Option(help="auto, cpu, cuda or cuda:N.")]
Run = Annotated[Path, Argument(metavar="RUN", help="Folder of a finished run.")]
Members = Annotated[list[Path], Argument(metavar="RUN", help="Folder of a finished run; several: an ensemble.")]
Moved = Annotated[Path | None, Option(help="The run's data set, where it has moved since training.")]
Seed = Annotated[int, Option(min=0, help="Seed of what is drawn.")]
PreparedOut = Annotated[Path, Option(help="Folder of the prepared data set; must not exist or be empty.")]
Download = Annotated[bool, Option("--download", help="Fetch the published archive (checked, resumed).")]
DownloadDir = Annotated[Path | None, Option(help="Where the download is kept; the cache if left out.")]
RunB = Annotated[Path, Argument(metavar="RUN_B", help="The other one; differences are B - A.")]
BootstrapSeed = Annotated[int, Option(min=0, help="Seed of the bootstrap.")]
Runs = Annotated[list[Path], Argument(metavar="RUN...", help="Run folders, in the order of the table.")]
Page = Annotated[Path, Option(help="The HTML file to write.")]
Title = Annotated[str, Option(help="Heading of the page.")]

_TRACK = "Beside metrics.jsonl: OUT/tensorboard, or a run at MLFLOW_TRACKING_URI, else in mlflow.db beside OUT."
_FOLDS = "Cross-validation: K folds, or the folds of nnU-Net's splits_final.json; each a run in OUT/fold_0, ..."


def names(text: str | None) -> tuple[str, ...]:
    """A,B -> ("A", "B") in form NFC; () for None."""
    return tuple(name.strip() for name in composed(text or "").split(",") if name.strip())


@dataclass(frozen=True)
class TrainOptions:
    """Options of `train` that are the same for both tasks."""

    noise_seed: Annotated[int, Option(min=0, help="Seed of the noise and of splits, apart from --seed.")] = 0
    preset: Annotated[str | None, Option(help="One of the recipe's; paper on CUDA, cpu elsewhere if left out.")] = None
    overrides: Annotated[list[str] | None, Option("--set", help="key=value over the recipe; repeatable.")] = None
    out: Annotated[Path | None, Option(help="Run folder; runs/RECIPE_METHOD_NOISE_sSEED if left out.")] = None
    seed: Annotated[int, Option(min=0, help="Seed of network and batches.")] = 0
    device: Device = "auto"
    resume: Annotated[Path | None, Option(help="Go on with this run, its settings and labels; --data if moved.")] = None
    track: Annotated[Literal["tensorboard", "mlflow"] | None, Option(help=_TRACK)] = None
    dry_run: Annotated[bool, Option("--dry-run", help="Check everything, print the settings, stop.")] = False
    as_json: AsJson = False

    def of_request(self) -> dict[str, Any]:
        """Those that a TrainRequest has as they are."""
        return {name: getattr(self, name) for name in ("noise_seed", "preset", "out", "seed", "device", "resume")}


@dataclass(frozen=True)
class CaseOptions:
    """Options of `train` on a labelled set that are the same for both tasks."""

    exclude: Annotated[Path | None, Option(help="Text file of cases (samples) to leave out, a name a line.")] = None
    folds: Annotated[str | None, Option(metavar="K|FILE", help=_FOLDS)] = None


@dataclass(frozen=True)
class AuditOptions:
    """Options of `audit`."""

    out: Annotated[Path | None, Option(help="Folder for the results; audit in RUN if left out.")] = None
    folds: Annotated[int, Option(min=0, help="Networks, each judging what it did not see; 0: as --quick.")] = 2
    quick: Annotated[bool, Option("--quick", help="The run's own network judges: a first look, in-sample.")] = False
    epochs: Annotated[int | None, Option(min=1, help="Epochs of each; as long as the run took if left out.")] = None
    data: Annotated[Path | None, Option(help="The run's data set, where it has moved; without RUN, the set.")] = None
    device: Device = "auto"
    as_json: AsJson = False

    @property
    def networks(self) -> int:
        """How many networks are trained to judge; 0: the run's own judges."""
        return 0 if self.quick else self.folds


def spread(command: Callable[..., None]) -> Callable[..., None]:
    """`command` as typer reads it: a parameter whose type is a dataclass stands for the options that are its fields."""
    parameters = inspect.signature(command).parameters
    groups: dict[str, Any] = {name: one.annotation for name, one in parameters.items() if is_dataclass(one.annotation)}
    fields = {name: inspect.signature(group).parameters for name, group in groups.items()}

    def flat(**values: Any) -> None:
        for name, group in groups.items():
            values[name] = group(**{field: values.pop(field) for field in fields[name]})
        command(**values)

    options = [option for name, one in parameters.items() for option in fields.get(name, {name: one}).values()]
    told: Any = wraps(command)(flat)
    told.__signature__ = inspect.Signature([option.replace(kind=option.KEYWORD_ONLY) for option in options])
    told.__annotations__ = {option.name: option.annotation for option in options}
    return flat
