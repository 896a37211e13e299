"""The demo: a synthetic data set, wrong masks, three trainings, one report."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from data_prep.mask_sets.synthetic import make_synthetic
from l2b_seg.report.write_report import write_report
from pipelines.demo.steps import require_empty, train_methods
from pipelines.plan.segmentation import TrainRequest, plan, train_recipe

METHODS = ("unetpp", "joint", "l2b")
NOISE = "L1"


def run_demo(
    out: Path,
    *,
    seed: int = 0,
    say: Callable[[str], None] = lambda line: None,
    progress_of: Callable[[str, int], Any],
    overrides: list[str] | None = None,
) -> list[dict[str, Any]]:
    """Make data in out/data, corrupt its masks at L1, train each of METHODS on the CPU, write out/report.html.

    `progress_of(method, epochs)` gives a context manager that yields a progress function. Returns a summary a method.
    Raises ConfigError where `out` already holds something: a demo never overwrites.
    """
    require_empty(out)
    make_synthetic(out / "data", seed=seed, say=say)
    request = TrainRequest(
        recipe="synthetic",
        data=out / "data",
        noise=NOISE,
        preset="cpu",
        overrides=list(overrides or []),
        seed=seed,
        device="cpu",
        noise_seed=seed,
    )
    summaries = train_methods(
        METHODS, request, out, plan=partial(plan, say=say), train=train_recipe, progress_of=progress_of
    )
    write_report([out / method for method in METHODS], out / "report.html", title="L2B demo: synthetic prostate MR")
    return summaries
