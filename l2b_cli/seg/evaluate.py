"""`l2b-seg evaluate`: predicted masks against reference masks."""

from pathlib import Path
from typing import Annotated, Literal

from rich.markup import escape
from typer import Argument, Option

from l2b_cli.shared.options import AsJson
from l2b_cli.shared.result import print_result, warn
from l2b_cli.shared.say import stderr_lines
from l2b_data.errors import ConfigError, SomeCasesFailed


def evaluate(
    pred: Annotated[Path, Argument(metavar="PRED", help="Predicted mask, or a folder of them.")],
    ref: Annotated[
        Path, Argument(metavar="REF", help="Reference mask, folder (by case id), or prepared data set (test cases).")
    ],
    out: Annotated[Path | None, Option(help="Folder for summary.json and cases.csv.")] = None,
    spacing_unit: Annotated[
        Literal["mm", "voxel"] | None,
        Option(help="mm: the header's spacing; voxel: 1. Default: mm; of prepared data its unit, of pictures voxel."),
    ] = None,
    tolerance: Annotated[float, Option(help="Tolerance of the surface Dice (NSD), in the spacing's unit.")] = 2.0,
    labels: Annotated[
        str | None, Option(help="Values that together are one foreground, e.g. 1,2; all: every value but 0.")
    ] = None,
    classes: Annotated[
        str | None, Option(help="Classes measured apart, e.g. zone=1,lesion=2. Default: each value of the reference.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Dice, IoU, HD, HD95, ASSD and NSD a case, a class and on average, with their definitions in the output.

    Exit code 3 if masks lie on different grids or nothing can be evaluated, 4 if some cases are missing.
    """
    from l2b_run.folder.read_run import check_evaluation_folder
    from l2b_seg.metrics.evaluate import evaluate as evaluate_masks
    from l2b_seg.metrics.evaluate import failures
    from l2b_seg.metrics.metrics_table import metrics_table
    from l2b_seg.metrics.write_evaluation import write_summary

    if out is not None:
        check_evaluation_folder(out)
    with stderr_lines("evaluate", quiet=as_json) as say:
        summary = evaluate_masks(
            pred,
            ref,
            spacing_unit=spacing_unit,
            tolerance_mm=tolerance,
            labels=None if labels is None else _labels(labels),
            classes=None if classes is None else _classes(classes),
            say=say,
        )
    if out is not None:
        write_summary(summary, out)
    table = metrics_table(summary, title=escape(f"foreground: {summary.foreground}"))
    print_result(summary, (table,), as_json=as_json)
    warn(summary.warnings or [])
    if failed := failures(summary):
        raise SomeCasesFailed(failed)


def _labels(text: str) -> list[int] | Literal["all"]:
    if text == "all":
        return "all"
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise ConfigError(f"--labels {text!r}: pass whole numbers, such as 1,2, or all") from None


def _classes(text: str) -> dict[str, int]:
    pairs = [part.rpartition("=") for part in text.split(",")]
    try:
        found = {name.strip(): int(value) for name, _, value in pairs}
    except ValueError:
        found = {}
    if not all(found) or len(found) < len(pairs):
        raise ConfigError(f"--classes {text!r}: pass names and whole numbers, such as gland=1,lesion=2")
    return found
