"""The network that a run's settings name."""

import torch
from torch import nn

from l2b_cls.batches.sample_batches import output_size
from l2b_cls.config import Settings
from l2b_cls.methods.table import METHODS
from l2b_cls.networks.build_network import build_network
from l2b_run.training.pair import predicting_network


def network_of(settings: Settings, *, pretrained: bool = True) -> nn.Module:
    """The network a run's settings name, drawn from torch's global stream, channels last.

    `pretrained=False` leaves a weights file unread: the network is about to be given weights of its own.
    """
    network = settings.network if pretrained else settings.network.model_copy(update={"weights": None})
    height, width = settings.task.size
    size = output_size(settings.augmentation, (height, width))
    model = build_network(network, classes=len(settings.task.classes), channels=settings.task.channels, size=size)
    return model.to(memory_format=torch.channels_last)


def trained_network_of(settings: Settings, *, pretrained: bool = True) -> nn.Module:
    """What a finished run of these settings predicts with: its network, or both of a method that trains two."""
    networks = METHODS[settings.method].networks
    return predicting_network(lambda: network_of(settings, pretrained=pretrained), networks)
