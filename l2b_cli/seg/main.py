"""`l2b-seg`: the table of its commands. One module a command; each imports its heavy libraries when it runs."""

from l2b_cli.seg import (
    audit,
    check,
    compare,
    corrupt,
    demo,
    doctor,
    evaluate,
    export,
    methods,
    predict,
    report,
    reproduce,
    train,
    weights,
)
from l2b_cli.seg.prepare.commands import app as prepare
from l2b_cli.shared.make_app import make_app
from l2b_cli.shared.shell import run_app

app = make_app(
    "l2b-seg",
    "Train image segmentation when part of the masks is wrong: L2B, its baselines, and what surrounds them.",
    {
        "Start here": [demo.demo, doctor.doctor],
        "Data": [prepare, check.check, corrupt.corrupt],
        "Train and predict": [train.train, methods.methods, predict.predict, export.export],
        "Results": [
            evaluate.evaluate,
            compare.compare,
            audit.audit,
            report.report,
            weights.weights,
            reproduce.reproduce,
        ],
    },
    items="cases",
)


def main() -> None:
    """Entry point of the console script."""
    run_app(app, prog_name="l2b-seg")


if __name__ == "__main__":
    main()
