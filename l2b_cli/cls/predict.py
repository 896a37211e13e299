"""`l2b-cls predict`: class probabilities of new images."""

from pathlib import Path
from typing import Annotated, Literal

from typer import Argument, Option

from l2b_cli.shared.options import AsJson, Device, Members
from l2b_cli.shared.result import print_result, refuse_failed
from l2b_cli.shared.say import stderr_lines
from l2b_data.errors import DataError
from l2b_data.files.shorten import counted

Split = Literal["train", "val", "test", "all"]


def predict(
    runs: Members,
    source: Annotated[Path, Argument(metavar="INPUT", help="Image, folder of images, or prepared set.")],
    out: Annotated[Path | None, Option(help="CSV file; printed if left out.")] = None,
    split: Annotated[Split, Option(help="Which samples of a prepared set.")] = "test",
    device: Device = "auto",
    as_json: AsJson = False,
) -> None:
    """Predict images: name, most probable class, and the probability of each class, as CSV; of several runs their mean.

    Exit code 3 if nothing can be predicted, 4 if some images are broken; the others are predicted.
    """
    from l2b_cls.prediction.classifier import load_ensemble
    from l2b_cls.prediction.predict import predict_together
    from l2b_data.files.atomic import write_text
    from l2b_run.training.device import choose_device

    members = load_ensemble(runs, choose_device(device))
    with stderr_lines("predict", quiet=as_json) as say:
        found = predict_together(members, source, split=split, say=say)
    if found.failed and not found.names:
        raise DataError("no image could be predicted:\n  " + "\n  ".join(found.failed.values()))
    text = found.as_csv()
    if out is not None:
        write_text(out, text)
        text = f"{counted(len(found.names), 'image')} predicted: {out}"
    rows = zip(found.names, found.predicted.tolist(), found.probabilities.tolist(), strict=True)
    predictions = [
        {"name": name, "predicted": found.classes[best], "probabilities": dict(zip(found.classes, row, strict=True))}
        for name, best, row in rows
    ]
    value = {"predictions": predictions, "failed": found.failed}
    print_result(value, (text.removesuffix("\n"),), as_json=as_json)
    total = len(found.names) + len(found.failed)
    refuse_failed(found.failed.values(), total, "images were not predicted")
