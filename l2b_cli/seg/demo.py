"""`l2b-seg demo`: what the method does, in minutes, without data or network."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from typer import Option

from l2b_cli.shared.options import AsJson


def demo(
    out: Annotated[Path, Option(help="Folder for data, runs and report; must be new.")] = Path("l2b-demo"),
    seed: Annotated[int, Option(min=0, help="Seed of data, noise and training.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Make synthetic prostate MR, spoil its masks, train plainly, jointly and by L2B, compare."""
    from l2b_cli.shared.demo_of import demo_of
    from pipelines.demo.segmentation import DEMO

    demo_of(DEMO, out, seed=seed, columns=COLUMNS, as_json=as_json)


def _distance(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


COLUMNS: dict[str, Callable[[Any], str]] = {
    "Dice last": lambda summary: f"{summary.mean['dice']:.4f}",
    "Dice best": lambda summary: f"{summary.best['dice']:.4f}",
    "HD95": lambda summary: _distance(summary.mean["hd95"]),
    "ASSD": lambda summary: _distance(summary.mean["assd"]),
}
