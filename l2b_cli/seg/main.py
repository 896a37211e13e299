"""`l2b-seg`: the table of its commands. One module a command; each imports its heavy libraries when it runs."""

from l2b_cli.seg import (
    apply,
    audit,
    check,
    compare,
    corrupt,
    demo,
    doctor,
    evaluate,
    export,
    predict,
    report,
    reproduce,
    train,
    weights,
)
from l2b_cli.seg.prepare.own import folder, isic_lesions, msd, nnunet
from l2b_cli.seg.prepare.published import promise12, synthetic
from l2b_cli.shared.make_app import make_app, make_group
from l2b_cli.shared.methods_of import methods_of
from l2b_cli.shared.shell import run_app

_PREPARE = "Turn raw data into a prepared data set."
PREPARE = (promise12, synthetic, folder, msd, nnunet, isic_lesions)
app = make_app(
    "l2b-seg",
    "Train image segmentation when part of the masks is wrong: L2B, its baselines, and what surrounds them.",
    {
        "Start here": [demo.demo, doctor.doctor],
        "Data": [make_group("prepare", _PREPARE, PREPARE), check.check, corrupt.corrupt],
        "Train and predict": [train.train, methods_of("l2b_seg.methods.table"), predict.predict, export.export],
        "Results": [
            evaluate.evaluate,
            compare.compare,
            audit.audit,
            apply.apply,
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
