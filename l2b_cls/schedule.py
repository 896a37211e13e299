"""The learning rate of an epoch, and where fine-tuning begins."""

import math

from l2b_cls.config import Settings


def learning_rate(settings: Settings, epoch: int) -> float:
    """lr of all steps of `epoch` (from 0), as `optimizer.schedule` says: constant, cosine to 0, or steps.

    The released code steps its schedule once an epoch, and so does this. finetune runs it once over its plain part and
    once, from finetune.lr, over its clean part; glc trains twice and runs it once in each half.
    """
    chosen = settings.optimizer
    lr, done, length = chosen.lr, epoch, settings.epochs
    if settings.method == "finetune":
        begin = finetune_start(settings)
        if epoch >= begin:
            lr, done, length = settings.finetune.lr, epoch - begin, settings.epochs - begin
        else:
            length = begin
    elif settings.method == "glc":
        begin = glc_start(settings)
        done, length = (epoch - begin, settings.epochs - begin) if epoch >= begin else (epoch, begin)
    if chosen.schedule == "cosine":
        return lr * 0.5 * (1 + math.cos(math.pi * done / length))
    if chosen.schedule == "steps":
        return lr * chosen.gamma ** sum(done >= milestone for milestone in chosen.milestones)
    return lr


def finetune_start(settings: Settings) -> int:
    """finetune: the first epoch (from 0) that sees the clean samples alone; at least one epoch on each side of it."""
    clean_epochs = max(1, round(settings.epochs * settings.finetune.share))
    return max(1, settings.epochs - clean_epochs)


def glc_start(settings: Settings) -> int:
    """glc: the first epoch (from 0) of the second phase; half of the epochs are plain training on the given labels."""
    return max(1, settings.epochs // 2)
