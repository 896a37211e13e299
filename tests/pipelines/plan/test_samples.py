"""The samples and labels of a run are those of the released code, whatever else stands in the data set."""

import dataclasses

import numpy as np
import pytest

from data_prep.label_noise.corrupt_labels import corrupt_labels
from data_prep.label_noise.parse import parse_noise
from l2b_cls.config import DataSettings, Settings
from l2b_data.errors import ConfigError
from l2b_data.samples.image_store import FileStore
from l2b_data.samples.write_image_set import write_image_set
from pipelines.plan.samples import resolve_images
from tests.data_prep.noise_by_the_step import matrix_by_the_step, noise_by_the_step, symmetric_by_the_step

K = 10


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """600 training samples between test and validation samples."""
    rng = np.random.default_rng(0)
    split = rng.permutation(["train"] * 600 + ["test"] * 150 + ["val"] * 150).tolist()
    labels = rng.integers(0, K, 900)
    return write_image_set(
        tmp_path_factory.mktemp("set") / "toy",
        name="toy",
        images=rng.integers(0, 256, (900, 2, 2, 1), np.uint8),
        labels=labels,
        split=split,
        classes=[f"c{label}" for label in range(K)],
        given={"human_worse": np.where(np.array(split) == "train", (labels + 1) % K, -1)},
    )


def from_source(images, source):
    return dataclasses.replace(images, info=images.info | {"source": source})


def resolved(images, noise, seed=0, *, meta="clean", method="l2b", asked=False, say=lambda line: None, **data):
    settings = Settings(
        recipe="toy",
        preset="cpu",
        method="rmnwnet" if meta == "given" else method,
        data=DataSettings(**({"meta_size": 50} | data)),
        meta={"source": meta, "loss": "mae" if meta == "given" else "cross_entropy"},
        warm_up=0.2,
    )
    return resolve_images(images, settings, parse_noise(noise), noise_seed=seed, meta_size_asked=asked, say=say)


@pytest.mark.parametrize("kind", ["uniform", "flip", "flip2"])
@pytest.mark.parametrize("seed", [0, 5])
def test_meta_set_out_of_the_training_samples(images, kind, seed):
    run = resolved(images, f"{kind}:0.4", seed, meta="given")
    pool = images.indices("train")
    labels = images.labels[pool].tolist()
    for part, index, found in (("train", run.train, run.given), ("meta", run.meta, run.meta_labels)):
        positions, given = noise_by_the_step(labels, K, kind, 0.4, seed, 50, part=part)
        assert index.tolist() == pool[positions].tolist()
        assert found.tolist() == given
    assert run.clean.tolist() == images.labels[run.train].tolist()
    assert run.noise["n"] == 550
    assert run.noise["effective_rate"] == np.mean(run.given != run.clean)


@pytest.mark.parametrize("seed", [0, 5])
def test_meta_set_of_its_own_split(images, seed):
    run = resolved(images, "flip:0.4", seed, meta_from="val")
    assert run.train.tolist() == images.indices("train").tolist()
    matrix, stream = matrix_by_the_step("flip", K, 0.4, np.random.RandomState(1)), np.random.RandomState(seed)
    assert run.given.tolist() == [stream.choice(K, p=matrix[label]) for label in images.labels[run.train]]


@pytest.mark.parametrize("options", [{"keep_meta_in_train": True}, {"meta": "online"}])
def test_symmetric_noise_on_all_training_samples(images, options):
    run = resolved(images, "symmetric:0.5", 3, **options)
    assert run.train.tolist() == images.indices("train").tolist()
    assert run.given.tolist() == symmetric_by_the_step(images.labels[run.train].tolist(), K, 0.5, 3)


@pytest.mark.parametrize("noise", ["symmetric:0.4", "human:worse", "instance:0.4", "uniform:0.4"])
@pytest.mark.parametrize("options", [{}, {"train_samples": 200}, {"tuning_samples": 100}, {"meta_from": "val"}])
def test_labels_belong_to_their_samples(images, noise, options):
    run = resolved(images, noise, **options)
    assert not set(run.train) & set(run.meta)
    assert not set(run.train) & set(run.evaluation)
    assert run.clean.tolist() == images.labels[run.train].tolist()
    if noise == "human:worse":
        assert run.given.tolist() == images.given["human_worse"][run.train].tolist()
    else:
        assert np.mean(run.given != run.clean) == pytest.approx(0.4, abs=0.11)
    assert run.noise["effective_rate"] == np.mean(run.given != run.clean)


def test_noise_by_the_images_reads_no_more_of_them_than_fit_the_memory(images):
    chosen = resolved(images, "instance:0.4", train_samples=200)
    direct = corrupt_labels(
        images.labels[chosen.train], K, parse_noise("instance:0.4"), seed=0, images=images.images(chosen.train)
    )
    assert chosen.given.tolist() == direct.given.tolist()
    elsewhere = dataclasses.replace(images, store=FileStore(images.root, images.names, images.size, 1))
    with pytest.raises(ConfigError, match="does not keep them in one array"):
        resolved(elsewhere, "instance:0.4")


