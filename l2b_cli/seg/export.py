"""`l2b-seg export`: the network of a run for other programs and other people."""

import json
from pathlib import Path
from typing import Annotated

import typer

from l2b_cli.shared.say import stderr_lines
from l2b_data.errors import ConfigError


def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished run.")],
    onnx: Annotated[
        Path | None, typer.Option(help="Write the network as ONNX, with its description inside; extra `onnx`.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option(help="Write model.safetensors, config.yaml, metadata.json and MODEL_CARD.md.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON.")] = False,
) -> None:
    """Hand on a trained network: as ONNX, compared with the run in onnxruntime, or a folder with a model card."""
    if onnx is None and folder is None:
        raise ConfigError("nothing to export: name --onnx FILE.onnx or --folder DIR")
    from l2b_seg.export.folder import export_folder
    from l2b_seg.export.onnx import export_onnx

    found = {}
    if onnx is not None:
        with stderr_lines("export", quiet=as_json) as say:
            found["onnx"] = export_onnx(run, onnx, say=say)
    if folder is not None:
        found["folder"] = export_folder(run, folder)
    if as_json:
        typer.echo(json.dumps(found, indent=1, allow_nan=False))
        return
    if "onnx" in found:
        written = found["onnx"]
        differences = ", ".join(f"{value:.1e} on {name} slices" for name, value in written["parity"].items())
        typer.echo(f"{written['file']}: {written['bytes'] / 1e6:.1f} MB, opset {written['opset']}")
        typer.echo(f"largest difference of a probability, onnxruntime against torch: {differences}")
    if "folder" in found:
        written = found["folder"]
        typer.echo(f"{written['folder']}: {', '.join(written['files'])}; {written['bytes'] / 1e6:.1f} MB")
