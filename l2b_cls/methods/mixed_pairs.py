"""Candidates of a weighted step of classification: of single images, or of mixed pairs of them."""

from typing import cast

import torch

from l2b_cls.losses import mixed_target
from l2b_cls.task import Task
from l2b_run.methods.mixup import drawn_pairs
from l2b_run.methods.reweight import Candidates, own_or_teacher
from l2b_run.training.batches import Drawn
from l2b_run.training.method import Training


def candidates(run: Training, epoch: int, step: int) -> Candidates:
    """The batches of this step; with `bootstrap.mixup_alpha`, after the warm-up, its images mixed in pairs.

    One share ~ Beta(a, a) a batch; the released L2B code draws from Beta(32, 32), so nearly halves.
    """
    concentration = getattr(run.settings.bootstrap, "mixup_alpha", None)
    if concentration is None or epoch < run.settings.warm_up_epochs:
        return own_or_teacher(run, epoch, step)
    images, labels, position = run.batches.given(epoch, step)
    assert position is not None
    keep, order = drawn_pairs(run.batches, epoch, step, len(images), concentration)
    target = mixed_target(labels, labels[order], keep, cast(Task, run.task).classes)
    pairs = Drawn(keep * images + (1 - keep) * images[order], target, torch.cat([position, position[order]]))
    return own_or_teacher(run, epoch, step, pairs)
