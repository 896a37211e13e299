"""Augmentation as a value: image and mask stay together, undo inverts, a draw can be replayed."""

import numpy as np
import pytest
import torch

from l2b_seg.batches.augment import Augmentation, apply_augmentation, draw_augmentation, undo_augmentation

SIZE = 64


def blobs(count):
    """Smooth images that no flip or rotation maps onto themselves, and where they are above a half."""
    y, x = torch.meshgrid(torch.linspace(-1, 1, SIZE), torch.linspace(-1, 1, SIZE), indexing="ij")
    image = torch.exp(-(((y - 0.25) / 0.2) ** 2) - ((x + 0.2) / 0.35) ** 2)
    image = image + 0.6 * torch.exp(-(((y + 0.3) / 0.15) ** 2) - ((x - 0.3) / 0.15) ** 2)
    image = image.expand(count, 1, SIZE, SIZE).contiguous()
    return image, (image > 0.5).float()


def one(mirror_x=False, mirror_y=False, angle_deg=0.0, zoom=1.0):
    return Augmentation(np.array([mirror_x]), np.array([mirror_y]), np.array([angle_deg]), np.array([zoom]))


def test_identity_is_exact():
    image, mask = torch.rand(3, 2, 48, 32), (torch.rand(3, 1, 48, 32) > 0.5).float()
    same_image, same_mask = apply_augmentation(Augmentation.identity(3), image, mask)
    torch.testing.assert_close(same_image, image, atol=1e-5, rtol=0)
    assert same_mask.equal(mask)
    assert apply_augmentation(Augmentation.identity(3), image)[0].shape == image.shape


def test_flips_rotation_and_zoom_are_those_named():
    image, mask = blobs(1)
    for value, expected in (
        (one(mirror_x=True), mask.flip(3)),
        (one(mirror_y=True), mask.flip(2)),
        (one(angle_deg=90.0), torch.rot90(mask, 1, (2, 3))),
    ):
        assert apply_augmentation(value, image, mask)[1].equal(expected)
    area = [apply_augmentation(one(zoom=zoom), image, mask)[1].sum() / mask.sum() for zoom in (0.5, 1.4)]
    assert area[0] == pytest.approx(0.25, rel=0.2)
    assert area[1] == pytest.approx(1.96, rel=0.05)


def test_mask_stays_on_its_anatomy():
    image, mask = blobs(16)
    drawn = draw_augmentation(np.random.default_rng(0), 16, flip=0.5, rotation_deg=40, scale=0.2)
    moved_image, moved_mask = apply_augmentation(drawn, image, mask)
    assert set(moved_mask.unique().tolist()) == {0.0, 1.0}
    found = moved_image > 0.5
    both = (found & (moved_mask > 0)).sum((1, 2, 3)) * 2 / (found.sum((1, 2, 3)) + moved_mask.sum((1, 2, 3)))
    assert both.min() > 0.93
    still = ((mask > 0) & found).sum((1, 2, 3)) * 2 / (found.sum((1, 2, 3)) + mask.sum((1, 2, 3)))
    assert still.min() < 0.5  # the draw did move something


def test_undo_inverts_in_the_interior():
    image, _ = blobs(12)
    drawn = draw_augmentation(np.random.default_rng(1), 12, flip=0.5, rotation_deg=180, scale=0.2)
    drawn = Augmentation(drawn.mirror_x, drawn.mirror_x[::-1].copy(), drawn.angle_deg, drawn.zoom)
    back = undo_augmentation(drawn, apply_augmentation(drawn, image)[0])
    centre = slice(SIZE // 4, 3 * SIZE // 4)
    torch.testing.assert_close(back[..., centre, centre], image[..., centre, centre], atol=0.04, rtol=0)
    wrong = undo_augmentation(Augmentation.identity(12), apply_augmentation(drawn, image)[0])
    assert (wrong - image)[..., centre, centre].abs().max() > 0.3


def test_draws_replay_and_stay_in_range():
    first, second = (draw_augmentation(np.random.default_rng(5), 400, scale=0.1) for _ in range(2))
    for name in ("mirror_x", "mirror_y", "angle_deg", "zoom"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    assert 0.4 < first.mirror_x.mean() < 0.6
    assert not first.mirror_y.any()
    assert 9 < np.abs(first.angle_deg).max() <= 10
    assert 0.09 < np.abs(first.zoom - 1).max() <= 0.1
    never = draw_augmentation(np.random.default_rng(5), 9, flip=0.0, rotation_deg=0.0)
    np.testing.assert_array_equal(never.zoom, 1)
    assert not never.mirror_x.any()
    assert not never.angle_deg.any()
