"""Augmentation: each part against its definition, and the fast way against the sampled one."""

import numpy as np
import pytest
import torch

from l2b_cls.batches.augment import (
    Augmentation,
    apply_augmentation,
    centre_cropped,
    draw_augmentation,
    normalised,
    resized,
)

SIZE = (9, 11)
NOTHING = {"crop_padding": 0, "padding_mode": "zeros", "flip": 0.0, "rotation_deg": 0.0, "resized_crop": 1.0}


def pictures(n=6, size=SIZE):
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, (n, 3, *size), dtype=np.uint8))


def draw(n=6, size=SIZE, output=None, seed=0, **over):
    return draw_augmentation(np.random.default_rng(seed), n, size=size, output=output or size, **(NOTHING | over))


def identity(n=6, **over):
    chosen = {
        "offset": np.zeros((n, 2), np.int64),
        "padding": 0,
        "padding_mode": "zeros",
        "flipped": np.zeros(n, bool),
        "angle_deg": np.zeros(n),
        "box": None,
    }
    return Augmentation(**(chosen | over))


def test_nothing_drawn_changes_nothing():
    images = pictures()
    found = apply_augmentation(draw(), images, SIZE)
    assert found.dtype == torch.float32
    assert found.equal(images.float())


@pytest.mark.parametrize("mode", ["zeros", "reflect"])
def test_a_crop_is_a_window_of_the_padded_image(mode):
    images, drawn = pictures(40), draw(40, crop_padding=3, padding_mode=mode, flip=0.5)
    padded = np.pad(images.numpy(), ((0, 0), (0, 0), (3, 3), (3, 3)), mode="constant" if mode == "zeros" else "reflect")
    found = apply_augmentation(drawn, images, SIZE).numpy()
    for image, expected, (top, left), flipped in zip(found, padded, drawn.offset, drawn.flipped, strict=True):
        window = expected[:, top : top + SIZE[0], left : left + SIZE[1]]
        np.testing.assert_array_equal(image, window[:, :, ::-1] if flipped else window)
    assert drawn.offset.min() == 0
    assert drawn.offset.max() == 6
    assert 0 < drawn.flipped.sum() < 40


def test_a_smaller_crop_reaches_every_corner():
    drawn = draw(500, output=(5, 4))
    assert (drawn.offset.max(0) == (4, 7)).all()
    found = apply_augmentation(drawn, pictures(500), (5, 4))
    assert found.shape == (500, 3, 5, 4)


def test_sampling_is_the_crop_where_nothing_turns():
    """A box of the whole image leads through bilinear sampling: the same pixels, crop, mirror and all."""
    images, flipped = pictures(), np.array([True, False] * 3)
    whole = np.tile([0.0, 0.0, 1.0, 1.0], (6, 1))
    sampled = apply_augmentation(identity(box=whole, flipped=flipped), images, SIZE)
    torch.testing.assert_close(sampled, apply_augmentation(identity(flipped=flipped), images, SIZE), rtol=0, atol=1e-3)
    offset = np.array([[0, 0], [4, 4], [1, 3], [2, 2], [0, 4], [3, 1]])
    nearly = np.full(6, 1e-9)
    torch.testing.assert_close(
        apply_augmentation(identity(offset=offset, padding=2, angle_deg=nearly), images, SIZE),
        apply_augmentation(identity(offset=offset, padding=2), images, SIZE),
        rtol=0,
        atol=1e-2,
    )


@pytest.mark.parametrize(("angle", "turns"), [(90, 1), (180, 2), (-90, -1)])
def test_quarter_turns_are_exact(angle, turns):
    images = pictures(2, (8, 8))
    found = apply_augmentation(identity(2, angle_deg=np.full(2, float(angle))), images, (8, 8))
    torch.testing.assert_close(found, torch.rot90(images.float(), turns, (2, 3)), rtol=0, atol=1e-2)


def test_a_box_is_cut_out_and_scaled():
    image = torch.zeros(1, 1, 8, 8)
    image[:, :, 2:6, 4:8] = 100.0
    box = np.array([[0.25, 0.5, 0.5, 0.5]])
    assert (apply_augmentation(identity(1, box=box), image, (4, 4)) == 100).all()
    inner = apply_augmentation(identity(1, box=box), image, (16, 16))[0, 0, 2:14, 2:14]
    assert (inner == 100).all()


def test_boxes_keep_area_and_aspect():
    drawn = draw(2000, resized_crop=0.3)
    top, left, height, width = drawn.box.T
    assert (top >= 0).all()
    assert (left >= 0).all()
    assert (top + height <= 1 + 1e-12).all()
    assert (left + width <= 1 + 1e-12).all()
    area, aspect = height * width, width * SIZE[1] / (height * SIZE[0])
    whole = (height == 1) & (width == 1)
    assert area.min() >= 0.3
    assert area.min() < 0.32
    assert (aspect[~whole] >= 0.75 - 1e-9).all()
    assert (aspect[~whole] <= 4 / 3 + 1e-9).all()


def test_outside_the_image_is_black_or_its_reflection():
    images = torch.full((1, 1, 8, 8), 50, dtype=torch.uint8)
    turned = identity(1, angle_deg=np.array([45.0]))
    assert apply_augmentation(turned, images, (8, 8)).min() == 0
    mirrored = identity(1, angle_deg=np.array([45.0]), padding_mode="reflect")
    torch.testing.assert_close(apply_augmentation(mirrored, images, (8, 8)), images.float())


def test_an_empty_batch_stays_empty():
    for over in ({}, {"rotation_deg": 20.0}, {"resized_crop": 0.5}):
        assert apply_augmentation(draw(0, **over), pictures(0), SIZE).shape == (0, 3, *SIZE)


def test_draws_replay():
    one, other = draw(rotation_deg=10.0, resized_crop=0.5), draw(rotation_deg=10.0, resized_crop=0.5)
    assert apply_augmentation(one, pictures(), SIZE).equal(apply_augmentation(other, pictures(), SIZE))
    third = draw(seed=1, rotation_deg=10.0, resized_crop=0.5)
    assert not apply_augmentation(one, pictures(), SIZE).equal(apply_augmentation(third, pictures(), SIZE))


def test_size_and_values_outside_training():
    images = pictures()
    assert resized(images, SIZE).equal(images.float())
    flat = torch.full((1, 3, 20, 20), 7, dtype=torch.uint8)
    torch.testing.assert_close(resized(flat, (8, 8)), torch.full((1, 3, 8, 8), 7.0))
    assert centre_cropped(images, (5, 5)).equal(images[:, :, 2:7, 3:8].float())
    found = normalised(images.float(), [0.5, 0.2, 0.1], [0.5, 1.0, 2.0])
    expected = (images.numpy() / 255 - np.array([0.5, 0.2, 0.1])[:, None, None]) / np.array([0.5, 1, 2])[:, None, None]
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-6)
