"""`l2b-seg weights`: which pixels of a case a run trusts, as NIfTI."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from l2b_cli.shared.options import AsJson, Device, Moved, Run
from l2b_cli.shared.result import print_result


def weights(
    run: Run,
    case: Annotated[str, Argument(metavar="CASE", help="A case of the run's data set, e.g. a training case.")],
    out: Annotated[Path | None, Option(help="Folder for the files.", show_default="RUN/weights")] = None,
    data: Moved = None,
    device: Device = "auto",
    as_json: AsJson = False,
) -> None:
    """Write alpha, beta and pseudo-label of a case on its own grid, to open beside the image.

    CASE_alpha and CASE_beta: the weight of a pixel's given label and of the network's own, judged by the run's clean
    cases; 1 is the weight a pixel has in plain training. CASE_pseudo, CASE_given: label maps with the values of your
    own masks. CASE_probability: of all foreground.
    """
    from l2b_run.training.device import choose_device
    from l2b_seg.prediction.trained_run import open_run
    from l2b_seg.prediction.write_weights import write_weights

    done = write_weights(open_run(run, data=data, device=choose_device(device)), case, out or run / "weights")
    files = {name: str(path) for name, path in done.files.items()}
    text = (
        f"{case}: of the weight, {_percent(done.alpha_share)} on its mask in {done.given} (alpha), the rest on the "
        f"network's own (beta); they differ in {_percent(done.disputed)} of their voxels, and there alpha has "
        f"{_percent(done.alpha_share_disputed)}"
    )
    print_result({"case": case, **asdict(done), "files": files}, (*files.values(), text), as_json=as_json)


def _percent(share: float | None) -> str:
    return "nothing" if share is None else f"{100 * share:.1f} %"