def test_all_faults_in_one_message(images):
    with pytest.raises(ConfigError) as caught:
        resolved(images, "human:worst", meta_size=5000, tuning_samples=600)
    for message in ("data.tuning_samples 600", "data.meta_size 5000", "at most", "no such label set; it has worse"):
        assert message in str(caught.value)


def test_a_sample_that_judges_and_trains_has_one_given_label(images):
    run = resolved(images, "symmetric:0.6", meta="given", keep_meta_in_train=True)
    assert len(run.train) == 600
    given = dict(zip(run.train.tolist(), run.given.tolist(), strict=True))
    assert [given[one] for one in run.meta.tolist()] == run.meta_labels.tolist()
    assert np.mean(run.meta_labels != images.labels[run.meta]) > 0.3


def test_parts_are_stratified_and_disjoint(images):
    run = resolved(images, "none", tuning_samples=120, train_samples=200, meta_size=60)
    parts = [run.train, run.meta, run.evaluation]
    assert [len(part) for part in parts] == [200, 60, 120]
    assert len(np.unique(np.concatenate(parts))) == 380
    assert (images.split[np.concatenate(parts)] == "train").all()
    whole = np.bincount(images.labels[images.indices("train")], minlength=K) / 600
    for part in (run.train, run.evaluation):
        np.testing.assert_allclose(np.bincount(images.labels[part], minlength=K), len(part) * whole, atol=3)
    assert resolved(images, "none", tuning_samples=120).evaluation.tolist() == run.evaluation.tolist()
    assert resolved(images, "none", seed=1, tuning_samples=120).evaluation.tolist() != run.evaluation.tolist()


def test_without_clean_samples_all_train(images):
    run = resolved(images, "symmetric:0.4", meta="online")
    assert run.meta.tolist() == run.meta_labels.tolist() == []
    assert sorted(run.train.tolist()) == images.indices("train").tolist()


@pytest.mark.parametrize(
    ("source", "noise", "known"),
    [
        ({}, "symmetric:0.4", True),
        ({"dataset": "CIFAR-10"}, "human:worse", True),
        ({"dataset": "CIFAR-10"}, "none", False),  # the labels as they are, whatever is wrong with them
        ({"dataset": "folder"}, "none", False),
        ({"dataset": "folder"}, "symmetric:0.4", False),  # drawn from labels that may be wrong themselves
        ({"dataset": "folder"}, "human:worse", True),  # the label column stands beside the annotator's
        ({"noisy_splits": ["train"]}, "symmetric:0.4", False),
        ({"noisy_splits": ["val"]}, "symmetric:0.4", True),
    ],
)
def test_true_labels_are_known_or_unknown(images, source, noise, known):
    lines = []
    run = resolved(from_source(images, source), noise, method="ce", say=lines.append)
    if known:
        assert run.clean.tolist() == images.labels[run.train].tolist()
        assert run.noise["effective_rate"] == np.mean(run.given != run.clean)
        assert "effective rate" in lines[0]
    else:
        assert set(run.clean) == {-1}
        assert run.noise["effective_rate"] is None
        assert "how many were wrong before is not known" in lines[0]


@pytest.mark.parametrize(
    ("source", "data", "way_out"),
    [
        ({"dataset": "folder"}, {}, "--meta-list FILE` or `meta` in the split column of --table"),
        ({"dataset": "folder"}, {"meta_from": "val"}, "split val: name some with `l2b-cls prepare folder"),
        ({"noisy_splits": ["train"]}, {}, "split train: take --set data.meta_from=val"),
    ],
)
def test_clean_samples_are_not_drawn_from_labels_that_may_be_wrong(images, source, data, way_out):
    own = from_source(images, source)
    with pytest.raises(ConfigError, match="method l2b learns from clean samples, and nobody vouches for") as caught:
        resolved(own, "none", **data)
    assert way_out in str(caught.value)
    assert "--no-clean" in str(caught.value)
    for run in (resolved(own, "none", meta="online", **data), resolved(own, "none", method="ce", **data)):
        assert run.meta.tolist() == []
        assert run.train.tolist() == images.indices("train").tolist()
    assert len(resolved(own, "none", meta="given").meta) == 50  # under the labels they are given, right or wrong
    assert resolved(own, "human:worse", **data).meta_labels.size


@pytest.fixture
def vouched(images):
    """40 training samples are the split meta: 30 of class 0, 10 of class 1."""
    train = images.indices("train")
    chosen = [*train[images.labels[train] == 0][:30], *train[images.labels[train] == 1][:10]]
    split = images.split.copy()
    split[chosen] = "meta"
    return dataclasses.replace(from_source(images, {"dataset": "folder"}), split=split)


