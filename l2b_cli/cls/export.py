"""`l2b-cls export`: the network of a run for other programs."""

import json
from pathlib import Path
from typing import Annotated

import typer

from l2b_cli.shared.say import stderr_lines


def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished run.")],
    onnx: Annotated[Path, typer.Option(help="The ONNX file to write, with its description inside; extra `onnx`.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON.")] = False,
) -> None:
    """Write a trained network as ONNX, from images in [0, 1] to probabilities, compared with the run in onnxruntime."""
    from l2b_cls.export.onnx import export_onnx

    with stderr_lines("export", quiet=as_json) as say:
        written = export_onnx(run, onnx, say=say)
    if as_json:
        typer.echo(json.dumps(written, indent=1, allow_nan=False))
        return
    differences = ", ".join(
        f"{value:.1e} on {name} images" for name, value in written["parity"].items() if name != "run"
    )
    typer.echo(f"{written['file']}: {written['bytes'] / 1e6:.1f} MB, opset {written['opset']}")
    typer.echo(f"largest difference of a probability, onnxruntime against torch: {differences}")
