import pytest
import torch

from l2b_cls.config import NetworkSettings
from l2b_cls.features import features_and_logits, head_of
from l2b_cls.networks.build_network import NETWORKS, build_network


@pytest.mark.parametrize("name", [name for name in NETWORKS if name not in ("wrn-28-10", "resnet50")])
def test_features_are_what_the_head_reads(name):
    model = build_network(NetworkSettings(architecture=name), classes=5, channels=3).eval()
    images = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    features, logits = features_and_logits(model, images)
    torch.testing.assert_close(head_of(model)(features), logits)
    torch.testing.assert_close(logits, model(images))
    assert features.shape == (2, head_of(model).in_features)
    assert logits.shape == (2, 5)
