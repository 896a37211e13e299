"""`apply` of either tool: its arguments, and what it prints."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option

from l2b_cli.shared.result import Part
from l2b_data.files.shorten import counted, first_names

Audit = Annotated[Path, Argument(metavar="AUDIT", help="Folder that `audit` wrote.")]
DecisionsFile = Annotated[Path, Argument(metavar="decisions.json", help="What was decided, as its page saves it.")]
ReviewedOut = Annotated[Path, Option(help="Folder for what was reviewed; must not exist or be empty.")]
_SHOWN = 8


def review_lines(manifest: dict[str, Any], out: Path, item: str) -> Iterator[Part]:
    """What a review did, from its manifest; item: "mask" or "label"."""
    done = {"mend": "mended", "proposal": "replaced by the proposal", "exclude": "excluded", "keep": "kept as decided"}
    for word, text in done.items():
        if names := [name for name, row in manifest["cases"].items() if row["decision"] == word and row["decided"]]:
            yield f"{counted(len(names), item)} {text}: {first_names(names, _SHOWN)}"
    yield f"{counted(manifest['counts']['undecided'], item)} kept as given, not decided"
    yield f"Train on them with --labels {out}"
