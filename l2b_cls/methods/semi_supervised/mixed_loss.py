"""The loss of a batch of mixed samples, labelled and unlabelled."""

import math

import torch
from torch import Tensor
from torch.nn import functional

from l2b_cls.losses import cross_entropy


def mixed_loss(logits: Tensor, targets: Tensor, labelled: int, unlabelled_weight: float) -> Tensor:
    """Cross-entropy of the first `labelled` rows + weight * squared error of the others + `class_penalty` of all.

    logits, targets (B, K); the squared error is of softmax and target, its mean over rows and classes; without
    unlabelled rows there is none (DivideMix, ICLR 2020, eq. 9-12).
    """
    loss = cross_entropy(logits[:labelled], targets[:labelled]).mean() + class_penalty(logits)
    if labelled == len(logits) or unlabelled_weight == 0:
        return loss
    guess = torch.softmax(logits[labelled:], 1)
    return loss + unlabelled_weight * functional.mse_loss(guess, targets[labelled:])


def class_penalty(logits: Tensor) -> Tensor:
    """sum_k 1/K log(1/K / p_k) >= 0, p the mean softmax of the rows (B, K): 0 where every class is as frequent."""
    classes = logits.shape[1]
    mean = torch.softmax(logits, 1).mean(0)
    return -(mean.log().mean() + math.log(classes))


def negative_entropy(logits: Tensor) -> Tensor:
    """Mean of sum_k p_k log p_k over the rows (B, K): added in a warm-up on asymmetric noise, it keeps losses apart."""
    logs = torch.log_softmax(logits, 1)
    return (logs.exp() * logs).sum(1).mean()
