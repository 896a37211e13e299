"""Mixed pairs."""

import numpy as np
import torch
from l2b_cls.methods.mix import mix


def test_images_and_targets_are_mixed_alike():
    images, labels = torch.rand(6, 3, 4, 4), torch.tensor([0, 1, 2, 0, 1, 2])
    mixed = mix(images, labels, np.random.default_rng(4), 0.7, 3)
    rng = np.random.default_rng(4)
    keep, order = rng.beta(0.7, 0.7), rng.permutation(6)
    assert mixed.order.tolist() == order.tolist()
    for i in range(6):
        torch.testing.assert_close(mixed.images[i], keep * images[i] + (1 - keep) * images[order[i]])
        expected = torch.zeros(3)
        expected[labels[i]] += keep
        expected[labels[order[i]]] += 1 - keep
        torch.testing.assert_close(mixed.target[i], expected)


def test_a_high_concentration_mixes_nearly_halves():
    keeps = [float(mix(torch.ones(1, 1, 1, 1), torch.zeros(1).long(), np.random.default_rng(s), 32, 2).target.sum())
             for s in range(3)]  # fmt: skip
    assert keeps == [1.0] * 3
    pair, labels = torch.tensor([0.0, 1.0]).view(2, 1, 1, 1), torch.tensor([0, 1])
    for seed in range(20):
        mixed = mix(pair, labels, np.random.default_rng(seed), 32, 2)
        if mixed.order.tolist() == [1, 0]:
            assert 0.25 < float(mixed.images[0]) < 0.75
