"""`l2b-seg predict`: masks for new volumes from a finished run."""

from pathlib import Path
from typing import Annotated, Literal

from typer import Argument, Option

from l2b_cli.shared.options import AsJson, Device, Members
from l2b_cli.shared.result import print_result, refuse_failed
from l2b_cli.shared.say import stderr_lines
from l2b_data.files.shorten import counted

_OUT = "Folder for the masks: CASE.nii.gz, of pictures CASE.png or .tif; or a file for one image."
_SKIP = "Leave masks that are already there, to go on after a stop."
_PROBABILITIES = "Also write CASE_probability.nii.gz; for several classes or pictures .npz, float16."
Split = Literal["train", "meta", "test", "all"]


def predict(
    runs: Members,
    source: Annotated[Path, Argument(metavar="INPUT", help="Image, DICOM series, folder of them, or prepared set.")],
    out: Annotated[Path, Argument(metavar="OUT", help=_OUT)],
    tta: Annotated[bool, Option("--tta", help="Average with the left-right mirrored prediction.")] = False,
    skip_existing: Annotated[bool, Option("--skip-existing", help=_SKIP)] = False,
    probabilities: Annotated[bool, Option("--probabilities", help=_PROBABILITIES)] = False,
    split: Annotated[Split, Option(help="Which cases of a prepared data set.")] = "test",
    device: Device = "auto",
    as_json: AsJson = False,
) -> None:
    """Predict masks on each input's own grid and geometry, with the values of the masks the run was trained on.

    Several runs predict the mean of their probabilities.
    An image of several channels is CASE_0000, CASE_0001, ..., or one RGB picture.
    Exit code 3 if nothing can be predicted, 4 if some inputs are broken; the others are written.
    """
    from l2b_run.training.device import choose_device
    from l2b_seg.prediction.ensemble import load_ensemble
    from l2b_seg.prediction.paths import find_inputs, output_paths
    from l2b_seg.prediction.predict import predict as predict_masks

    predictor = load_ensemble(runs, choose_device(device))
    task = predictor.task
    inputs = find_inputs(source, channels=task.channels, split=split)
    outputs = output_paths(inputs, out, classes=len(task.classes), probabilities=probabilities)
    with stderr_lines("predict", quiet=as_json) as say:
        result = predict_masks(predictor, inputs, outputs, tta=tta, skip_existing=skip_existing, say=say)
    written = {case: str(result.outputs[case].mask) for case in result.written}
    beside = {case: str(result.outputs[case].probabilities) for case in result.written} if probabilities else {}
    found = {"written": written, "probabilities": beside, "skipped": result.skipped, "failed": result.failed}
    skipped = [f"{counted(len(result.skipped), 'mask')} there already"] if result.skipped else []
    print_result(found, (*written.values(), *skipped), as_json=as_json)
    failed = (f"{case}: {message}" for case, message in result.failed.items())
    refuse_failed(failed, len(inputs), "inputs were not predicted")
