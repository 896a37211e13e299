"""Classification networks: images (B, C, H, W) float32 in, logits (B, classes) out."""

from l2b_cls.networks.build_network import build_model

__all__ = ["build_model"]
