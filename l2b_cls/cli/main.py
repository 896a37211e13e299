"""`l2b-cls`: the table of its commands. One module a command; each imports its heavy libraries when it runs."""

from typing import Annotated

import typer

from l2b_cls.cli import audit, check, compare, demo, doctor, evaluate, export, predict, prepare, report, train
from l2b_run.shell import DEBUG_HELP, VERSION_HELP, print_version, run_app

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with `l2b-cls demo`. Results go to stdout, progress and logs to stderr; exit codes: 0 done, "
    "2 usage or configuration, 3 invalid data, 4 some images failed, 130 interrupted, 143 terminated.",
)


@app.callback()
def l2b_cls(
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help=VERSION_HELP)
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help=DEBUG_HELP)] = False,
) -> None:
    """Train image classification when part of the labels is wrong: L2B, its relatives, and what surrounds them."""


app.command(rich_help_panel="Start here")(demo.demo)
app.command(rich_help_panel="Start here")(doctor.doctor)
app.add_typer(prepare.app, name="prepare", rich_help_panel="Data")
app.command(rich_help_panel="Data")(check.check)
app.command(rich_help_panel="Train and predict")(train.train)
app.command(rich_help_panel="Train and predict")(predict.predict)
app.command(rich_help_panel="Train and predict")(export.export)
app.command(rich_help_panel="Results")(evaluate.evaluate)
app.command(rich_help_panel="Results")(compare.compare)
app.command(rich_help_panel="Results")(audit.audit)
app.command(rich_help_panel="Results")(report.report)


def main() -> None:
    """Entry point of the console script."""
    run_app(app, prog_name="l2b-cls")


if __name__ == "__main__":
    main()
