"""A copy of a set with wrong pictures: which are replaced, by what, and that all else stays as it was."""

import dataclasses

import numpy as np
import pytest

from data_prep.label_noise.identical_pictures import identical_pictures
from data_prep.label_noise.plant_pictures import plant_pictures
from l2b_data.errors import ConfigError
from l2b_data.samples.check import check_image_set
from l2b_data.samples.write_image_set import write_image_set

TRAIN = 120


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    rng, count = np.random.default_rng(0), 150
    return write_image_set(
        tmp_path_factory.mktemp("set") / "toy",
        name="toy",
        images=rng.integers(0, 256, (count, 9, 10, 3), np.uint8),
        labels=rng.integers(0, 3, count),
        split=rng.permutation(["train"] * TRAIN + ["test"] * 30),
        classes=["a", "b", "c"],
        names=[f"{number}.png" for number in range(count)],
        groups=[str(number // 2) for number in range(count)],
        given={"human": rng.integers(0, 3, count)},
        source={"dataset": "toy", "noisy_splits": ["val"]},
    )


@pytest.fixture(scope="module")
def planted(images, tmp_path_factory):
    return plant_pictures(images, tmp_path_factory.mktemp("out") / "set", share=0.2, seed=3)


def test_copies_are_exact_and_of_one_class(images, planted):
    pairs = np.array(planted.info["source"]["planted"]["duplicates"])
    assert pairs.shape == (12, 2)
    assert len(np.unique(pairs)) == 24
    assert np.isin(pairs, images.indices("train")).all()
    np.testing.assert_array_equal(planted.images(pairs[:, 0]), images.images(pairs[:, 1]))
    np.testing.assert_array_equal(planted.images(pairs[:, 1]), images.images(pairs[:, 1]))
    np.testing.assert_array_equal(images.labels[pairs[:, 0]], images.labels[pairs[:, 1]])
    assert len(np.unique(identical_pictures(planted, planted.indices("train")))) == TRAIN - 12


def test_pictures_of_no_class(images, planted):
    forms = dict(planted.info["source"]["planted"]["foreign"])
    assert sorted(forms) == planted.foreign.tolist()
    assert len(forms) == 12
    assert {form: list(forms.values()).count(form) for form in set(forms.values())} == {
        "blank": 4,
        "noise": 4,
        "scrambled": 4,
    }
    for number, form in forms.items():
        before, after = images.images([number])[0], planted.images([number])[0]
        assert (before != after).any()
        if form == "blank":
            assert after.min() == after.max()
        if form == "scrambled":
            assert np.array_equal(np.sort(before[:8], axis=None), np.sort(after[:8], axis=None))


def test_all_else_stays(images, planted):
    replaced = [number for number, _ in planted.info["source"]["planted"]["duplicates"]] + planted.foreign.tolist()
    others = np.setdiff1d(np.arange(150), replaced)
    np.testing.assert_array_equal(planted.images(others), images.images(others))
    for name in ("labels", "split"):
        np.testing.assert_array_equal(getattr(planted, name), getattr(images, name))
    assert (planted.names, planted.groups, planted.classes) == (images.names, images.groups, images.classes)
    np.testing.assert_array_equal(planted.given["human"], images.given["human"])
    assert planted.vouched("train")
    assert not planted.vouched("val")
    assert len(images.foreign) == 0
    assert {fault.kind for fault in check_image_set(planted.root)[1]} <= {"duplicate", "constant_image", "leakage"}


def test_the_seed_draws_and_a_kind_alone(images, planted, tmp_path):
    again = plant_pictures(images, tmp_path / "a", share=0.2, seed=3)
    np.testing.assert_array_equal(again.images(np.arange(150)), planted.images(np.arange(150)))
    other = plant_pictures(images, tmp_path / "b", share=0.2, seed=4)
    assert other.foreign.tolist() != planted.foreign.tolist()
    alone = plant_pictures(images, tmp_path / "c", kinds=["foreign"], share=0.5, seed=3)
    assert len(alone.foreign) == 60
    assert alone.info["source"]["planted"]["duplicates"] == []


def test_what_cannot_be(images, tmp_path):
    with pytest.raises(ConfigError) as caught:
        plant_pictures(images, tmp_path / "x", kinds=["twins"], share=0.6)
    for message in ("--mistakes twins: there are no such pictures; take all, or of duplicates, foreign", "--share 0.6"):
        assert message in str(caught.value)
    with pytest.raises(ConfigError, match="--mistakes: names nothing"):
        plant_pictures(images, tmp_path / "x", kinds=[])
    lonely = dataclasses.replace(images, labels=np.arange(150))
    with pytest.raises(ConfigError, match="6 copies, and only 0 pairs of pictures of one class"):
        plant_pictures(lonely, tmp_path / "x")
    assert not (tmp_path / "x").exists()
    with pytest.raises(ConfigError, match="exists and is not an empty folder"):
        plant_pictures(images, images.root)
