"""Batches: a pure function of seed, epoch and step; an epoch is one pass; nothing clean of a training case."""

from dataclasses import replace

import torch

from l2b_seg.config import AugmentationSettings
from tests.l2b_seg.tiny import META, TRAIN, make_feed, make_settings

STILL = {"augmentation": {"flip": 0.0, "rotation_deg": 0.0, "scale": 0.0}}


def indices(feed, image, slices):
    """Which slices these (unaugmented) images are."""
    stored = slices.image.flatten(1)
    return [int((stored - one.flatten()).abs().sum(1).argmin()) for one in image]


def test_a_batch_is_a_pure_function_of_seed_epoch_and_step(data):
    settings = make_settings()
    feed, again = make_feed(data, settings), make_feed(data, settings)
    torch.manual_seed(1)
    later = [feed.given(epoch, step, 4) for epoch in range(2) for step in range(3)]
    feed.clean(1, 2, 3)
    torch.manual_seed(2)
    assert all(a.equal(b) for a, b in zip(again.given(1, 2, 4), later[-1], strict=True))
    for draw in (lambda f: f.clean(1, 2, 3), lambda f: f.clean_views(1, 2, 2), lambda f: f.given_views(1, 2, 2)[:2]):
        assert all(a.equal(b) for a, b in zip(draw(feed), draw(again), strict=True))
        other = draw(replace(feed, seed=1))
        assert not draw(feed)[0].equal(other[0])
    assert not later[0][0].equal(later[3][0])
    assert not feed.clean(0, 0, 3)[0].equal(feed.clean(0, 1, 3)[0])


def test_an_epoch_is_one_pass_in_a_new_order(data):
    feed = make_feed(data, make_settings(**STILL))
    assert feed.steps_per_epoch(4) == 4
    assert feed.steps_per_epoch(100) == 1
    orders = []
    for epoch in (0, 1):
        seen = [i for step in range(4) for i in indices(feed, feed.given(epoch, step, 4)[0], feed.train)]
        assert len(set(seen)) == len(seen) == 16
        orders.append(seen)
    assert orders[0] != orders[1]
    image, mask = feed.given(0, 2, 4)
    chosen = indices(feed, image, feed.train)
    torch.testing.assert_close(image, feed.train.image[chosen], atol=1e-5, rtol=0)
    assert mask.equal(feed.train.mask[chosen])
    assert feed.cases_of(0, 2, 4) == sorted({feed.train.where[i][0] for i in chosen})
    assert feed.clean_cases() == META
    assert {case for case, _ in feed.train.where} == set(TRAIN)


def test_clean_draws_without_replacement_while_there_are_enough(data):
    feed = make_feed(data, make_settings(**STILL))
    image, mask = feed.clean(0, 0, 10)
    chosen = indices(feed, image, feed.meta)
    assert len(set(chosen)) == 10
    assert mask.equal(feed.meta.mask[chosen])
    assert feed.clean(0, 0, 20)[0].shape == (20, 1, 32, 32)


def test_image_and_mask_are_augmented_together(data):
    settings = make_settings(augmentation={"flip": 1.0, "rotation_deg": 0.0})
    feed = make_feed(data, settings)
    plain = replace(feed, augmentation=AugmentationSettings(flip=0.0, rotation_deg=0.0))
    for draw in (lambda f: f.given(0, 1, 4), lambda f: f.clean(0, 1, 4)):
        (image, mask), (plain_image, plain_mask) = draw(feed), draw(plain)
        torch.testing.assert_close(image, plain_image.flip(3), atol=1e-5, rtol=0)
        assert mask.equal(plain_mask.flip(3))
        assert mask.any()


def test_views_of_given_and_clean(data):
    feed = make_feed(data, make_settings())
    image, mask, views = feed.given_views(0, 0, 2)
    assert image.shape == mask.shape == (10, 1, 32, 32)
    assert len(views) == 5
    torch.testing.assert_close(image[:2], feed.given(0, 0, 2)[0], atol=1e-5, rtol=0)
    clean_image, clean_mask = feed.clean_views(0, 0, 3)
    assert clean_image.shape == clean_mask.shape == (15, 1, 32, 32)
    torch.testing.assert_close(clean_image[:3], feed.clean(0, 0, 3)[0], atol=1e-5, rtol=0)
