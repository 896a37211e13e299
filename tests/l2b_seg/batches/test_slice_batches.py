"""Batches: a pure function of seed, epoch and step; an epoch is one pass; nothing clean of a training case."""

from dataclasses import replace

import torch

from l2b_seg.batches.augment import AugmentationSettings
from tests.l2b_seg.tiny import META, TRAIN, make_batches, make_settings

STILL = {"augmentation": {"flip": 0.0, "rotation_deg": 0.0, "scale": 0.0}}


def indices(batches, image, slices):
    """Which slices these (unaugmented) images are."""
    stored = slices.image.flatten(1)
    return [int((stored - one.flatten()).abs().sum(1).argmin()) for one in image]


def test_a_batch_is_a_pure_function_of_seed_epoch_and_step(data):
    settings = make_settings()
    batches, again = make_batches(data, settings), make_batches(data, settings)
    torch.manual_seed(1)
    later = [batches.given(epoch, step) for epoch in range(2) for step in range(3)]
    batches.clean(1, 2, 3)
    torch.manual_seed(2)
    assert all(a.equal(b) for a, b in zip(again.given(1, 2)[:2], later[-1][:2], strict=True))
    for draw in (lambda f: f.clean(1, 2, 3), lambda f: f.clean_views(1, 2, 2), lambda f: f.given_views(1, 2)[0][:2]):
        assert all(a.equal(b) for a, b in zip(draw(batches), draw(again), strict=True))
        other = draw(replace(batches, seed=1))
        assert not draw(batches)[0].equal(other[0])
    assert not later[0][0].equal(later[3][0])
    assert not batches.clean(0, 0, 3)[0].equal(batches.clean(0, 1, 3)[0])


def test_an_epoch_is_one_pass_in_a_new_order(data):
    batches = make_batches(data, make_settings(**STILL))
    assert batches.steps == 4
    assert replace(batches, batch_size=100).steps == 1
    orders = []
    for epoch in (0, 1):
        seen = [i for step in range(4) for i in indices(batches, batches.given(epoch, step)[0], batches.train)]
        assert len(set(seen)) == len(seen) == 16
        orders.append(seen)
    assert orders[0] != orders[1]
    image, mask, _ = batches.given(0, 2)
    chosen = indices(batches, image, batches.train)
    torch.testing.assert_close(image, batches.train.image[chosen], atol=1e-5, rtol=0)
    assert mask.equal(batches.train.mask[chosen])
    assert batches.given_names(0, 2) == f"cases {', '.join(sorted({batches.train.where[i][0] for i in chosen}))}"
    assert batches.clean_names(3) == f"slices of the clean cases {', '.join(META)}"
    assert {case for case, _ in batches.train.where} == set(TRAIN)


def test_clean_draws_without_replacement_while_there_are_enough(data):
    batches = make_batches(data, make_settings(**STILL))
    image, mask = batches.clean(0, 0, 10)
    chosen = indices(batches, image, batches.meta)
    assert len(set(chosen)) == 10
    assert mask.equal(batches.meta.mask[chosen])
    assert batches.clean(0, 0, 20)[0].shape == (20, 1, 32, 32)


def test_image_and_mask_are_augmented_together(data):
    settings = make_settings(augmentation={"flip": 1.0, "rotation_deg": 0.0})
    batches = make_batches(data, settings)
    plain = replace(batches, augmentation=AugmentationSettings(flip=0.0, rotation_deg=0.0))
    for draw in (lambda f: f.given(0, 1)[:2], lambda f: f.clean(0, 1, 4)):
        (image, mask), (plain_image, plain_mask) = draw(batches), draw(plain)
        torch.testing.assert_close(image, plain_image.flip(3), atol=1e-5, rtol=0)
        assert mask.equal(plain_mask.flip(3))
        assert mask.any()


def test_views_of_given_and_clean(data):
    batches = make_batches(data, make_settings(batch_size=2))
    (image, mask, _), views = batches.given_views(0, 0)
    assert image.shape == mask.shape == (10, 1, 32, 32)
    assert len(views) == 5
    torch.testing.assert_close(image[:2], batches.given(0, 0)[0], atol=1e-5, rtol=0)
    clean_image, clean_mask = batches.clean_views(0, 0, 3)
    assert clean_image.shape == clean_mask.shape == (15, 1, 32, 32)
    torch.testing.assert_close(clean_image[:3], batches.clean(0, 0, 3)[0], atol=1e-5, rtol=0)
