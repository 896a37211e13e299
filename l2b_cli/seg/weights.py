"""`l2b-seg weights`: which pixels of a case a run trusts, as NIfTI."""

import json
from pathlib import Path
from typing import Annotated

import typer

from l2b_cli.shared.options import Device


def weights(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished run.")],
    case: Annotated[str, typer.Argument(metavar="CASE", help="A case of the run's data set, e.g. a training case.")],
    out: Annotated[Path | None, typer.Option(help="Folder for the files.", show_default="RUN/weights")] = None,
    data: Annotated[Path | None, typer.Option(help="The run's data set, where it has moved.")] = None,
    device: Device = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print files and shares as JSON.")] = False,
) -> None:
    """Write alpha, beta and pseudo-label of a case on its own grid, to open beside the image.

    CASE_alpha and CASE_beta: the weight of a pixel's given label and of the network's own, judged by the run's clean
    cases; 1 is the weight a pixel has in plain training. CASE_pseudo, CASE_given: label maps. CASE_probability: of
    all foreground.
    """
    from l2b_run.training.device import choose_device
    from l2b_seg.prediction.trained_run import open_run
    from l2b_seg.prediction.write_weights import write_weights

    opened = open_run(run, data=data, device=choose_device(device))
    done = write_weights(opened, case, out or run / "weights")
    if as_json:
        shares = {
            "given": done.given,
            "alpha_share": done.alpha_share,
            "disputed": done.disputed,
            "alpha_share_disputed": done.alpha_share_disputed,
        }
        files = {name: str(path) for name, path in done.files.items()}
        typer.echo(json.dumps({"case": case, "files": files, **shares}, indent=1, allow_nan=False))
        return
    for path in done.files.values():
        typer.echo(str(path))
    typer.echo(
        f"{case}: of the weight, {_percent(done.alpha_share)} on its mask in {done.given} (alpha), the rest on the "
        f"network's own (beta); they differ in {_percent(done.disputed)} of their voxels, and there alpha has "
        f"{_percent(done.alpha_share_disputed)}"
    )


def _percent(share: float | None) -> str:
    return "nothing" if share is None else f"{100 * share:.1f} %"
