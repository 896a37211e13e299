"""`l2b-cls train`: a recipe, a method, label noise; ends with the test table."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Select(StrEnum):
    test = "test"
    val = "val"


def train(
    recipe: Annotated[
        str,
        typer.Argument(
            help="cifar10, cifar100, isic2019, clothing1m, pneumoniamnist, digits, images, or a YAML recipe."
        ),
    ],
    data: Annotated[Path | None, typer.Option(help="Prepared data set (`l2b-cls prepare`).")] = None,
    method: Annotated[
        str,
        typer.Option(
            help="ce, joint, finetune, bootstrap-hard, bootstrap-soft, mixup, focal, glc, l2rw, mwnet, mnwnet, rmnwnet "
            "or l2b."
        ),
    ] = "l2b",
    noise: Annotated[
        str | None,
        typer.Option(
            help="Noise of the training labels: none (as they are), symmetric:0.4, symmetric-excluding:R, uniform:R, "
            "flip:R, flip2:R, asymmetric:R, asymmetric-next:R, instance:R, human:COLUMN; the recipe's if left out."
        ),
    ] = None,
    noise_seed: Annotated[
        int, typer.Option(min=0, help="Seed of noise and of the samples' split, apart from --seed.")
    ] = 0,
    meta_size: Annotated[
        int | None, typer.Option(min=1, help="Clean samples set aside to judge; the recipe's if left out.")
    ] = None,
    no_clean: Annotated[
        bool,
        typer.Option("--no-clean", help="Use no clean sample: l2b and l2rw choose whom to trust by themselves."),
    ] = False,
    preset: Annotated[str | None, typer.Option(help="paper or cpu; cpu where no CUDA device is.")] = None,
    overrides: Annotated[list[str] | None, typer.Option("--set", help="key=value over the recipe; repeatable.")] = None,
    select: Annotated[Select | None, typer.Option(help="Split that is evaluated, and chooses the best epoch.")] = None,
    out: Annotated[Path | None, typer.Option(help="Run folder; runs/RECIPE_METHOD_NOISE_sSEED if left out.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of network and batches.")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    resume: Annotated[
        Path | None, typer.Option(help="Go on with this run folder, its own settings and labels; --data if moved.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, print the settings, stop.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Train a network on labels that are partly wrong, then evaluate it on the test samples."""
    import json
    import sys

    import yaml
    from rich.console import Console
    from rich.markup import escape

    from l2b_cls.summary_table import summary_lines, summary_table
    from l2b_run.errors import ConfigError
    from l2b_run.progress import training_progress
    from l2b_run.say import stderr_lines
    from pipelines.train_classifier import plan, train_classifier
    from pipelines.training_plan import TrainRequest

    if no_clean and meta_size is not None:
        raise ConfigError(f"--no-clean and --meta-size {meta_size}: a meta set of clean samples, or none")
    chosen = ["meta.source=online"] * no_clean
    chosen += [] if meta_size is None else [f"data.meta_size={meta_size}"]
    chosen += [] if select is None else [f"data.evaluate_on={select.value}"]
    chosen += overrides or []
    request = TrainRequest(recipe, data, method, noise, noise_seed, preset, chosen, out, seed, device, resume)
    with stderr_lines("data", quiet=as_json) as say:
        planned = plan(request, say=(lambda line: None) if as_json else say)
    if dry_run:
        typer.echo(yaml.safe_dump(planned.settings.model_dump(), sort_keys=False), nl=False)
        return
    title = f"{planned.settings.method} {planned.data.noise['noise']}"
    epochs, score = planned.settings.epochs, ("test_accuracy", "accuracy")
    try:
        with training_progress(epochs, title=title, score=score, quiet=as_json) as progress:
            summary = train_classifier(planned, progress=progress)
    except KeyboardInterrupt:
        if (planned.out / "checkpoint_latest.pt").is_file():
            print(f"the last finished epoch is kept: go on with --resume {planned.out}", file=sys.stderr)
        raise
    if as_json:
        typer.echo(json.dumps(summary, indent=1, allow_nan=False))
        return
    Console().print(summary_table(summary, title=escape(f"{title}; run folder {planned.out}")))
    for line in summary_lines(summary):
        typer.echo(line)
