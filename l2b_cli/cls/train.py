"""`l2b-cls train`: a recipe, a method, label noise; ends with the test table."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from l2b_cli.shared.options import Device, DryRun, Overrides, Preset, RunFolder, SummaryAsJson, TrainSeed, say_unused


class Select(StrEnum):
    test = "test"
    val = "val"


Recipe = Annotated[
    str,
    typer.Argument(help="cifar10, cifar100, isic2019, clothing1m, pneumoniamnist, digits, images, or a YAML recipe."),
]
Data = Annotated[Path | None, typer.Option(help="Prepared data set (`l2b-cls prepare`).")]
Method = Annotated[
    str,
    typer.Option(
        help="ce, joint, finetune, bootstrap-hard, bootstrap-soft, mixup, focal, glc, l2rw, mwnet, mnwnet, rmnwnet "
        "or l2b."
    ),
]
Noise = Annotated[
    str | None,
    typer.Option(
        help="Noise of the training labels: none (as they are), symmetric:0.4, symmetric-excluding:R, uniform:R, "
        "flip:R, flip2:R, asymmetric:R, asymmetric-next:R, instance:R, human:COLUMN; the recipe's if left out."
    ),
]
NoiseSeed = Annotated[int, typer.Option(min=0, help="Seed of noise and of the samples' split, apart from --seed.")]
MetaSize = Annotated[
    int | None, typer.Option(min=1, help="Clean samples set aside to judge; the recipe's if left out.")
]
NoClean = Annotated[
    bool,
    typer.Option("--no-clean", help="Use no clean sample: l2b and l2rw choose whom to trust by themselves."),
]
SelectSplit = Annotated[Select | None, typer.Option(help="Split that is evaluated, and chooses the best epoch.")]
Resume = Annotated[
    Path | None, typer.Option(help="Go on with this run folder, its own settings and labels; --data if moved.")
]


def train(
    context: typer.Context,
    recipe: Recipe,
    data: Data = None,
    method: Method = "l2b",
    noise: Noise = None,
    noise_seed: NoiseSeed = 0,
    meta_size: MetaSize = None,
    no_clean: NoClean = False,
    preset: Preset = None,
    overrides: Overrides = None,
    select: SelectSplit = None,
    out: RunFolder = None,
    seed: TrainSeed = 0,
    device: Device = "auto",
    resume: Resume = None,
    dry_run: DryRun = False,
    as_json: SummaryAsJson = False,
) -> None:
    """Train a network on labels that are partly wrong, then evaluate it on the test samples."""
    import yaml

    from l2b_cli.shared.progress import resumable, training_progress
    from l2b_cli.shared.say import stderr_lines
    from l2b_run.folder.read_run import method_of
    from pipelines.plan.classification import plan, train_classifier
    from pipelines.plan.request import TrainRequest

    chosen = _chosen(method, no_clean, meta_size, select) + (overrides or [])
    request = TrainRequest(
        recipe,
        data,
        method,
        noise=noise,
        noise_seed=noise_seed,
        preset=preset,
        overrides=chosen,
        out=out,
        seed=seed,
        device=device,
        resume=resume,
    )
    say_unused(context)
    with stderr_lines("data", quiet=as_json) as say:
        planned = plan(request, say=(lambda line: None) if as_json else say)
    if dry_run:
        typer.echo(yaml.safe_dump(planned.settings.model_dump(), sort_keys=False), nl=False)
        return
    named = method_of({"method": planned.settings.method, "meta_source": planned.settings.meta.source})
    title = f"{named} {planned.data.noise['noise']}"
    epochs, score = planned.settings.epochs, ("test_accuracy", "accuracy")
    with resumable(planned.out), training_progress(epochs, title=title, score=score, quiet=as_json) as progress:
        summary = train_classifier(planned, progress=progress)
    if as_json:
        typer.echo(json.dumps(summary, indent=1, allow_nan=False))
    else:
        _print_results(summary, f"{title}; run folder {planned.out}")


def _chosen(method: str, no_clean: bool, meta_size: int | None, select: Select | None) -> list[str]:
    """What the options say of the settings, as --set takes it; --no-clean says nothing new of mnwnet and rmnwnet."""
    from l2b_cls.methods.table import METHODS
    from l2b_data.errors import ConfigError

    if no_clean and meta_size is not None:
        raise ConfigError(f"--no-clean and --meta-size {meta_size}: a meta set of clean samples, or none")
    chosen = ["meta.source=online"] * (no_clean and not (method in METHODS and METHODS[method].meta))
    chosen += [] if meta_size is None else [f"data.meta_size={meta_size}"]
    chosen += [] if select is None else [f"data.evaluate_on={select.value}"]
    return chosen


def _print_results(summary: dict[str, Any], title: str) -> None:
    from rich.console import Console
    from rich.markup import escape

    from l2b_cls.metrics.summary_table import summary_lines, summary_table

    Console().print(summary_table(summary, title=escape(title)))
    for line in summary_lines(summary):
        typer.echo(line)
