"""Batches: a function of seed and step alone, every sample as often as it should, no clean label of a training one."""

from dataclasses import replace

import numpy as np
import torch

from l2b_cls.batches.sample_batches import Samples, make_batches
from tests.l2b_cls.synthetic import (
    CPU,
    META,
    TEST,
    TRAIN,
    batches_for,
    given_labels,
    image_set,
    make_settings,
    poisoned,
)


def test_an_epoch_is_one_pass_in_a_new_order():
    batches = batches_for(make_settings())
    assert batches.steps == TRAIN // 16
    seen = [torch.cat([batches.given(epoch, step)[2] for step in range(batches.steps)]) for epoch in (0, 1)]
    for positions in seen:
        assert sorted(positions.tolist()) == list(range(TRAIN))
    assert not seen[0].equal(seen[1])


def test_batches_are_given_labels_and_replay():
    batches, again = batches_for(make_settings()), batches_for(make_settings())
    batches.given(1, 0)  # another epoch in between changes nothing
    images, labels, position = batches.given(0, 2)
    assert images.shape == (16, 1, 12, 12)
    assert images.dtype == torch.float32
    assert labels.tolist() == given_labels()[position].tolist()
    for one, other in zip(again.given(0, 2), (images, labels, position), strict=True):
        assert one.equal(other)
    other = batches_for(make_settings(seed=1)).given(0, 2)
    assert not other[2].equal(position)


def test_images_are_normalised_and_augmented():
    plain = {"crop_padding": 0, "flip": 0.0, "mean": [0.3], "std": [0.25]}
    batches = batches_for(make_settings(augmentation=plain))
    images, _, position = batches.given(0, 0)
    stored = image_set().images(position.numpy()).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(images.numpy(), (stored / 255 - 0.3) / 0.25, atol=1e-5)
    moved = batches_for(make_settings(augmentation=plain | {"crop_padding": 2})).given(0, 0)[0]
    assert not moved.equal(images)
    scaled = batches_for(make_settings(augmentation=plain | {"size": 24})).given(0, 0)[0]
    assert scaled.shape == (16, 1, 24, 24)
    cut = plain | {"size": 8, "fit": "crop"}
    assert batches_for(make_settings(augmentation=cut)).given(0, 0)[0].shape == (16, 1, 8, 8)
    (middle, _, _), *_ = batches_for(make_settings(augmentation=cut)).ordered("evaluation", 30)
    np.testing.assert_allclose(
        middle.numpy(), ((image_set().images(np.arange(TRAIN + META, TRAIN + META + TEST)) / 255 - 0.3) / 0.25)
        .transpose(0, 3, 1, 2)[:, :, 2:10, 2:10], atol=1e-5,
    )  # fmt: skip


def test_ordered_gives_every_sample_once_unaugmented():
    batches = batches_for(make_settings())
    for part, count in (("train", TRAIN), ("meta", META), ("evaluation", TEST)):
        found = list(batches.ordered(part, 7))
        assert torch.cat([position for *_, position in found]).tolist() == list(range(count))
        assert torch.cat([labels for _, labels, _ in found]).tolist() == getattr(batches, part).labels.tolist()
    first, again = next(iter(batches.ordered("train", 7)))[0], next(iter(batches.ordered("train", 7)))[0]
    assert first.equal(again)
    assert list(replace(batches, meta=batches.meta.part(np.arange(0))).ordered("meta", 7)) == []


def test_meta_batches_are_clean_and_drawn_without_replacement_where_possible():
    batches = batches_for(make_settings())
    images, labels = batches.clean(0, 0, META)
    assert images.shape == (META, 1, 12, 12)
    assert sorted(labels.tolist()) == sorted(image_set().labels[TRAIN : TRAIN + META].tolist())
    assert len(batches.clean(0, 0, 3 * META)[1]) == 3 * META
    assert not batches.clean(0, 1, META)[1].equal(labels)


def test_meta_samples_may_come_as_test_samples_do():
    batches = batches_for(make_settings())
    plain = replace(batches, augmentation=batches.augmentation.model_copy(update={"meta": "none"}))
    as_stored = next(iter(batches.ordered("meta", META)))[0]
    images, _ = plain.clean(0, 0, META)
    assert {image.numpy().tobytes() for image in images} == {image.numpy().tobytes() for image in as_stored}
    assert not batches.clean(0, 0, META)[0].equal(images)


def test_a_meta_set_of_training_samples_has_their_given_labels():
    batches = batches_for(make_settings())
    chosen = np.array([0, 4, 5])
    judged = batches.with_meta(chosen)
    assert judged.meta.labels.tolist() == given_labels()[chosen].tolist()
    assert judged.meta.labels[0] != image_set().labels[0]
    assert len(batches.meta) == META
    assert judged.given(0, 0)[2].equal(batches.given(0, 0)[2])


def test_clean_labels_of_training_samples_are_not_in_the_batches():
    clean, garbage = batches_for(make_settings()), batches_for(make_settings(), source=poisoned())
    for step in range(clean.steps):
        for one, other in zip(clean.given(0, step), garbage.given(0, step), strict=True):
            assert one.equal(other)


def test_independent_draws():
    settings = make_settings(sampling="iid", steps_per_epoch=9)
    batches = batches_for(settings)
    assert batches.steps == 9
    positions = [batches.given(0, step)[2].tolist() for step in range(9)]
    assert all(len(set(batch)) == 16 for batch in positions)
    assert len({one for batch in positions for one in batch}) < TRAIN, (
        "no epoch: a sample comes again before others came"
    )
    assert positions == [batches_for(settings).given(0, step)[2].tolist() for step in range(9)]


def test_a_balanced_epoch():
    source = image_set()
    index = np.arange(TRAIN)
    labels = np.where(index < 60, 0, np.where(index < 90, 1, 2))
    parts = (Samples(source, index, labels), Samples(source, index[:0], labels[:0]), Samples(source, index, labels))
    batches = make_batches(*parts, make_settings(batch_size=9, data={"balanced_epoch": 36}), CPU)
    assert batches.steps == 3  # 12 + 12 + the 6 of the rarest class
    seen = torch.cat([batches.given(0, step)[1] for step in range(batches.steps)])
    assert np.bincount(seen, minlength=3)[2] <= 6
    assert np.bincount(seen).max() <= 12
    assert not batches.given(0, 0)[2].equal(batches.given(1, 0)[2])


def test_fewer_samples_than_a_batch_are_one_step():
    batches = batches_for(make_settings(batch_size=500))
    assert batches.steps == 1
    assert len(batches.given(0, 0)[1]) == TRAIN


def test_names_of_a_batch():
    batches = batches_for(make_settings())
    names = [str(one) for one in batches.given(0, 1)[2].tolist()]
    assert batches.given_names(0, 1) == f"samples {', '.join(names[:8])} and 8 more"
    assert batches.clean_names(12) == f"12 of the {META} meta samples"
