"""`train --folds` of either tool: plan, the runs of the folds, their summary."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import fmean
from typing import Any

import typer
import yaml
from rich.table import Table

from l2b_cli.shared.options import CaseOptions, TrainOptions
from l2b_cli.shared.progress import training_progress
from l2b_cli.shared.result import Part, print_result, warn
from l2b_cli.shared.say import stderr_lines
from l2b_cli.shared.train_a_run import both, requested
from l2b_data.errors import SomeCasesFailed
from l2b_run.folder.read_run import is_cross_validation
from l2b_run.folder.summary import RunSummary
from l2b_run.tracking.track import require_tracker, tracked
from l2b_run.training.epoch_row import Progress
from pipelines.folds.cross_validate import FoldedTask, judge_runs, plan_folds, train_runs
from pipelines.plan.request import TrainRequest


def in_folds(cases: CaseOptions, options: TrainOptions) -> bool:
    """Whether a cross-validation is asked for, or one is resumed."""
    return cases.folds is not None if options.resume is None else is_cross_validation(options.resume)


def train_folds(
    context: typer.Context,
    task: FoldedTask[Any],
    request: TrainRequest,
    options: TrainOptions,
    folds: str | None,
    *,
    title: Callable[[Any, Any], str],
    score: str,
) -> None:
    """Cross-validate as asked, print the summary. title: names a run by its settings and data; score: its metric."""
    require_tracker(options.track)
    request = requested(context, request, options)
    with stderr_lines("data", quiet=options.as_json) as say:
        cross = plan_folds(request, task, folds, say=say)
    planned = cross.plan
    if options.dry_run:
        typer.echo(yaml.safe_dump(planned.settings.model_dump(), sort_keys=False), nl=False)
        return
    named = title(planned.settings, planned.data)

    @contextmanager
    def progress(fold: int) -> Iterator[Progress]:
        text, quiet = f"fold {fold}: {named}", options.as_json
        bar = training_progress(planned.settings.epochs, title=text, score=task.planner.score, quiet=quiet)
        run = cross.runs[fold]
        with bar as show, tracked(options.track, run, planned.settings.model_dump()) as track:
            yield both(show, track)

    try:
        train_runs(cross, progress=progress, say=lambda line: print(line, file=sys.stderr))
    except KeyboardInterrupt:
        warn([f"finished folds and epochs are kept: go on with --resume {planned.out}"])
        raise
    with stderr_lines("predict", quiet=options.as_json) as say:
        summary = judge_runs(cross, say=say)
    print_result(summary, _results(summary, named, planned.out, score), as_json=options.as_json)
    warn(f"{case}: {message}" for case, message in (summary.get("failed") or {}).items())
    found = {run: RunSummary.read(run / "summary.json") for run in cross.runs}
    warn(f"{run}: {line}" for run, one in found.items() for line in one.warnings or [])
    if dead := [str(run) for run, one in found.items() if one.one_class]:
        raise SomeCasesFailed(f"{', '.join(dead)}: the network predicts nothing, or one class; it is of no use")


def _results(summary: dict[str, Any], title: str, out: Path, score: str) -> Iterator[Part]:
    """A table of the folds, and what the folder holds."""
    key, rows = score.lower(), summary["folds"]
    table = Table(title=f"{title}, {len(rows)} folds; folder {out}", title_justify="left", pad_edge=False)
    table.add_column("fold")
    for heading in ("trained on", "held out", f"{score} held out", f"{score} test"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        scores = (_number(row[f"out_of_fold_{key}"]), _number(row[f"test_{key}"]))
        table.add_row(str(row["fold"]), str(row["n_train"]), str(row["n_held_out"]), *scores)
    tested = [row[f"test_{key}"] for row in rows]
    table.add_section()
    table.add_row("mean", "", "", "", _number(None if None in tested else fmean(tested)))
    yield table
    whole, ensemble = summary["out_of_fold"], summary["test" if "test" in summary else "mean"]
    every = whole.get("mean", whole)[key]
    yield f"out of fold, all training cases against their given labels: {score} {_number(every)}"
    yield f"ensemble of all folds on the test cases: {score} {_number(ensemble[key])}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
