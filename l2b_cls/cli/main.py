"""`l2b-cls`: classification under label noise. This version carries the table of commands; 0.3.0 fills it."""

from collections.abc import Callable
from typing import Annotated

import typer

from l2b_cls.cli import audit, check, compare, demo, doctor, evaluate, export, predict, prepare, report, train
from l2b_run.errors import ConfigError
from l2b_run.shell import DEBUG_HELP, VERSION_HELP, print_version, run_app

ARRIVES = "0.3.0"

COMMANDS = (
    ("demo", "Start here", "Digits with 40 % wrong labels: the plain baseline beside L2B, in minutes."),
    ("prepare", "Data", "Bring CIFAR, ISIC 2019, Clothing1M, MedMNIST or a folder into the prepared form."),
    ("check", "Data", "Check a prepared data set: labels, duplicates, leakage between splits."),
    ("train", "Train and predict", "Train one method of a recipe on given labels."),
    ("predict", "Train and predict", "Class probabilities of images, as CSV."),
    ("export", "Train and predict", "Export a run to ONNX, with a parity check."),
    ("evaluate", "Results", "Accuracy, AUC and confusion matrix of a run."),
    ("audit", "Results", "Rank the samples whose given label a run disbelieved."),
    ("compare", "Results", "Paired differences of two runs."),
    ("report", "Results", "One self-contained HTML page of runs."),
    ("reproduce", "Results", "A published table, its numbers beside ours."),
    ("doctor", "Results", "Versions, devices, memory, and what is missing."),
)

BUILT: dict[str, typer.Typer | Callable[..., None]] = {
    "prepare": prepare.app,
    "check": check.check,
    "compare": compare.compare,
    "audit": audit.audit,
    "demo": demo.demo,
    "export": export.export,
    "doctor": doctor.doctor,
    "report": report.report,
    "train": train.train,
    "predict": predict.predict,
    "evaluate": evaluate.evaluate,
}
"""The verbs of COMMANDS that are there; the others say when they come."""

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=f"Segmentation is there today: see `l2b-seg --help`. Until {ARRIVES} the training step for "
    "classification is `l2b.train_step` in a loop of your own.",
)


@app.callback()
def l2b_cls(
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help=VERSION_HELP)
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help=DEBUG_HELP)] = False,
) -> None:
    """Train image classification when part of the labels is wrong. To come with 0.3.0: the commands below."""


def _announced(verb: str) -> Callable[[], None]:
    def announced() -> None:
        raise ConfigError(
            f"`l2b-cls {verb}` comes with version {ARRIVES}; this version trains segmentation only "
            "(`l2b-seg --help`), and `from l2b import train_step` adds L2B to a classification loop of your own"
        )

    return announced


for _verb, _panel, _summary in COMMANDS:
    _built = BUILT.get(_verb)
    if isinstance(_built, typer.Typer):
        app.add_typer(_built, name=_verb, rich_help_panel=_panel)
    elif _built is not None:
        app.command(_verb, rich_help_panel=_panel)(_built)
    else:
        app.command(
            _verb,
            help=f"{_summary} [{ARRIVES}]",
            rich_help_panel=_panel,
            context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
        )(_announced(_verb))


def main() -> None:
    """Entry point of the console script."""
    run_app(app, prog_name="l2b-cls")


if __name__ == "__main__":
    main()
