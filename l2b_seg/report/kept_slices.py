"""figures.npz as one-slice cases for the viewer."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from l2b_seg.report.case import ShownCase
from l2b_seg.report.pictures import grey_levels
from l2b_seg.report.run_record import RunRecord
from l2b_seg.training_weights.file import TRAINING_WEIGHTS

WEIGHTS = ("alpha", "beta")


def figure_cases(runs: Sequence[tuple[str, RunRecord]]) -> list[ShownCase]:
    """The slices of all runs, in the order met; `runs` are (id of the run, record). One of two runs by one name and
    size is shown once, with both predictions.
    """
    found: dict[tuple[str, tuple[int, ...]], ShownCase] = {}
    for source, run in runs:
        total = sum(float(run.pictures[name].sum()) for name in WEIGHTS if name in run.pictures)
        # alpha + beta is 1 in the mean over the run's slices, as in plain training
        scale = run.pictures["image"].size / total if total > 0 else 1.0
        of_last = "" if (run.path / TRAINING_WEIGHTS).is_file() else "last "  # a run of an earlier version kept none
        for index, name in enumerate(run.names):
            image = run.pictures["image"][index : index + 1]
            kinds = {"given:the run folder": "given", "clean": "clean", source: "predicted"}
            labels = {shown: _labels(run, kind, index) for shown, kind in kinds.items()}
            maps = {
                of_last + kind: run.pictures[kind][index : index + 1] * scale
                for kind in WEIGHTS
                if kind in run.pictures
            }
            before = found.get((name, image.shape)) or ShownCase(name, name, grey_levels(image), {})
            found[name, image.shape] = replace(
                before,
                masks={**before.masks, **{kind: mask for kind, mask in labels.items() if mask is not None}},
                maps={**before.maps, **({source: maps} if maps else {})},
                reference="clean" if "clean" in run.pictures else "",
                note="A slice as the network saw it.",
                classes=max(run.classes, before.classes, key=len),
            )
    return list(found.values())


def _labels(run: RunRecord, name: str, index: int) -> np.ndarray | None:
    """Label values (1, S, S); of a run that kept no predicted labels, those of its one class."""
    if name in run.pictures:
        return run.pictures[name][index : index + 1].astype(np.uint8)
    if name == "predicted" and "probability" in run.pictures:
        return (run.pictures["probability"][index : index + 1] > 0.5).astype(np.uint8)
    return None
