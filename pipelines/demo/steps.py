"""A demo: data made on the spot, wrong labels, one training a method, one report."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from l2b_data.errors import ConfigError
from l2b_run.folder.summary import RunSummary
from l2b_run.training.epoch_row import Progress
from pipelines.plan.request import Planner, Say, TrainRequest, plan, train


@dataclass(frozen=True)
class Demo:
    """What one task's demo shows.

    data: words for the data and their noise. title: of the report. make_data: of a folder, a seed and `say`.
    write_report: of run folders and a file.
    """

    planner: Planner[Any, Any]
    recipe: str
    methods: tuple[str, ...]
    noise: str
    data: str
    title: str
    make_data: Callable[[Path, int, Say], object]
    write_report: Callable[..., object]


def run_demo(
    demo: Demo,
    out: Path,
    *,
    seed: int = 0,
    say: Say = lambda line: None,
    progress_of: Callable[[str, int], AbstractContextManager[Progress]],
    overrides: list[str] | None = None,
) -> list[RunSummary]:
    """Make data in out/data, train each method on the CPU with their noise, write out/report.html; a summary a method.

    `progress_of(method, epochs)` gives a context manager that yields a progress function.
    Raises ConfigError where `out` already holds something: a demo never overwrites.
    """
    if out.exists() and any(out.iterdir()):
        raise ConfigError(f"--out {out} is not empty; name a new folder")
    demo.make_data(out / "data", seed, say)
    request = TrainRequest(demo.recipe, out / "data", noise=demo.noise, noise_seed=seed, seed=seed)
    request = replace(request, preset="cpu", device="cpu", overrides=overrides or [])
    summaries = []
    for method in demo.methods:
        planned = plan(replace(request, method=method, out=out / method), demo.planner, say=say)
        with progress_of(method, planned.settings.epochs) as progress:
            summaries.append(train(planned, progress=progress))
    demo.write_report([out / method for method in demo.methods], out / "report.html", title=demo.title)
    return summaries
