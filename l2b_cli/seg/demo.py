"""`l2b-seg demo`: what the method does, in minutes, without data or network."""

from l2b_cli.shared.demo_of import Columns, demo_of


def _distance(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


COLUMNS: Columns = {
    "Dice last": lambda summary: f"{summary.mean['dice']:.4f}",
    "Dice best": lambda summary: f"{summary.best['dice']:.4f}",
    "HD95": lambda summary: _distance(summary.mean["hd95"]),
    "ASSD": lambda summary: _distance(summary.mean["assd"]),
}
demo = demo_of(
    "pipelines.demo.segmentation",
    COLUMNS,
    about="Make synthetic prostate MR, spoil its masks, train plainly, jointly and by L2B, compare.",
    folder="l2b-demo",
    seeds="Seed of data, noise and training.",
)
