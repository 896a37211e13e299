"""The network that a run's settings name."""

import torch
from torch import nn

from l2b_cls.config import Settings
from l2b_cls.networks.build_network import build_network


def network_of(settings: Settings, *, pretrained: bool = True) -> nn.Module:
    """The network a run's settings name, drawn from torch's global stream, channels last.

    `pretrained=False` leaves a weights file unread: the network is about to be given weights of its own.
    """
    network = settings.network if pretrained else settings.network.model_copy(update={"weights": None})
    model = build_network(network, classes=len(settings.task.classes), channels=settings.task.channels)
    return model.to(memory_format=torch.channels_last)
