"""`l2b-cls export`: the network of a run for other programs."""

from pathlib import Path
from typing import Annotated

from typer import Option

from l2b_cli.shared.options import AsJson, Run
from l2b_cli.shared.result import onnx_lines, print_result
from l2b_cli.shared.say import stderr_lines


def export(
    run: Run,
    onnx: Annotated[Path, Option(help="The ONNX file to write, with its description inside; extra `onnx`.")],
    as_json: AsJson = False,
) -> None:
    """Write a trained network as ONNX, from images in [0, 1] to probabilities, compared with the run in onnxruntime."""
    from l2b_cls.export.onnx import export_onnx

    with stderr_lines("export", quiet=as_json) as say:
        written = export_onnx(run, onnx, say=say)
    print_result(written, onnx_lines(written, "images"), as_json=as_json)
