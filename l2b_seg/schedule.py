"""The learning rate of a step, and where fine-tuning begins."""

import math

from l2b_seg.config import Settings


def learning_rate(settings: Settings, epoch: int, fraction: float) -> float:
    """lr at `fraction` in [0, 1) of `epoch` (from 0), as `optimizer.schedule` says.

    constant; "inverse": lr * 20 / (20 + epoch), the released segmentation code; "cosine": to 0 at the last step.
    finetune runs the schedule once over its plain part and once, from finetune.lr, over its clean part.
    """
    lr, done, length = settings.optimizer.lr, epoch, settings.epochs
    if settings.method == "finetune":
        begin = finetune_start(settings)
        if epoch >= begin:
            lr, done, length = settings.finetune.lr, epoch - begin, settings.epochs - begin
        else:
            length = begin
    if settings.optimizer.schedule == "inverse":
        return lr * 20 / (20 + done)
    if settings.optimizer.schedule == "cosine":
        return lr * 0.5 * (1 + math.cos(math.pi * (done + fraction) / length))
    return lr


def finetune_start(settings: Settings) -> int:
    """finetune: the first epoch (from 0) that sees the clean cases alone; at least one epoch on each side of it."""
    clean_epochs = max(1, round(settings.epochs * settings.finetune.share))
    return max(1, settings.epochs - clean_epochs)
