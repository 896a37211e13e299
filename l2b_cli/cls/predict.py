"""`l2b-cls predict`: class probabilities of new images."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from l2b_cli.shared.options import Device


class Split(StrEnum):
    train = "train"
    val = "val"
    test = "test"
    all = "all"


def predict(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished run.")],
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="Image, folder of images, or prepared set.")],
    out: Annotated[Path | None, typer.Option(help="CSV file; printed if left out.")] = None,
    split: Annotated[Split, typer.Option(help="Which samples of a prepared set.")] = Split.test,
    device: Device = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print the predictions as JSON.")] = False,
) -> None:
    """Predict images: name, most probable class, and the probability of each class, as CSV.

    Exit code 3 if nothing can be predicted, 4 if some images are broken; the others are predicted.
    """
    from l2b_cli.shared.say import stderr_lines
    from l2b_cls.prediction.classifier import load_run
    from l2b_cls.prediction.predict import predict as predict_images
    from l2b_data.errors import DataError, SomeCasesFailed
    from l2b_data.files.atomic import write_text
    from l2b_run.training.device import choose_device

    classifier = load_run(run, choose_device(device))
    with stderr_lines("predict", quiet=True) as say:
        found = predict_images(classifier, source, split=split.value, say=say)
    broken = "\n  ".join(found.failed.values())
    if found.failed and not found.names:
        raise DataError(f"no image could be predicted:\n  {broken}")
    if out is not None:
        write_text(out, found.as_csv())
    if as_json:
        rows = [
            {
                "name": name,
                "predicted": found.classes[best],
                "probabilities": dict(zip(found.classes, row, strict=True)),
            }
            for name, best, row in zip(found.names, found.predicted.tolist(), found.probabilities.tolist(), strict=True)
        ]
        typer.echo(json.dumps({"predictions": rows, "failed": found.failed}, indent=1, allow_nan=False))
    elif out is None:
        typer.echo(found.as_csv(), nl=False)
    else:
        typer.echo(f"{len(found.names)} images predicted: {out}")
    if found.failed:
        total = len(found.names) + len(found.failed)
        raise SomeCasesFailed(f"{len(found.failed)} of {total} images were not predicted:\n  {broken}")
