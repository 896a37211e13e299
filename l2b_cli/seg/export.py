"""`l2b-seg export`: the network of a run for other programs and other people."""

from pathlib import Path
from typing import Annotated, Any

from typer import Option

from l2b_cli.shared.options import AsJson, Run
from l2b_cli.shared.result import onnx_lines, print_result
from l2b_cli.shared.say import stderr_lines
from l2b_data.errors import ConfigError


def export(
    run: Run,
    onnx: Annotated[Path | None, Option(help="The ONNX file to write, its description inside; extra `onnx`.")] = None,
    folder: Annotated[Path | None, Option(help="Folder for weights, settings, metadata.json, MODEL_CARD.md.")] = None,
    as_json: AsJson = False,
) -> None:
    """Hand on a trained network: as ONNX, compared with the run in onnxruntime, or a folder with a model card."""
    if onnx is None and folder is None:
        raise ConfigError("nothing to export: name --onnx FILE.onnx or --folder DIR")
    from l2b_seg.export.folder import export_folder
    from l2b_seg.export.onnx import export_onnx

    found, lines = dict[str, Any](), list[str]()
    if onnx is not None:
        with stderr_lines("export", quiet=as_json) as say:
            found["onnx"] = export_onnx(run, onnx, say=say)
        lines += onnx_lines(found["onnx"], "slices")
    if folder is not None:
        found["folder"] = written = export_folder(run, folder)
        lines.append(f"{written['folder']}: {', '.join(written['files'])}; {written['bytes'] / 1e6:.1f} MB")
    print_result(found, lines, as_json=as_json)
