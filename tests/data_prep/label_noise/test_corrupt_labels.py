"""Label noise: the published streams step by step, the effective rate of every kind, and what is refused."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from data_prep.label_noise import by_instance as instance_module
from data_prep.label_noise.by_instance import SPREAD, instance_noise
from data_prep.label_noise.class_maps import CIFAR10_CLASSES, CIFAR100_SUPERCLASSES
from data_prep.label_noise.corrupt_labels import corrupt_labels
from data_prep.label_noise.describe import describe_noise
from data_prep.label_noise.meta_split import draw_meta
from data_prep.label_noise.parse import LabelNoise, parse_noise
from data_prep.label_noise.released import transition_matrix
from l2b_data.errors import ConfigError, DataError
from tests.data_prep.noise_by_the_step import (
    instance_by_the_step,
    matrix_by_the_step,
    noise_by_the_step,
    symmetric_by_the_step,
)

CIFAR100_CLASSES = sorted(name for names in CIFAR100_SUPERCLASSES.values() for name in names.split())


def labels_of(classes, count, seed=0):
    return np.random.default_rng(seed).integers(0, classes, count)


def corrupt(labels, classes, text, seed=0, **options):
    return corrupt_labels(labels, classes, parse_noise(text), seed=seed, **options)


@pytest.mark.parametrize("kind", ["uniform", "flip", "flip2"])
@pytest.mark.parametrize(
    ("classes", "seed", "part"), [(10, 0, "train"), (10, 7, "train"), (10, 0, "meta"), (100, 3, "train")]
)
def test_released_streams_bit_for_bit(kind, classes, seed, part):
    labels = labels_of(classes, 3000)
    train, meta = draw_meta(labels, classes, 2 * classes, seed)
    order = train if part == "train" else meta
    noisy = corrupt(labels, classes, f"{kind}:0.4", seed, order=order)
    positions, given = noise_by_the_step(labels.tolist(), classes, kind, 0.4, seed, 2 * classes, part=part)
    assert order.tolist() == positions
    assert noisy.given[order].tolist() == given


@pytest.mark.parametrize("kind", ["uniform", "flip", "flip2"])
def test_without_an_order_the_stream_starts_at_the_labels(kind):
    labels = labels_of(8, 500)
    matrix = matrix_by_the_step(kind, 8, 0.2, np.random.RandomState(1))
    stream = np.random.RandomState(5)
    expected = [stream.choice(8, p=matrix[label]) for label in labels]
    assert corrupt(labels, 8, f"{kind}:0.2", seed=5).given.tolist() == expected


def test_flips_are_the_same_for_every_seed_only_the_split_changes():
    labels = np.repeat(np.arange(10), 200)
    trains = [draw_meta(labels, 10, 100, seed)[0] for seed in (0, 1)]
    assert trains[0].tolist() != trains[1].tolist()
    for kind, same in (("flip", True), ("flip2", True), ("uniform", False)):
        given = [corrupt(labels, 10, f"{kind}:0.3", s, order=t).given[t] for s, t in zip((0, 1), trains, strict=True)]
        assert np.array_equal(*given) is same


@pytest.mark.parametrize("seed", [0, 123])
def test_symmetric_stream_of_the_released_code(seed):
    labels = labels_of(10, 2000)
    assert corrupt(labels, 10, "symmetric:0.5", seed).given.tolist() == symmetric_by_the_step(
        labels.tolist(), 10, 0.5, seed
    )


@pytest.mark.parametrize(
    ("text", "classes", "rate"),
    [
        ("symmetric:0.4", 10, 0.36),
        ("symmetric-excluding:0.4", 10, 0.4),
        ("uniform:0.4", 10, 0.36),
        ("uniform:0.4", 100, 0.396),
        ("uniform:0.4", 8, 0.35),
        ("flip:0.3", 10, 0.3),
        ("flip2:0.4", 10, 0.4),
        ("asymmetric:0.4", 10, 0.2),
        ("asymmetric:0.4", 100, 0.4),
        ("asymmetric-next:0.4", 100, 0.4),
        ("asymmetric-next:0.4", 10, 0.4),
        ("none", 10, 0.0),
    ],
)
def test_effective_rates(text, classes, rate):
    labels = labels_of(classes, 20_000)
    names = CIFAR10_CLASSES if classes == 10 else CIFAR100_CLASSES
    noisy = corrupt(labels, classes, text, seed=1, class_names=names)
    spread = np.sqrt(0.25 / len(labels))
    assert noisy.effective_rate == pytest.approx(rate, abs=4 * spread)
    assert noisy.effective_rate == np.mean(noisy.given != labels)
    assert noisy.counts.tolist() == confusion_matrix(labels, noisy.given, labels=range(classes)).tolist()
    np.testing.assert_allclose(noisy.matrix.sum(axis=1), 1)
    assert noisy.given.dtype == np.int64
    assert labels.tolist() == noisy.clean.tolist()


def test_exact_numbers_of_noisy_samples():
    labels = np.repeat(np.arange(4), 25)
    assert (corrupt(labels, 4, "asymmetric:0.33", class_names=list("abcd")).given != labels).sum() == 33
    assert (corrupt(labels, 4, "asymmetric:1", class_names=list("abcd")).given == (labels + 1) % 4).all()
    assert (corrupt(labels, 4, "symmetric-excluding:1").given != labels).all()
    assert (corrupt(labels, 4, "symmetric:0").given == labels).all()


@pytest.mark.parametrize(("kind", "targets"), [("flip", 1), ("flip2", 2)])
def test_flip_rows(kind, targets):
    for classes in (3, 10):
        matrix = transition_matrix(kind, classes, 0.4, np.random.RandomState(1))
        np.testing.assert_allclose(np.diag(matrix), 0.6)
        off = matrix - np.diag(np.diag(matrix))
        assert ((off > 0).sum(axis=1) == targets).all()
        np.testing.assert_allclose(off[off > 0], 0.4 / targets)


def test_two_classes_have_one_other():
    matrix = transition_matrix("flip2", 2, 0.4, np.random.RandomState(1))
    np.testing.assert_allclose(matrix, [[0.6, 0.4], [0.4, 0.6]])


@pytest.mark.parametrize("names", [CIFAR10_CLASSES, CIFAR10_CLASSES[::-1]])
def test_cifar10_pairs_follow_the_names(names):
    labels = np.arange(10).repeat(10)
    noisy = corrupt(labels, 10, "asymmetric:1", class_names=names)
    moved = {names[i]: names[j] for i, j in zip(labels, noisy.given, strict=True) if i != j}
    assert moved == {"truck": "automobile", "bird": "airplane", "deer": "horse", "cat": "dog", "dog": "cat"}
    assert noisy.rule == "CIFAR-10 pairs"


def test_cifar100_stays_in_the_superclass_or_the_block():
    assert len(CIFAR100_CLASSES) == len(set(CIFAR100_CLASSES)) == 100
    group = {name: key for key, names in CIFAR100_SUPERCLASSES.items() for name in names.split()}
    labels = np.arange(100).repeat(60)
    noisy = corrupt(labels, 100, "asymmetric:1", class_names=CIFAR100_CLASSES)
    for i, j in zip(labels, noisy.given, strict=True):
        assert i != j
        assert group[CIFAR100_CLASSES[i]] == group[CIFAR100_CLASSES[j]]
    assert ((noisy.counts > 0).sum(axis=1) == 4).all()
    following = corrupt(labels, 100, "asymmetric-next:1", class_names=CIFAR100_CLASSES)
    assert following.given.tolist() == [i + 1 if i % 5 < 4 else i - 4 for i in labels]


def test_instance_noise_is_the_published_algorithm(monkeypatch):
    stream = np.random.default_rng(3)
    images = stream.integers(0, 256, (90, 3, 4, 2), np.uint8)
    labels = stream.integers(0, 4, 90)
    flip_stream, weight_stream, label_stream = np.random.default_rng(11).spawn(3)
    flips = instance_module._flip_rates(0.5, 90, flip_stream)
    weights = [weight_stream.standard_normal((24, 4), dtype=np.float32).astype(np.float64) for _ in range(4)]
    expected = instance_by_the_step(images, labels, 4, flips, weights, label_stream.random(90))
    assert instance_noise(images, labels, 4, 0.5, seed=11).tolist() == expected
    monkeypatch.setattr(instance_module, "_VALUES", 7 * 24)
    assert instance_noise(images, labels, 4, 0.5, seed=11).tolist() == expected


def test_instance_noise_depends_on_the_image_and_keeps_the_rate():
    stream = np.random.default_rng(0)
    images = stream.integers(0, 256, (4000, 4, 4, 3), np.uint8)
    images[:1000] = images[0]
    labels = stream.integers(0, 10, 4000)
    labels[:1000] = 2
    noisy = corrupt(labels, 10, "instance:0.4", images=images)
    assert noisy.effective_rate == pytest.approx(0.4, abs=0.04)
    wrong = noisy.given[:1000][noisy.given[:1000] != 2]
    assert np.bincount(wrong).max() > 0.9 * len(wrong)  # one image, one wrong label
    others = noisy.given[1000:][(labels[1000:] == 2) & (noisy.given[1000:] != 2)]
    assert np.bincount(others).max() < 0.5 * len(others)
    assert (corrupt(labels, 10, "instance:0", images=images).given == labels).all()
    assert (corrupt(labels, 10, "instance:1", images=images).given != labels).all()


def test_flip_rates_are_a_truncated_normal():
    rates = instance_module._flip_rates(0.2, 20_000, np.random.default_rng(0))
    assert 0 <= rates.min() <= rates.max() <= 1
    assert np.median(rates) == pytest.approx(0.2, abs=0.01)
    assert np.percentile(rates, 97.7) == pytest.approx(0.2 + 2 * SPREAD, abs=0.01)


def test_human_labels():
    labels = np.array([0, 1, 2, 0])
    given = {"human_worse": np.array([0, 2, 2, -1]), "second": np.array([1, 1, 1, 1])}
    noisy = corrupt(labels, 3, "human:worse", given=given, order=np.array([0, 1, 2]))
    assert noisy.given.tolist() == [0, 2, 2, 0]
    assert noisy.effective_rate == pytest.approx(1 / 3)
    assert corrupt(labels, 3, "human:second", given=given).given.tolist() == [1, 1, 1, 1]
    with pytest.raises(DataError, match="1 of 4 samples have no label"):
        corrupt(labels, 3, "human:worse", given=given)
    with pytest.raises(ConfigError, match="no such label set; it has worse, second"):
        corrupt(labels, 3, "human:best", given=given)
    with pytest.raises(ConfigError, match="it has none"):
        corrupt(labels, 3, "human:best")


def test_only_the_order_gets_noise():
    labels = labels_of(10, 400)
    images = np.random.default_rng(0).integers(0, 256, (400, 2, 2, 1), np.uint8)
    order = np.arange(100, 300)[::-1]
    for kind in ("symmetric", "symmetric-excluding", "uniform", "flip2", "asymmetric", "asymmetric-next", "instance"):
        noisy = corrupt(labels, 10, f"{kind}:1", order=order, images=images, class_names=CIFAR10_CLASSES)
        changed = np.flatnonzero(noisy.given != labels)
        assert changed.size
        assert set(changed) <= set(order.tolist())
        assert noisy.counts.sum() == 200


@pytest.mark.parametrize("text", ["symmetric:0.4", "human:worse", "none", "flip2:1"])
def test_text_and_back(text):
    assert str(parse_noise(text)) == text


def test_no_samples():
    empty = np.array([], dtype=np.int64)
    for kind in ("symmetric", "uniform", "flip", "symmetric-excluding"):
        noisy = corrupt(empty, 3, f"{kind}:0.5")
        assert noisy.given.shape == (0,)
        assert noisy.effective_rate == 0.0
        assert noisy.matrix.tolist() == np.zeros((3, 3)).tolist()
        assert "0 of 0" in describe_noise(noisy, list("abc"))


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("symmetric:1.5", ["rate 1.5 is not in [0, 1]"]),
        ("symmetric:-0.1", ["rate -0.1 is not in [0, 1]"]),
        ("symmetric:nan", ["rate nan is not in [0, 1]"]),
        ("symmetric", ["is no number", "symmetric:0.4"]),
        ("symetric:0.4", ["no noise 'symetric'", "symmetric-excluding", "human:COLUMN"]),
        ("pairs:2", ["no noise 'pairs'", "rate 2 is not in [0, 1]"]),
        ("none:0.3", ["none takes no value"]),
        ("human", ["human:COLUMN"]),
    ],
)
def test_refused_text(text, messages):
    with pytest.raises(ConfigError) as caught:
        parse_noise(text)
    for message in messages:
        assert message in str(caught.value)
    assert f"--noise {text}" in str(caught.value)


def test_missing_arguments():
    labels = labels_of(10, 50)
    with pytest.raises(ConfigError, match="names of the classes"):
        corrupt(labels, 10, "asymmetric:0.4")
    with pytest.raises(ConfigError, match="needs the images"):
        corrupt(labels, 10, "instance:0.4")


def test_record_and_text():
    noisy = corrupt(np.repeat([0, 1], 50), 2, "asymmetric:0.5", seed=3, class_names=["normal", "pneumonia"])
    record = noisy.record()
    assert record["noise"] == "asymmetric:0.5"
    assert record["seed"] == 3
    assert record["effective_rate"] == 0.5
    assert np.sum(record["counts"]) == record["n"] == 100
    text = describe_noise(noisy, ["normal", "pneumonia"])
    assert "next class): 50 of 100 labels changed, effective rate 50.0%" in text
    assert f"{100 * noisy.matrix[0, 1]:.1f}" in text
    numbered = corrupt(np.repeat([0, 1], 50), 2, "flip:0.5")
    assert [len(line.split()) for line in describe_noise(numbered, ["0", "1"]).splitlines()[3:]] == [3, 3]
    many = corrupt(labels_of(100, 5000), 100, "flip:0.4")
    top = many.counts - np.diag(np.diag(many.counts))
    assert f": {top.max()}" in describe_noise(many, CIFAR100_CLASSES).splitlines()[1]
    assert LabelNoise("symmetric", 0.4) == parse_noise("symmetric:0.4")
