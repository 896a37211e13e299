"""The demo of classification: bundled digits, wrong labels, three trainings, one report."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from data_prep.label_sets.digits import prepare_digits
from l2b_cls.report.write_report import write_report
from pipelines.demo.steps import require_empty, train_methods
from pipelines.plan.classification import plan, train_classifier
from pipelines.plan.request import TrainRequest

METHODS = ("ce", "joint", "l2b")
NOISE = "symmetric:0.4"


def run_cls_demo(
    out: Path,
    *,
    seed: int = 0,
    say: Callable[[str], None] = lambda line: None,
    progress_of: Callable[[str, int], Any],
    overrides: list[str] | None = None,
) -> list[dict[str, Any]]:
    """Digits in out/data, 40 % of their training labels drawn anew, each of METHODS on the CPU, out/report.html.

    `progress_of(method, epochs)` gives a context manager that yields a progress function. Returns a summary a method.
    Raises ConfigError where `out` already holds something: a demo never overwrites.
    """
    require_empty(out)
    prepare_digits(out / "data")
    request = TrainRequest(
        recipe="digits",
        data=out / "data",
        noise=NOISE,
        preset="cpu",
        overrides=list(overrides or []),
        seed=seed,
        device="cpu",
        noise_seed=seed,
    )
    summaries = train_methods(
        METHODS, request, out, plan=partial(plan, say=say), train=train_classifier, progress_of=progress_of
    )
    write_report([out / method for method in METHODS], out / "report.html", title="L2B demo: digits with wrong labels")
    return summaries
