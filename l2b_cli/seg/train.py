"""`l2b-seg train`: a recipe, a method, a noise level; ends with the test table."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rich.markup import escape
from typer import Argument, Context, Option

from l2b_cli.shared.methods_of import method_names
from l2b_cli.shared.options import CaseOptions, TrainOptions, spread
from l2b_cli.shared.result import Part

if TYPE_CHECKING:
    from l2b_seg.config import Settings
    from l2b_seg.metrics.summary import Summary
    from l2b_seg.run_data import RunData

_METHODS = method_names("l2b_seg.methods.table") + "; `l2b-seg methods` says more."
_NOISE = "Noise of the training masks: L1, L2, L3, or clean (as they are); the recipe's if left out."
_LABELS = "Folder of given masks, or of reviewed ones (`apply`), instead of --noise."


@spread
def train(
    context: Context,
    recipe: Annotated[str, Argument(help="promise12, folder, lesions, or a YAML recipe.")],
    data: Annotated[Path | None, Option(help="Prepared data set, or the raw source (prepared once).")] = None,
    method: Annotated[str, Option(help=_METHODS)] = "l2b",
    noise: Annotated[str | None, Option(help=_NOISE)] = None,
    labels: Annotated[str | None, Option(help=_LABELS)] = None,
    no_clean: Annotated[
        bool, Option("--no-clean", help="Use no clean case: l2b and nl choose whom to trust from the given masks.")
    ] = False,
    *,
    cases: CaseOptions,
    options: TrainOptions,
) -> None:
    """Train a network on masks that are partly wrong, then evaluate it on the test cases."""
    from l2b_cli.shared.train_a_run import train_a_run
    from l2b_cli.shared.train_folds import in_folds, train_folds
    from pipelines.plan.request import TrainRequest
    from pipelines.plan.segmentation import SEGMENTATION

    overrides = ["meta.source=online"] * no_clean
    request = TrainRequest(recipe, data, method, noise, labels, cases.exclude, overrides=overrides)
    if in_folds(cases, options):
        from pipelines.folds.segmentation import FOLDED_SEGMENTATION

        train_folds(context, FOLDED_SEGMENTATION, request, options, cases.folds, title=_title, score="Dice")
        return
    train_a_run(context, SEGMENTATION, request, options, title=_title, results=_results)


def _title(settings: "Settings", data: "RunData") -> str:
    """Method and masks of a run: "l2b L2", "l2b --no-clean, masks as given"."""
    from l2b_run.folder.summary import method_of

    method = method_of(settings.method, settings.meta.source)
    level = data.noise.get("level") or data.labels
    return f"{method}, masks as given" if level == "clean" else f"{method} {level}"


def _results(summary: "Summary", title: str, run: Path) -> Iterator[Part]:
    from l2b_seg.metrics.metrics_table import metrics_table

    yield metrics_table(summary, title=escape(f"{title}, last epoch; run folder {run}"))
    best = summary.best
    assert best is not None
    yield (
        f"Dice last {summary.mean['dice']:.4f}, best {best['dice']:.4f} (epoch {best['epoch']}, chosen on the same "
        f"cases), mean of last evaluations {summary.mean_last_10:.4f}; "
        f"{summary.train_seconds:.0f} s of training, {summary.peak_memory_mb:.0f} MB at most"
    )
