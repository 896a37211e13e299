"""A command line tool out of its commands."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

import typer
from typer import Option

from l2b_data.files.extras import package_version


def make_app(
    tool: str, about: str, panels: Mapping[str, Sequence[Callable[..., Any] | typer.Typer]], *, items: str
) -> typer.Typer:
    """The typer app of `tool`, whose help says what it is `about` and lists the commands of each panel.

    panels: heading -> commands, or an app of several under its own name. items: what may fail one by one (cases).
    """
    app = typer.Typer(
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        epilog=f"Start with `{tool} demo`. Results go to stdout, progress and logs to stderr; exit codes: 0 done, "
        f"2 usage or configuration, 3 invalid data, 4 some {items} failed, 130 interrupted, 143 terminated.",
    )
    app.callback(help=about)(_options)
    for panel, commands in panels.items():
        for command in commands:
            if isinstance(command, typer.Typer):
                app.add_typer(command, rich_help_panel=panel)
            else:
                app.command(rich_help_panel=panel)(command)
    return app


def make_group(name: str, about: str, commands: Sequence[Callable[..., Any]]) -> typer.Typer:
    """An app of several commands under one name."""
    app = typer.Typer(name=name, help=about, no_args_is_help=True)
    for command in commands:
        app.command()(command)
    return app


def _print_version(requested: bool) -> None:
    """Print `l2b X.Y.Z` and stop."""
    if requested:
        print(f"l2b {package_version('l2b') or '(not installed)'}")
        raise typer.Exit


def _options(
    version: Annotated[
        bool, Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    debug: Annotated[
        bool, Option("--debug", help="Show an error's traceback (anywhere on the line; L2B_DEBUG=1 does the same).")
    ] = False,
) -> None:
    pass  # --version ends by its callback; --debug is taken off the line by `run_app`, here it is only listed
