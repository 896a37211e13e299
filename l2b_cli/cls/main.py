"""`l2b-cls`: the table of its commands. One module a command; each imports its heavy libraries when it runs."""

from l2b_cli.cls import (
    audit,
    check,
    compare,
    demo,
    doctor,
    evaluate,
    export,
    methods,
    predict,
    report,
    reproduce,
    train,
)
from l2b_cli.cls.prepare.commands import app as prepare
from l2b_cli.shared.make_app import make_app
from l2b_cli.shared.shell import run_app

app = make_app(
    "l2b-cls",
    "Train image classification when part of the labels is wrong: L2B, its relatives, and what surrounds them.",
    {
        "Start here": [demo.demo, doctor.doctor],
        "Data": [prepare, check.check],
        "Train and predict": [train.train, methods.methods, predict.predict, export.export],
        "Results": [evaluate.evaluate, compare.compare, audit.audit, report.report, reproduce.reproduce],
    },
    items="images",
)


def main() -> None:
    """Entry point of the console script."""
    run_app(app, prog_name="l2b-cls")


if __name__ == "__main__":
    main()
