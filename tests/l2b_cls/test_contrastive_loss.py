import math

import pytest
import torch

from l2b_cls.losses import contrastive_loss


@pytest.mark.parametrize("temperature", [0.05, 0.5])
def test_is_its_formula(temperature):
    draw = torch.Generator().manual_seed(0)
    first, second = torch.randn(2, 5, 7, generator=draw, dtype=torch.float64)
    rows = [row / row.norm() for row in (*first, *second)]
    total = 0.0
    for i, row in enumerate(rows):
        partner = (i + 5) % 10
        others = sum(math.exp(float(row @ other) / temperature) for j, other in enumerate(rows) if j != i)
        total -= float(row @ rows[partner]) / temperature - math.log(others)
    assert float(contrastive_loss(first, second, temperature)) == pytest.approx(total / 10, rel=1e-12)


def test_one_image_has_nothing_to_be_told_from():
    first, second = torch.randn(2, 1, 4, generator=torch.Generator().manual_seed(0))
    assert float(contrastive_loss(first, second, 0.5)) == 0


def test_alike_views_of_unlike_images_cost_less():
    views = torch.eye(4)
    assert contrastive_loss(views, views, 0.1) < 0.01 < contrastive_loss(views, views.roll(1, 0), 0.1)