@pytest.mark.parametrize("meta_from", ["train", "val"])
def test_the_samples_a_user_vouches_for_judge(vouched, meta_from):
    lines = []
    run = resolved(vouched, "symmetric:0.4", meta_size=100, meta_from=meta_from, say=lines.append)
    assert run.meta.tolist() == vouched.indices("meta").tolist()
    assert run.meta_labels.tolist() == vouched.labels[run.meta].tolist()
    assert run.train.tolist() == vouched.indices("train").tolist()
    assert lines[0] == "warning: data.meta_size 100: split meta has 40 samples: all of them are used"
    lines.clear()
    assert len(resolved(vouched, "none", meta_size=4, say=lines.append).meta) == 40  # 4 is the recipe's
    assert len(lines) == 1
    run = resolved(vouched, "none", keep_meta_in_train=True)
    assert run.train.tolist() == np.sort([*vouched.indices("train"), *vouched.indices("meta")]).tolist()


def test_a_meta_size_that_was_asked_for(vouched, images):
    run = resolved(vouched, "none", meta_size=16, asked=True)
    assert set(run.meta) < set(vouched.indices("meta"))
    assert np.bincount(run.meta_labels).tolist() == [8, 8]
    assert not set(run.meta) & set(run.train)
    with pytest.raises(ConfigError, match=r"data.meta_size 41: split meta has 40 samples; ask for no more"):
        resolved(vouched, "none", meta_size=41, asked=True)
    with pytest.raises(ConfigError, match=r"data.meta_size 30: 15 samples a class, but class 1 has 10"):
        resolved(vouched, "none", meta_size=30, asked=True)
    with pytest.raises(ConfigError, match=r"data.meta_size 151: split val has 150 samples"):
        resolved(images, "none", meta_size=151, meta_from="val", asked=True)
    lines = []
    assert len(resolved(images, "none", meta_size=151, meta_from="val", say=lines.append).meta) == 150
    assert lines[0].startswith("warning: data.meta_size 151: split val has 150 samples")


@pytest.mark.parametrize("options", [{}, {"train_samples": 300, "meta_from": "val"}, {"tuning_samples": 100}])
def test_mistakes_of_people_are_planted_in_the_training_labels_in_file_order(images, options):
    lines = []
    run = resolved(images, "mistakes", say=lines.append, **options)
    np.testing.assert_array_equal(run.mistakes != "", run.given != run.clean)
    assert (run.mistakes != "").sum() == round(0.2 * len(run.train))
    order = np.argsort(run.train)
    block = np.flatnonzero(run.mistakes[order] == "block")
    assert len(block) == block[-1] - block[0] + 1
    np.testing.assert_array_equal(run.given[order][block], (run.clean[order][block] + 1) % K)
    assert run.noise["mistakes"]["counts"]["block"] == len(block)
    assert f"  block: {len(block)} (" in lines[-1]
    assert resolved(images, "uniform:0.2", **options).mistakes is None
    assert not np.array_equal(resolved(images, "mistakes", 1, **options).given, run.given)


def test_exact_copies_get_two_labels(images):
    pixels, labels = images.images(np.arange(900)).copy(), images.labels.copy()
    twins = images.indices("train")[[7, 300]]
    pixels[twins[1]], labels[twins[1]] = pixels[twins[0]], labels[twins[0]]
    copied = dataclasses.replace(images, labels=labels, store=Pixels(pixels))
    run = resolved(copied, "mistakes:0.2:duplicates", meta_from="val")
    wrong = run.train[run.mistakes == "duplicates"]
    assert len(wrong) == 1
    assert wrong[0] in twins
    given = dict(zip(run.train.tolist(), run.given.tolist(), strict=True))
    assert given[twins[0]] != given[twins[1]]


@pytest.mark.parametrize("options", [{}, {"tuning_samples": 100}, {"keep_meta_in_train": True}])
def test_pictures_of_no_class_train_and_do_nothing_else(images, options):
    pool = images.indices("train")
    foreign = pool[::6]
    with_some = from_source(images, {"planted": {"foreign": [[int(number), "blank"] for number in foreign]}})
    for noise in ("mistakes", "uniform:0.2"):
        run = resolved(with_some, noise, **options)
        assert np.isin(foreign, run.train).all()
        assert not np.isin(foreign, np.concatenate([run.meta, run.evaluation])).any()
        assert len(run.train) == len(set(run.train.tolist()))
        np.testing.assert_array_equal(run.mistakes == "foreign", np.isin(run.train, foreign))
        np.testing.assert_array_equal(run.clean == -1, run.mistakes == "foreign")
        assert run.noise["effective_rate"] == (run.given != run.clean).mean()
        assert np.isin(pool, np.concatenate([run.train, run.meta, run.evaluation])).all()
    assert run.noise["noise"] == "uniform:0.2"
    assert set(run.mistakes.tolist()) == {"", "foreign"}
    with pytest.raises(ConfigError, match=r"data\.tuning_samples 500 leaves no training sample of 500"):
        resolved(with_some, "none", tuning_samples=500)


class Pixels:
    """An image store of pictures in memory."""

    size, channels = (2, 2), 1

    def __init__(self, pixels):
        self.pixels = pixels

    def read(self, index):
        return self.pixels[index]
