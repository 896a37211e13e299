"""`l2b-seg train`: a recipe, a method, a noise level; ends with the test table."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from pipelines.train_recipe import Plan


def train(
    recipe: Annotated[str, typer.Argument(help="promise12, folder, lesions, or a YAML recipe.")],
    data: Annotated[Path | None, typer.Option(help="Prepared data set, or the raw source (prepared once).")] = None,
    method: Annotated[str, typer.Option(help="unetpp, meta, joint, finetune, nl, mixup or l2b.")] = "l2b",
    noise: Annotated[
        str | None,
        typer.Option(help="Noise of the training masks: L1, L2, L3, or clean (as they are); the recipe's if left out."),
    ] = None,
    noise_seed: Annotated[int, typer.Option(min=0, help="Seed of the noise, apart from --seed.")] = 0,
    labels: Annotated[str | None, typer.Option(help="Folder of given masks, instead of --noise.")] = None,
    no_clean: Annotated[
        bool,
        typer.Option("--no-clean", help="Use no clean case: l2b and nl choose whom to trust from the given masks."),
    ] = False,
    preset: Annotated[str | None, typer.Option(help="paper or cpu; cpu where no CUDA device is.")] = None,
    overrides: Annotated[list[str] | None, typer.Option("--set", help="key=value over the recipe; repeatable.")] = None,
    out: Annotated[Path | None, typer.Option(help="Run folder; runs/RECIPE_METHOD_NOISE_sSEED if left out.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of network and batches.")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    resume: Annotated[
        Path | None, typer.Option(help="Go on with this run folder, its own settings and masks; --data if moved.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, print the settings, stop.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Train a network on masks that are partly wrong, then evaluate it on the test cases."""
    import yaml

    from l2b_run.say import stderr_lines
    from pipelines.train_recipe import TrainRequest, plan

    chosen = ["meta.source=online"] * no_clean + (overrides or [])
    request = TrainRequest(recipe, data, method, noise, noise_seed, preset, chosen, out, seed, device, resume, labels)
    with stderr_lines("data", quiet=as_json) as say:
        planned = plan(request, say=say)
    if dry_run:
        typer.echo(yaml.safe_dump(planned.settings.model_dump(), sort_keys=False), nl=False)
        return
    title = f"{planned.settings.method} {planned.data.noise.get('level') or planned.data.labels}"
    summary = _run(planned, title, quiet=as_json)
    if as_json:
        typer.echo(json.dumps(summary, indent=1, allow_nan=False))
    else:
        _print_results(summary, f"{title}, last epoch; run folder {planned.out}")


def _run(planned: "Plan", title: str, *, quiet: bool) -> dict[str, Any]:
    """Train with progress on stderr; an interrupted run says how to go on."""
    from l2b_run.progress import training_progress
    from pipelines.train_recipe import train_recipe

    epochs = planned.settings.epochs
    try:
        with training_progress(epochs, title=title, score=("test_dice", "Dice"), quiet=quiet) as progress:
            return train_recipe(planned, progress=progress)
    except KeyboardInterrupt:
        if (planned.out / "checkpoint_latest.pt").is_file():
            print(f"the last finished epoch is kept: go on with --resume {planned.out}", file=sys.stderr)
        raise


def _print_results(summary: dict[str, Any], title: str) -> None:
    from rich.console import Console
    from rich.markup import escape

    from l2b_seg.metrics_table import metrics_table

    Console().print(metrics_table(summary, title=escape(title)))
    best = summary["best"]
    typer.echo(
        f"Dice last {summary['last']['dice']:.4f}, best {best['dice']:.4f} (epoch {best['epoch']}, chosen on the same "
        f"cases), mean of last evaluations {summary['mean_last_10']:.4f}; "
        f"{summary['train_seconds']:.0f} s of training, {summary['peak_memory_mb']:.0f} MB at most"
    )
