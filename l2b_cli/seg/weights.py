"""`l2b-seg weights`: trust in a case's mask, pixel by pixel, and training weights, as NIfTI."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from l2b_cli.shared.options import AsJson, Device, Moved, Run
from l2b_cli.shared.result import print_result

if TYPE_CHECKING:
    from l2b_seg.prediction.write_weights import WrittenWeights

_OF = {
    "training": "what this run gave in training, the mean of its weighted epochs",
    "last network": "weights of the last network: {why}",
}


def weights(
    run: Run,
    case: Annotated[str, Argument(metavar="CASE", help="A case of the run's data set, e.g. a training case.")],
    out: Annotated[Path | None, Option(help="Folder for the files.", show_default="RUN/weights")] = None,
    data: Moved = None,
    device: Device = "auto",
    as_json: AsJson = False,
) -> None:
    """Write trust in a case's mask, training weights and pseudo-label on the case's own grid, to open beside the image.

    CASE_trust: probability that a pixel's given label is right, under a network that did not see the case, calibrated
    on clean cases it did not see either. For a training case `l2b-seg audit RUN` trains such networks; without them
    there is no trust. CASE_alpha and CASE_beta: the weights this run gave a pixel's given label and the network's own
    in training; 1 is the weight a pixel has in plain training. They say what taught the network, not what is right: on
    wrong labels they can be the highest. CASE_pseudo, CASE_given: label maps with the values of your own masks.
    CASE_probability: of all foreground.
    """
    from l2b_run.training.device import choose_device
    from l2b_seg.prediction.trained_run import open_run
    from l2b_seg.prediction.write_weights import write_weights

    opened = open_run(run, data=data, device=choose_device(device))
    done = write_weights(opened, case, out or run / "weights")
    files = {name: str(path) for name, path in done.files.items()}
    lines = (*files.values(), *_lines(run, case, done, trained=case in opened.train))
    print_result({"case": case, **asdict(done), "files": files}, lines, as_json=as_json)


def _lines(run: Path, case: str, done: "WrittenWeights", *, trained: bool) -> Iterator[str]:
    if done.trust is None:
        yield f"{case}: no trust, as every network there is has seen the case; `l2b-seg audit {run}` trains others"
    else:
        found = done.trust
        yield (
            f"{case}: trust in its mask in {done.given} is below one half in {_percent(found.below_half)} of its "
            f"voxels, judged by {found.judged_by} (temperature {found.temperature:.2f}, from {found.calibrated_on})"
        )
    if done.weights is None:
        yield f"{case}: no training weights: the run kept none of it and has no clean case to judge by"
        return
    why = "the run kept none in training" if trained else "this case was not trained on"
    named = " and ".join(name for name in ("alpha", "beta") if name in done.files)
    yield f"{case}: {named}: {_OF[done.weights].format(why=why)}"
    if done.alpha_share is None:
        return
    yield (
        f"{case}: of the weight, {_percent(done.alpha_share)} on its mask in {done.given} (alpha), the rest on the "
        f"network's own (beta); they differ in {_percent(done.disputed)} of their voxels, and there alpha has "
        f"{_percent(done.alpha_share_disputed)}"
    )


def _percent(share: float | None) -> str:
    return "nothing" if share is None else f"{100 * share:.1f} %"
