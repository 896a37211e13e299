"""Cross-validation: a run a fold, then what all of them say of the cases they did not see."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

import yaml

from l2b_data.errors import ConfigError
from l2b_data.files.atomic import write_json, write_text
from l2b_run.audit.folds import Fold
from l2b_run.folder.environment import environment
from l2b_run.folder.read_run import FOLDS
from l2b_run.training.device import choose_device
from l2b_run.training.epoch_row import Progress
from pipelines.folds.splits_file import read_folds, write_folds
from pipelines.plan.request import Plan, Planner, Say, TrainRequest, plan, train

Data = TypeVar("Data")
_LAST_FILE = "report.html"  # that a run writes


@dataclass(frozen=True)
class FoldedTask(Generic[Data]):
    """What a cross-validation asks of its task.

    ids: of the training elements (cases, samples), as splits_final.json has them. others: of the rest of the data set.
    cut: of data, a number of folds and a seed the folds; groups are kept whole. part: the data of a fold's run.
    write_data: what `Planner.reopen` needs of the data, into a folder. judge: writes the predictions of finished runs
    (their folders, in the order of the folds) into the folder over them; returns their summary, ready for JSON.
    """

    planner: Planner[Any, Data]
    ids: Callable[[Data], list[Any]]
    others: Callable[[Data], list[Any]]
    cut: Callable[[Data, int, int], list[Fold]]
    part: Callable[[Data, Fold], Data]
    write_data: Callable[[Path, Data], None]
    judge: "Callable[[CrossValidation[Data], Say], dict[str, Any]]"


@dataclass(frozen=True)
class CrossValidation(Generic[Data]):
    """A plan of the whole data, whose folder holds a run a fold; `folds` of its training elements."""

    task: FoldedTask[Data]
    plan: Plan[Any, Data]
    folds: list[Fold]

    @property
    def runs(self) -> list[Path]:
        """The run folders, in the order of the folds."""
        return [self.plan.out / f"fold_{fold.number}" for fold in self.folds]


def plan_folds(
    request: TrainRequest, task: FoldedTask[Data], folds: str | None, *, say: Say = lambda line: None
) -> CrossValidation[Data]:
    """The cross-validation of a request; nothing is trained or written yet.

    folds: how many, cut with `request.noise_seed`, or a splits_final.json. A resumed one (`request.resume` is its
    folder) keeps its settings, data and folds. Raises ConfigError, DataError as `plan`, and for folds there cannot be.
    """
    if request.resume is not None:
        settings = task.planner.read_settings(request.resume / "config.yaml")
        data = task.planner.reopen(request.resume, request.data, settings, say)
        found = read_folds(request.resume / FOLDS, task.ids(data))
        planned = Plan(task.planner, settings, data, request.resume, choose_device(request.device), resume=True)
        return CrossValidation(task, planned, found)
    assert folds is not None
    if not folds.isdecimal() and not Path(folds).is_file():
        raise ConfigError(f"--folds {folds}: neither a number of folds nor a file such as nnU-Net's {FOLDS}")
    planned = plan(request, task.planner, say=say, suffix="_folds")
    if folds.isdecimal():
        found = task.cut(planned.data, int(folds), request.noise_seed)
    else:
        found = read_folds(Path(folds), task.ids(planned.data), task.others(planned.data))
    return CrossValidation(task, planned, found)


def train_runs(
    cross: CrossValidation[Any],
    *,
    progress: Callable[[int], AbstractContextManager[Progress]],
    say: Say = lambda line: None,
) -> None:
    """Train the runs that are not finished, each in its folder, and write what resumes them into the one over them.

    progress: of a fold's number a context of its run's progress. A run that finished is kept, one that finished an
    epoch goes on, another starts anew.
    """
    whole, task = cross.plan, cross.task
    write_text(whole.out / "config.yaml", yaml.safe_dump(whole.settings.model_dump(), sort_keys=False))
    write_json(whole.out / "env.json", environment(str(whole.device)))
    task.write_data(whole.out, whole.data)
    write_folds(whole.out / FOLDS, cross.folds, task.ids(whole.data))
    for fold, run in zip(cross.folds, cross.runs, strict=True):
        if (run / _LAST_FILE).is_file():
            say(f"fold {fold.number}: finished already, in {run}")
            continue
        resume = (run / "checkpoint_latest.pt").is_file()
        of_fold = replace(whole, data=task.part(whole.data, fold), out=run, resume=resume)
        with progress(fold.number) as move:
            train(of_fold, progress=move)


def judge_runs(cross: CrossValidation[Any], *, say: Say = lambda line: None) -> dict[str, Any]:
    """Predict and evaluate with the runs, all finished; summary.json of the folder over them, which is returned."""
    summary = cross.task.judge(cross, say)
    write_json(cross.plan.out / "summary.json", summary)
    return summary


def fold_rows(cross: CrossValidation[Any], scores: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A row a fold for the summary: number, run, how many elements, and its scores."""
    found = zip(cross.folds, cross.runs, scores, strict=True)
    return [
        {"fold": fold.number, "run": run.name, "n_train": len(fold.train), "n_held_out": len(fold.held_out), **row}
        for fold, run, row in found
    ]
