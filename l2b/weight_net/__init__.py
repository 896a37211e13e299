"""Weights from a small network that reads each element's loss (the MW-Net family)."""

from l2b.weight_net.label_net import LabelWeightNet, learnt
from l2b.weight_net.net import WeightNet, WeightNorm, batch_mean, batch_share
from l2b.weight_net.step import weight_net_step

__all__ = ["LabelWeightNet", "WeightNet", "WeightNorm", "batch_mean", "batch_share", "learnt", "weight_net_step"]
