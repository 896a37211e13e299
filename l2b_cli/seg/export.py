"""`l2b-seg export`: the network of a run for other programs and other people, or a data set for nnU-Net."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option

from l2b_cli.shared.options import AsJson
from l2b_cli.shared.result import onnx_lines, print_result
from l2b_cli.shared.say import stderr_lines
from l2b_data.errors import ConfigError
from l2b_data.files.shorten import counted

_NNUNET = "Instead of RUN: folder Dataset001_Name for the data set --data as nnU-Net reads it."
_LABELS = "With --nnunet: folder of the training masks, given or reviewed; labelsTr if left out."


def export(
    run: Annotated[Path | None, Argument(metavar="[RUN]", help="Folder of a finished run.")] = None,
    onnx: Annotated[Path | None, Option(help="The ONNX file to write, its description inside; extra `onnx`.")] = None,
    folder: Annotated[Path | None, Option(help="Folder for weights, settings, metadata.json, MODEL_CARD.md.")] = None,
    bundle: Annotated[
        Path | None, Option(help="Folder for a MONAI bundle, run by `python -m monai.bundle run`.")
    ] = None,
    nnunet: Annotated[Path | None, Option(metavar="DIR", help=_NNUNET)] = None,
    data: Annotated[Path | None, Option(help="With --nnunet: the prepared data set.")] = None,
    labels: Annotated[str | None, Option(help=_LABELS)] = None,
    as_json: AsJson = False,
) -> None:
    """Hand on a trained network: as ONNX, compared with the run in onnxruntime, as a folder, as a MONAI bundle.

    Or a data set in nnU-Net's layout: export --nnunet DIR --data DATA [--labels FOLDER].
    """
    networks = {"--onnx": onnx, "--folder": folder, "--bundle": bundle}
    _refuse_unclear(run, [name for name, path in networks.items() if path is not None], nnunet, data, labels)
    found, lines = dict[str, Any](), list[str]()
    if onnx is not None:
        from l2b_seg.export.onnx import export_onnx

        assert run is not None
        with stderr_lines("export", quiet=as_json) as say:
            found["onnx"] = export_onnx(run, onnx, say=say)
        lines += onnx_lines(found["onnx"], "slices")
    if folder is not None:
        from l2b_seg.export.folder import export_folder

        assert run is not None
        found["folder"] = written = export_folder(run, folder)
        lines.append(_folder_line(written))
    if bundle is not None:
        from l2b_seg.export.bundle import COMMAND, export_bundle

        assert run is not None
        found["bundle"] = written = export_bundle(run, bundle)
        lines += [_folder_line(written), COMMAND.replace("BUNDLE", str(bundle))]
    if nnunet is not None:
        assert data is not None
        found["nnunet"] = _write_nnunet(data, nnunet, labels, quiet=as_json)
        lines += _nnunet_lines(found["nnunet"])
    print_result(found, lines, as_json=as_json)


def _refuse_unclear(
    run: Path | None, networks: list[str], nnunet: Path | None, data: Path | None, labels: str | None
) -> None:
    """ConfigError where it is not clear what is exported from what."""
    faults = []
    if not networks and nnunet is None:
        faults.append(
            "nothing to export: name --onnx FILE.onnx, --folder DIR or --bundle DIR; or --nnunet DIR --data DATA"
        )
    if networks and run is None:
        faults.append(f"{', '.join(networks)}: of which network? name a RUN")
    if nnunet is not None and data is None:
        faults.append(f"--nnunet {nnunet}: of which data set? name a prepared one with --data")
    if nnunet is None and (unused := [f"--{name}" for name, given in (("data", data), ("labels", labels)) if given]):
        faults.append(f"{', '.join(unused)}: only with --nnunet; leave out")
    if faults:
        raise ConfigError("\n".join(faults))


def _write_nnunet(data: Path, out: Path, labels: str | None, *, quiet: bool) -> dict[str, Any]:
    from data_prep.mask_sets.write_nnunet import write_nnunet
    from l2b_data.cases.dataset import CLEAN_LABELS, Dataset
    from pipelines.plan.cases import label_folder

    dataset = Dataset.open(data)
    folder = CLEAN_LABELS if labels is None else label_folder(dataset, labels)
    with stderr_lines("export", quiet=quiet) as say:
        return write_nnunet(dataset, out, labels=folder, say=say)


def _folder_line(written: dict[str, Any]) -> str:
    return f"{written['folder']}: {', '.join(written['files'])}; {written['bytes'] / 1e6:.1f} MB"


def _nnunet_lines(written: dict[str, Any]) -> Iterator[str]:
    training, test = counted(len(written["training"]), "training case"), counted(len(written["test"]), "test case")
    yield f"{written['folder']}: {training} with the masks of {written['labels']}, {test}"
    if written["excluded"]:
        yield f"excluded by the review: {', '.join(written['excluded'])}"
