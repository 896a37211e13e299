"""`l2b-cls train`: a recipe, a method, label noise; ends with the test table."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from rich.markup import escape
from typer import Argument, Context, Option

from l2b_cli.shared.methods_of import method_names
from l2b_cli.shared.options import CaseOptions, TrainOptions, spread
from l2b_cli.shared.result import Part
from l2b_data.errors import ConfigError

if TYPE_CHECKING:
    from l2b_cls.config import Settings
    from l2b_cls.metrics.summary import Summary
    from l2b_cls.run_data import RunData

_RECIPES = "cifar10, cifar100, isic2019, clothing1m, pneumoniamnist, digits, images, or a YAML recipe."
_METHODS = method_names("l2b_cls.methods.table") + "; `l2b-cls methods` says more."
_NOISE = (
    "Noise of the training labels: none (as they are), symmetric:0.4, symmetric-excluding:R, uniform:R, flip:R, "
    "flip2:R, asymmetric:R, asymmetric-next:R, instance:R, human:COLUMN, or the mistakes people make: mistakes, "
    "mistakes:0.2, mistakes:0.2:KIND,KIND (block, duplicates, one-way, random); the recipe's if left out."
)
_LABELS = "Reviewed labels instead of --noise: the folder `apply` wrote, or a .csv of name and label."


@spread
def train(
    context: Context,
    recipe: Annotated[str, Argument(help=_RECIPES)],
    data: Annotated[Path | None, Option(help="Prepared data set (`l2b-cls prepare`).")] = None,
    method: Annotated[str, Option(help=_METHODS)] = "l2b",
    noise: Annotated[str | None, Option(help=_NOISE)] = None,
    labels: Annotated[str | None, Option(help=_LABELS)] = None,
    meta_size: Annotated[int | None, Option(min=1, help="Clean samples that judge; the recipe's if left out.")] = None,
    no_clean: Annotated[
        bool, Option("--no-clean", help="Use no clean sample: l2b and l2rw choose whom to trust by themselves.")
    ] = False,
    select: Annotated[
        Literal["test", "val"] | None, Option(help="Split that is evaluated, and chooses the best epoch.")
    ] = None,
    *,
    cases: CaseOptions,
    options: TrainOptions,
) -> None:
    """Train a network on labels that are partly wrong, then evaluate it on the test samples."""
    from l2b_cli.shared.train_a_run import train_a_run
    from l2b_cli.shared.train_folds import in_folds, train_folds
    from l2b_cls.methods.table import METHODS
    from pipelines.plan.classification import CLASSIFICATION
    from pipelines.plan.request import TrainRequest

    if no_clean and meta_size is not None:
        raise ConfigError(f"--no-clean and --meta-size {meta_size}: a meta set of clean samples, or none")
    overrides = ["meta.source=online"] * (
        no_clean and not (method in METHODS and METHODS[method].meta)
    )  # those use no clean sample anyway
    overrides += [] if meta_size is None else [f"data.meta_size={meta_size}"]
    overrides += [] if select is None else [f"data.evaluate_on={select}"]
    request = TrainRequest(recipe, data, method, noise, labels, cases.exclude, overrides=overrides)
    if in_folds(cases, options):
        from pipelines.folds.classification import FOLDED_CLASSIFICATION

        train_folds(context, FOLDED_CLASSIFICATION, request, options, cases.folds, title=_title, score="accuracy")
        return
    train_a_run(context, CLASSIFICATION, request, options, title=_title, results=_results)


def _title(settings: "Settings", data: "RunData") -> str:
    from l2b_run.folder.summary import method_of

    return f"{method_of(settings.method, settings.meta.source)} {data.noise['noise']}"


def _results(summary: "Summary", title: str, run: Path) -> Iterator[Part]:
    from l2b_cls.metrics.summary_table import summary_lines, summary_table

    yield summary_table(summary, title=escape(f"{title}; run folder {run}"))
    yield from summary_lines(summary)
