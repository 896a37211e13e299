"""Learning to bootstrap: for every element of a batch, how far to trust the given label and the pseudo-label.

Letters, fixed once: B train batch, M meta batch, K candidate labels (0 = given, 1 = pseudo), `*E` element axes
((H, W) for pixels, none for samples). Losses and weights are (K, B, *E); alpha = weights[0], beta = weights[1].
Source of the method: "Learning to Bootstrap for Combating Label Noise" (CVPR 2024), equations 3 to 9.
"""

from l2b.alignment import alignment
from l2b.bootstrap_weights import bootstrap_weights
from l2b.candidate_losses import candidate_losses
from l2b.errors import BatchError, EngineError, NonFiniteError, UnsupportedOptimizerError
from l2b.finite_difference import finite_difference, shifted
from l2b.judge import Judgement, judge
from l2b.lookahead import Lookahead, lookahead
from l2b.meta_average import MetaAverage
from l2b.meta_gradient import meta_gradient
from l2b.normalize import (
    Normalizer,
    pseudo_only,
    rectified,
    rectified_sigmoid,
    sigmoid,
    soft_choice,
    soft_trust,
    softmax,
    sum_to_one,
)
from l2b.train_step import Step, train_step
from l2b.weight_net import (
    LabelWeightNet,
    WeightNet,
    WeightNorm,
    batch_mean,
    batch_share,
    learnt,
    weight_net_step,
)

__all__ = [
    "BatchError",
    "EngineError",
    "Judgement",
    "LabelWeightNet",
    "Lookahead",
    "MetaAverage",
    "NonFiniteError",
    "Normalizer",
    "Step",
    "UnsupportedOptimizerError",
    "WeightNet",
    "WeightNorm",
    "alignment",
    "batch_mean",
    "batch_share",
    "bootstrap_weights",
    "candidate_losses",
    "finite_difference",
    "judge",
    "learnt",
    "lookahead",
    "meta_gradient",
    "pseudo_only",
    "rectified",
    "rectified_sigmoid",
    "shifted",
    "sigmoid",
    "soft_choice",
    "soft_trust",
    "softmax",
    "sum_to_one",
    "train_step",
    "weight_net_step",
]
