"""Strong views: AutoAugment's operations, drawn an image, from the seed alone."""

import pytest
import torch
from torchvision.transforms import v2

from l2b_cls.batches.strong_view import strong_view


def images(n=64, channels=3, size=32):
    return torch.randint(
        0, 256, (n, channels, size, size), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )


@pytest.mark.parametrize(("channels", "size"), [(3, 32), (1, 28)])
def test_the_seed_alone_decides(channels, size):
    given = images(16, channels, size)
    before, global_stream = given.clone(), torch.get_rng_state()
    found = strong_view(given, 3)
    assert (found.shape, found.dtype) == (given.shape, torch.uint8)
    assert torch.get_rng_state().equal(global_stream)
    assert given.equal(before)
    torch.rand(5)  # the global stream goes on, the views do not
    assert strong_view(given, 3).equal(found)
    assert not strong_view(given, 4).equal(found)


@pytest.mark.parametrize("channels", [3, 1])
def test_every_image_gets_operations_of_its_own(channels):
    one = images(1, channels).expand(300, -1, -1, -1)
    assert len({view.numpy().tobytes() for view in strong_view(one, 0)}) > 30  # 25 pairs, most with a sign or a chance


def test_what_an_image_gets_is_torchvisions_policy_for_cifar10():
    given = images(8)
    policy = v2.AutoAugment(v2.AutoAugmentPolicy.CIFAR10, fill=128)
    torch.manual_seed(5)
    expected = torch.stack([policy(image) for image in given])
    assert strong_view(given, 5).equal(expected)


def test_what_is_moved_away_leaves_grey():
    found = strong_view(torch.zeros(200, 3, 32, 32, dtype=torch.uint8), 0)
    columns = found[:, 0, :, :8]  # where TranslateX leaves nothing
    assert (columns == 128).any()


def test_no_images():
    assert strong_view(images(0), 1).shape == (0, 3, 32, 32)
