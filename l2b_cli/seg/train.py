"""`l2b-seg train`: a recipe, a method, a noise level; ends with the test table."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from l2b_cli.shared.options import Device, DryRun, Overrides, Preset, RunFolder, SummaryAsJson, TrainSeed, say_unused

if TYPE_CHECKING:
    from l2b_seg.config import Settings
    from l2b_seg.run import RunData

Recipe = Annotated[str, typer.Argument(help="promise12, folder, lesions, or a YAML recipe.")]
Data = Annotated[Path | None, typer.Option(help="Prepared data set, or the raw source (prepared once).")]
Method = Annotated[str, typer.Option(help="unetpp, meta, joint, finetune, nl, mixup or l2b.")]
Noise = Annotated[
    str | None,
    typer.Option(help="Noise of the training masks: L1, L2, L3, or clean (as they are); the recipe's if left out."),
]
NoiseSeed = Annotated[int, typer.Option(min=0, help="Seed of the noise, apart from --seed.")]
Labels = Annotated[str | None, typer.Option(help="Folder of given masks, instead of --noise.")]
NoClean = Annotated[
    bool,
    typer.Option("--no-clean", help="Use no clean case: l2b and nl choose whom to trust from the given masks."),
]
Resume = Annotated[
    Path | None, typer.Option(help="Go on with this run folder, its own settings and masks; --data if moved.")
]


def train(
    context: typer.Context,
    recipe: Recipe,
    data: Data = None,
    method: Method = "l2b",
    noise: Noise = None,
    noise_seed: NoiseSeed = 0,
    labels: Labels = None,
    no_clean: NoClean = False,
    preset: Preset = None,
    overrides: Overrides = None,
    out: RunFolder = None,
    seed: TrainSeed = 0,
    device: Device = "auto",
    resume: Resume = None,
    dry_run: DryRun = False,
    as_json: SummaryAsJson = False,
) -> None:
    """Train a network on masks that are partly wrong, then evaluate it on the test cases."""
    import yaml

    from l2b_cli.shared.progress import resumable, training_progress
    from l2b_cli.shared.say import stderr_lines
    from pipelines.plan.segmentation import TrainRequest, plan, train_recipe

    chosen = ["meta.source=online"] * no_clean + (overrides or [])
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
        labels=labels,
    )
    say_unused(context)
    with stderr_lines("data", quiet=as_json) as say:
        planned = plan(request, say=say)
    if dry_run:
        typer.echo(yaml.safe_dump(planned.settings.model_dump(), sort_keys=False), nl=False)
        return
    title = _title(planned.settings, planned.data)
    epochs, score = planned.settings.epochs, ("test_dice", "Dice")
    with resumable(planned.out), training_progress(epochs, title=title, score=score, quiet=as_json) as progress:
        summary = train_recipe(planned, progress=progress)
    if as_json:
        typer.echo(json.dumps(summary, indent=1, allow_nan=False))
    else:
        _print_results(summary, f"{title}, last epoch; run folder {planned.out}")


def _title(settings: "Settings", data: "RunData") -> str:
    """Method and masks of a run: "l2b L2", "l2b --no-clean, masks as given"."""
    from l2b_run.folder.read_run import method_of

    method = method_of({"method": settings.method, "meta_source": settings.meta.source})
    level = data.noise.get("level") or data.labels
    return f"{method}, masks as given" if level == "clean" else f"{method} {level}"


def _print_results(summary: dict[str, Any], title: str) -> None:
    from rich.console import Console
    from rich.markup import escape

    from l2b_seg.metrics.metrics_table import metrics_table

    Console().print(metrics_table(summary, title=escape(title)))
    best = summary["best"]
    typer.echo(
        f"Dice last {summary['last']['dice']:.4f}, best {best['dice']:.4f} (epoch {best['epoch']}, chosen on the same "
        f"cases), mean of last evaluations {summary['mean_last_10']:.4f}; "
        f"{summary['train_seconds']:.0f} s of training, {summary['peak_memory_mb']:.0f} MB at most"
    )
