"""`l2b-cls pretrain`: an encoder from images alone, for `train --set network.weights=`."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Context, Option

from l2b_cli.shared.options import TrainOptions, spread
from l2b_cli.shared.result import Part

if TYPE_CHECKING:
    from l2b_cls.batches.sample_batches import Samples
    from l2b_cls.pretraining.run import PretrainSummary
    from l2b_cls.pretraining.settings import SimclrSettings

_RECIPES = "cifar10, cifar100, pneumoniamnist, digits, images, or a YAML recipe with `pretraining` values."


@spread
def simclr(
    context: Context,
    data: Annotated[Path, Argument(help="Prepared data set (`l2b-cls prepare`); its labels teach nothing.")],
    recipe: Annotated[str, Option(help=_RECIPES)] = "images",
    *,
    options: TrainOptions,
) -> None:
    """SimCLR on the training images: views of one image are found among those of others.

    Writes encoder.safetensors, the weights of the recipe's network, which methods such as c2d start from.

    Example: l2b-cls pretrain simclr data/cifar10 --recipe cifar10 --out encoder

    Then: l2b-cls train cifar10 --data data/cifar10 --method c2d --set network.weights=encoder/encoder.safetensors
    """
    from l2b_cli.shared.train_a_run import train_a_run
    from pipelines.plan.pretraining import PRETRAINING
    from pipelines.plan.request import TrainRequest

    overrides = [f"data.noise_seed={options.noise_seed}"]
    request = TrainRequest(recipe, data, "simclr", overrides=overrides)
    train_a_run(context, PRETRAINING, request, options, title=_title, results=_results)


def _title(settings: "SimclrSettings", data: "Samples") -> str:
    return f"{settings.method} {len(data)} images"


def _results(summary: "PretrainSummary", title: str, run: Path) -> Iterator[Part]:
    from l2b_cls.pretraining.run import ENCODER

    losses = summary.loss_by_epoch
    yield (
        f"{title}: loss {losses[0]:.4f} in the first epoch, {losses[-1]:.4f} in epoch {len(losses)}; "
        f"{summary.train_seconds:.0f} s of training, {summary.peak_memory_mb:.0f} MB at most"
    )
    weights = f"--set network.architecture={summary.architecture} --set network.weights={run / ENCODER}"
    yield f"Start a run from it: l2b-cls train RECIPE --data DATA {weights}"
