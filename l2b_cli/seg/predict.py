"""`l2b-seg predict`: masks for new volumes from a finished run."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from l2b_cli.shared.options import Device
from l2b_cli.shared.say import stderr_lines
from l2b_data.errors import SomeCasesFailed


class Split(StrEnum):
    train = "train"
    meta = "meta"
    test = "test"
    all = "all"


def predict(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished run.")],
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="Image, folder of images, or prepared data set.")],
    out: Annotated[
        Path,
        typer.Argument(
            metavar="OUT",
            help="Folder for the masks: CASE.nii.gz, of pictures CASE.png or .tif; or a file for one image.",
        ),
    ],
    tta: Annotated[bool, typer.Option("--tta", help="Average with the left-right mirrored prediction.")] = False,
    skip_existing: Annotated[
        bool, typer.Option("--skip-existing", help="Leave masks that are already there, to go on after a stop.")
    ] = False,
    probabilities: Annotated[
        bool,
        typer.Option(
            "--probabilities", help="Also write CASE_probability.nii.gz; for several classes or pictures .npz, float16."
        ),
    ] = False,
    split: Annotated[Split, typer.Option(help="Which cases of a prepared data set.")] = Split.test,
    device: Device = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON.")] = False,
) -> None:
    """Predict masks on each input's own grid and geometry; the values are the labels (a 1 looks black in a picture).

    An image of several channels is CASE_0000, CASE_0001, ..., or one RGB picture.
    Exit code 3 if nothing can be predicted, 4 if some inputs are broken; the others are written.
    """
    from l2b_run.training.device import choose_device
    from l2b_seg.prediction.paths import find_inputs, output_paths
    from l2b_seg.prediction.predict import predict as predict_masks
    from l2b_seg.prediction.predictor import load_run

    predictor = load_run(run, choose_device(device))
    task = predictor.task
    inputs = find_inputs(source, channels=task.channels, split=split.value)
    outputs = output_paths(inputs, out, classes=len(task.classes), probabilities=probabilities)
    with stderr_lines("predict", quiet=as_json) as say:
        result = predict_masks(predictor, inputs, outputs, tta=tta, skip_existing=skip_existing, say=say)
    if as_json:
        written = {case: str(result.outputs[case].mask) for case in result.written}
        beside = {case: str(result.outputs[case].probabilities) for case in result.written} if probabilities else {}
        found = {"written": written, "probabilities": beside, "skipped": result.skipped, "failed": result.failed}
        typer.echo(json.dumps(found, indent=1))
    else:
        for case in result.written:
            typer.echo(str(result.outputs[case].mask))
        if result.skipped:
            typer.echo(f"{len(result.skipped)} masks were there already")
    if result.failed:
        lines = "\n  ".join(f"{case}: {message}" for case, message in result.failed.items())
        raise SomeCasesFailed(f"{len(result.failed)} of {len(inputs)} inputs were not predicted:\n  {lines}")
