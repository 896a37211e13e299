"""`l2b-cls demo`: what the method does, in minutes, without data or network."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from typer import Option

from l2b_cli.shared.options import AsJson


def demo(
    out: Annotated[Path, Option(help="Folder for data, runs and report; must be new.")] = Path("l2b-cls-demo"),
    seed: Annotated[int, Option(min=0, help="Seed of noise and training.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Take scikit-learn's digits, make 40 % of the labels random, train plainly, jointly and by L2B, compare."""
    from l2b_cli.shared.demo_of import demo_of
    from pipelines.demo.classification import DEMO

    demo_of(DEMO, out, seed=seed, columns=COLUMNS, as_json=as_json)


COLUMNS: dict[str, Callable[[Any], str]] = {
    "accuracy last": lambda summary: f"{summary.test.last.accuracy:.4f}",
    "best": lambda summary: f"{summary.test.best.accuracy:.4f}",
    "mean of last 10": lambda summary: f"{summary.test.mean_last_10:.4f}",
    "balanced last": lambda summary: f"{summary.test.last.balanced_accuracy:.4f}",
}
