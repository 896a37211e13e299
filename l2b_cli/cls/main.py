"""`l2b-cls`: the table of its commands. One module a command; each imports its heavy libraries when it runs."""

from l2b_cli.cls import (
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
)
from l2b_cli.cls.prepare.own import folder
from l2b_cli.cls.prepare.published import cifar10, cifar100, clothing1m, digits, isic2019, medmnist
from l2b_cli.cls.pretrain import simclr
from l2b_cli.shared.make_app import make_app, make_group
from l2b_cli.shared.methods_of import methods_of
from l2b_cli.shared.shell import run_app

PREPARE = (cifar10, cifar100, isic2019, clothing1m, medmnist, digits, folder)
app = make_app(
    "l2b-cls",
    "Train image classification when part of the labels is wrong: L2B, its relatives, and what surrounds them.",
    {
        "Start here": [demo.demo, doctor.doctor],
        "Data": [
            make_group("prepare", "Turn images and labels into a prepared set.", PREPARE),
            check.check,
            corrupt.corrupt,
        ],
        "Train and predict": [
            train.train,
            make_group("pretrain", "Learn an encoder from images without labels.", (simclr,)),
            methods_of("l2b_cls.methods.table"),
            predict.predict,
            export.export,
        ],
        "Results": [
            evaluate.evaluate,
            compare.compare,
            audit.audit,
            apply.apply,
            report.report,
            reproduce.reproduce,
        ],
    },
    items="images",
)


def main() -> None:
    """Entry point of the console script."""
    run_app(app, prog_name="l2b-cls")


if __name__ == "__main__":
    main()
