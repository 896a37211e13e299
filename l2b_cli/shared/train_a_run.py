"""`train` of either tool: plan, progress, results."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import typer
import yaml

from l2b_cli.shared.options import TrainOptions
from l2b_cli.shared.progress import resumable, training_progress
from l2b_cli.shared.result import Part, print_result, warn
from l2b_cli.shared.say import stderr_lines
from l2b_data.errors import SomeCasesFailed
from l2b_run.tracking.track import require_tracker, tracked
from l2b_run.training.epoch_row import Progress
from pipelines.plan.request import Planner, TrainRequest, plan, train

_WITH_RESUME = ("recipe", "data", "device", "resume", "track", "dry_run", "as_json")


def train_a_run(
    context: typer.Context,
    planner: Planner[Any, Any],
    request: TrainRequest,
    options: TrainOptions,
    *,
    title: Callable[[Any, Any], str],
    results: Callable[[Any, str, Path], Iterable[Part]],
) -> None:
    """Train as asked, print the summary.

    request: what the tool's own options say; --set comes after its overrides. title: names the run by its settings
    and its data. results: of a summary, that title and the run folder what to print.
    """
    require_tracker(options.track)
    request = requested(context, request, options)
    with stderr_lines("data", quiet=options.as_json) as say:
        planned = plan(request, planner, say=say)
    chosen = planned.settings
    if options.dry_run:
        typer.echo(yaml.safe_dump(chosen.model_dump(), sort_keys=False), nl=False)
        return
    named = title(chosen, planned.data)
    bar = training_progress(chosen.epochs, title=named, score=planner.score, quiet=options.as_json)
    with resumable(planned.out), bar as show, tracked(options.track, planned.out, chosen.model_dump()) as track:
        summary = train(planned, progress=both(show, track))
    print_result(summary, results(summary, named, planned.out), as_json=options.as_json)
    warn(summary.warnings or [])
    if summary.one_class:
        raise SomeCasesFailed(f"{planned.out}: the network predicts nothing, or one class; it is of no use")


def both(show: Progress, track: Progress) -> Progress:
    """Rows of training for the terminal and for a tracker."""

    def follow(row: dict[str, Any]) -> None:
        show(row)
        track(row)

    return follow


def requested(context: typer.Context, request: TrainRequest, options: TrainOptions) -> TrainRequest:
    """The request with the options that both tools have; warns of those that --resume leaves unused."""
    if options.resume is not None and (unused := _unused(context)):
        warn([f"--resume keeps the run's own settings; not used: {', '.join(unused)}"])
    overrides = request.overrides + (options.overrides or [])
    return replace(request, **options.of_request(), overrides=overrides)


def _unused(context: typer.Context) -> list[str]:
    """Options that stand on the command line and that --resume, given as well, leaves unused."""
    sources = ((one, context.get_parameter_source(one.name or "")) for one in context.command.params)
    given = [one for one, source in sources if source is not None and source.name == "COMMANDLINE"]
    return [one.opts[0] for one in given if one.name not in _WITH_RESUME]
