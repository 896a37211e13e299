"""`l2b-cls demo`: what the method does, in minutes, without data or network."""

from l2b_cli.shared.demo_of import Columns, demo_of

COLUMNS: Columns = {
    "accuracy last": lambda summary: f"{summary.test.last.accuracy:.4f}",
    "best": lambda summary: f"{summary.test.best.accuracy:.4f}",
    "mean of last 10": lambda summary: f"{summary.test.mean_last_10:.4f}",
    "balanced last": lambda summary: f"{summary.test.last.balanced_accuracy:.4f}",
}
demo = demo_of(
    "pipelines.demo.classification",
    COLUMNS,
    about="Take scikit-learn's digits, make 40 % of the labels random, train plainly, jointly and by L2B, compare.",
    folder="l2b-cls-demo",
    seeds="Seed of noise and training.",
)
