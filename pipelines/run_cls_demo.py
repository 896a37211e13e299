"""The demo of classification: bundled digits, wrong labels, three trainings, one report."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from data_prep.digits import prepare_digits
from l2b_cls.report import write_report
from l2b_run.errors import ConfigError
from pipelines.train_classifier import TrainRequest, plan, train_classifier

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
    if out.exists() and any(out.iterdir()):
        raise ConfigError(f"--out {out} is not empty; name a new folder")
    prepare_digits(out / "data")
    request = TrainRequest(
        recipe="digits", data=out / "data", noise=NOISE, preset="cpu", seed=seed, device="cpu", noise_seed=seed
    )
    summaries = []
    for method in METHODS:
        planned = plan(replace(request, method=method, out=out / method, overrides=list(overrides or [])), say=say)
        with progress_of(method, planned.settings.epochs) as progress:
            summaries.append(train_classifier(planned, progress=progress))
    write_report([out / method for method in METHODS], out / "report.html", title="L2B demo: digits with wrong labels")
    return summaries
