"""The learning rate of a step."""

import math

from l2b_run.settings.shared import OptimizerSettings
from l2b_run.training.method import Phase


def learning_rate(chosen: OptimizerSettings, phase: Phase, epoch: int, fraction: float) -> float:
    """lr at `fraction` in [0, 1) of `epoch` (from 0), as `optimizer.schedule` says, counted from the phase's begin.

    constant; "cosine": to 0 at the end of the phase; "inverse": lr * 20 / (20 + epoch), the released segmentation code;
    "steps": times `gamma` at each of `milestones`.
    """
    done = epoch - phase.begin
    if chosen.schedule == "inverse":
        return phase.lr * 20 / (20 + done)
    if chosen.schedule == "cosine":
        return phase.lr * 0.5 * (1 + math.cos(math.pi * (done + fraction) / (phase.end - phase.begin)))
    if chosen.schedule == "steps":
        return phase.lr * chosen.gamma ** sum(done >= milestone for milestone in chosen.milestones)
    return phase.lr
