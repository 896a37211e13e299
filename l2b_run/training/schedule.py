"""The learning rate of a step."""

import math

from l2b_run.settings.shared import OptimizerSettings
from l2b_run.training.method import Phase


def learning_rate(chosen: OptimizerSettings, phase: Phase, epoch: int, fraction: float) -> float:
    """lr at `fraction` in [0, 1) of `epoch` (from 0), as `optimizer.schedule` says, counted from the phase's begin.

    constant; "cosine": to `lr_min` at the end of the phase, or after `half_period` epochs; "inverse": lr * 20 / (20 +
    epoch), the released segmentation code; "steps": times `gamma` at each of `milestones`.
    """
    done = epoch - phase.begin
    if chosen.schedule == "inverse":
        return phase.lr * 20 / (20 + done)
    if chosen.schedule == "cosine":
        turn = math.pi * (done + fraction) / (chosen.half_period or phase.end - phase.begin)
        return chosen.lr_min + (phase.lr - chosen.lr_min) * 0.5 * (1 + math.cos(turn))
    if chosen.schedule == "steps":
        return phase.lr * chosen.gamma ** sum(done >= milestone for milestone in chosen.milestones)
    return phase.lr
