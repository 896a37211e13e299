"""Classification networks: images (B, C, H, W) float32 in, logits (B, classes) out."""

from l2b_cls.networks.build_network import NETWORKS, build_network, places_of
from l2b_cls.networks.network_of import network_of

__all__ = ["NETWORKS", "build_network", "network_of", "places_of"]
