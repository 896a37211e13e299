"""Mistakes of people, planted: what each is, how many, on which samples, and what is left out."""

import numpy as np
import pytest

from data_prep.label_noise.corrupt_labels import corrupt_labels
from data_prep.label_noise.describe import describe_noise
from data_prep.label_noise.mistakes import Pictures, plant_mistakes
from data_prep.label_noise.parse import MISTAKES, LabelNoise, parse_noise
from l2b_data.errors import ConfigError

NAMES = list("abcde")


def labels_of(count=1000, seed=0):
    return np.random.default_rng(seed).integers(0, len(NAMES), count)


def plant(labels, text="mistakes", *, seed=0, copy_of=None, foreign=(), names=NAMES):
    same = np.arange(len(labels)) if copy_of is None else copy_of
    pictures = Pictures(same, np.isin(np.arange(len(labels)), foreign))
    return plant_mistakes(labels, names, parse_noise(text), seed=seed, pictures=pictures)


@pytest.mark.parametrize("text", ["mistakes", "mistakes:0.2", "mistakes:0.35:random", "mistakes:1:random,block"])
def test_exactly_the_share_is_wrong_and_every_wrong_label_has_its_kind(text):
    labels = labels_of()
    planted = plant(labels, text)
    noise = parse_noise(text)
    assert (planted.given != labels).sum() == round(noise.rate * 1000)
    np.testing.assert_array_equal(planted.kind != "", planted.given != labels)
    assert set(planted.kind.tolist()) <= {"", *noise.mistakes}
    assert planted.counts == {kind: (planted.kind == kind).sum() for kind in planted.how}


def test_a_block_is_a_run_of_files_shifted_by_one_class():
    labels = labels_of()
    planted = plant(labels, "mistakes:0.2:block")
    run = np.flatnonzero(planted.kind == "block")
    assert run.tolist() == list(range(run[0], run[0] + 200))
    np.testing.assert_array_equal(planted.given[run], (labels[run] + 1) % len(NAMES))


def test_files_in_order_of_their_class_keep_half_of_every_class():
    labels = np.repeat(np.arange(5), 40)
    planted = [plant(labels, "mistakes:0.5:block", seed=seed) for seed in range(30)]
    for one in planted:
        run = np.flatnonzero(one.kind == "block")
        assert len(run) == run[-1] - run[0] + 1 == 40  # half of a class and half of the next
        assert np.bincount(labels[run], minlength=5).max() == 20
    shorter = {int((plant(labels, "mistakes:0.05:block", seed=seed).kind == "block").argmax()) for seed in range(30)}
    assert len(shorter) > 10


def test_one_way_confuses_a_share_of_one_class_with_one_other():
    labels = labels_of()
    pairs = set()
    for seed in range(20):
        planted = plant(labels, "mistakes:0.2:one-way", seed=seed)
        wrong = planted.kind == "one-way"
        pair = set(zip(labels[wrong].tolist(), planted.given[wrong].tolist(), strict=True))
        assert len(pair) == 1
        ((clean, given),) = pair
        assert clean != given
        assert wrong.sum() == round(0.2 * (labels == clean).sum())
        assert planted.how["one-way"] == f"{NAMES[clean]} given as {NAMES[given]}"
        pairs |= pair
    assert len(pairs) > 8  # the pair is drawn


def test_one_way_leaves_half_of_the_class_right():
    planted = plant(np.zeros(9, int), "mistakes:1:one-way")
    assert (planted.kind == "one-way").sum() == 4


def test_random_is_another_class():
    labels = labels_of()
    planted = plant(labels, "mistakes:1:random")
    assert (planted.given != labels).all()
    assert np.bincount((planted.given - labels) % 5, minlength=5)[1:].min() > 150


def test_one_of_the_samples_that_show_one_picture_gets_another_label():
    labels, copies = labels_of(), np.arange(1000)
    copies[[10, 20, 30, 40]] = 5
    labels[[5, 10, 20, 30, 40]] = 2
    copies[200] = copies[201]
    labels[200], labels[201] = 0, 0
    copies[300] = copies[301]
    labels[300], labels[301] = 0, 1  # they contradict each other already
    planted = plant(labels, "mistakes:0.2:duplicates", copy_of=copies)
    wrong = np.flatnonzero(planted.kind == "duplicates")
    assert len(wrong) == 2
    assert set(copies[wrong].tolist()) == {5, 201}
    assert (planted.given[wrong] != labels[wrong]).all()
    one = plant(labels, "mistakes:0.001:duplicates", copy_of=copies)
    assert (one.kind == "duplicates").sum() == 1


def test_duplicates_are_left_out_where_there_are_none_and_the_others_take_their_part():
    planted = plant(labels_of())
    assert set(planted.left_out) == {"duplicates", "foreign"}
    assert "no two training pictures" in planted.left_out["duplicates"]
    assert set(planted.counts) == {"block", "one-way", "random"}
    assert planted.counts["block"] == 67
    assert sum(planted.counts.values()) == 200
    assert plant(labels_of(), "mistakes:0.2:random").left_out == {}


def test_pictures_of_no_class_are_wrong_under_the_label_they_have():
    labels, foreign = labels_of(), np.arange(0, 1000, 10)
    planted = plant(labels, foreign=foreign)
    assert planted.counts == {"foreign": 100, "block": 34, "one-way": 33, "random": 33}
    assert set(planted.left_out) == {"duplicates"}
    assert (planted.kind[foreign] == "foreign").all()
    assert (planted.given[foreign] == labels[foreign]).all()
    between = np.setdiff1d(np.arange(1000), foreign)
    block = np.flatnonzero(planted.kind[between] == "block")
    assert block.tolist() == list(range(block[0], block[0] + 34))
    unnamed = plant(labels, "mistakes:0.2:random", foreign=foreign)
    assert unnamed.counts == {"random": 100, "foreign": 100}
    assert plant(labels, "mistakes:0.05", foreign=foreign).counts["random"] == 0  # they are more than the share
    assert plant(labels, "mistakes:1", foreign=np.arange(1000)).counts["foreign"] == 1000
    assert set(plant(labels, "mistakes:0.2:foreign").left_out) == {"foreign"}


def test_the_seed_alone_draws_and_kinds_do_not_move_each_other():
    labels = labels_of()
    one, same, other = (plant(labels, seed=seed).given.tolist() for seed in (3, 3, 4))
    assert one == same != other
    alone, beside = plant(labels, "mistakes:0.05:block"), plant(labels, "mistakes:0.1:block,one-way")
    np.testing.assert_array_equal(alone.kind == "block", beside.kind == "block")


def test_small_and_odd_sets():
    nothing = plant(np.array([], int))
    assert (nothing.given.tolist(), nothing.counts) == ([], {"block": 0, "one-way": 0, "random": 0})
    two = plant(np.array([0, 1]), "mistakes:1", names=["x", "y"])
    assert two.given.tolist() == [1, 0]
    assert plant(labels_of(), "mistakes:0").counts == {"block": 0, "one-way": 0, "random": 0}
    with pytest.raises(ConfigError, match="needs two classes"):
        plant(np.zeros(3, int), names=["x"])


def test_mistakes_are_planted_among_the_samples_that_get_noise_in_the_order_of_their_numbers():
    labels = labels_of(400)
    order = np.random.default_rng(1).permutation(400)[:300]
    noisy = corrupt_labels(labels, 5, parse_noise("mistakes:0.3"), seed=2, order=order, class_names=NAMES)
    outside = np.setdiff1d(np.arange(400), order)
    assert (noisy.given[outside] == labels[outside]).all()
    assert (noisy.planted.kind[outside] == "").all()
    assert noisy.effective_rate == pytest.approx(0.3)
    block = np.flatnonzero(noisy.planted.kind == "block")
    between = np.sort(order)
    assert np.array_equal(between[np.searchsorted(between, block[0]) :][: len(block)], block)
    again = corrupt_labels(labels, 5, parse_noise("mistakes:0.3"), seed=2, order=np.sort(order), class_names=NAMES)
    np.testing.assert_array_equal(again.given, noisy.given)
    with pytest.raises(ConfigError, match="needs the names of the classes"):
        corrupt_labels(labels, 5, parse_noise("mistakes"), seed=2)


def test_what_was_planted_is_told_and_kept():
    noisy = corrupt_labels(labels_of(), 5, parse_noise("mistakes"), seed=0, class_names=NAMES)
    text = describe_noise(noisy, NAMES)
    assert text.startswith(
        "label noise mistakes:0.2: 200 of 1000 labels changed, effective rate 20.0%\n  block: 67 (a run"
    )
    assert "  duplicates: left out: no two training pictures" in text
    assert "  foreign: left out: every training picture is one of its class" in text
    assert "fewer than asked for" not in text
    record = noisy.record()
    assert record["mistakes"]["counts"]["block"] == 67
    assert record["mistakes"]["how"]["one-way"] in text
    assert set(record["mistakes"]["left_out"]) == {"duplicates", "foreign"}
    few = corrupt_labels(labels_of(), 5, parse_noise("mistakes:0.2:one-way"), seed=0, class_names=NAMES)
    missing = 200 - (few.given != few.clean).sum()
    assert f"  {missing} fewer than asked for" in describe_noise(few, NAMES)
    pictures = Pictures(np.arange(1000), np.arange(1000) < 50)
    foreign = corrupt_labels(labels_of(), 5, parse_noise("mistakes"), seed=0, class_names=NAMES, pictures=pictures)
    assert "150 of 1000 labels changed, effective rate 20.0%\n  foreign: 50 (pictures of no" in describe_noise(
        foreign, NAMES
    )
    assert foreign.record()["effective_rate"] == 0.2
    assert "mistakes" not in corrupt_labels(labels_of(), 5, parse_noise("uniform:0.2"), seed=0).record()


@pytest.mark.parametrize(
    ("text", "noise"),
    [
        ("mistakes", LabelNoise("mistakes", 0.2, mistakes=MISTAKES)),
        ("mistakes:0.3", LabelNoise("mistakes", 0.3, mistakes=MISTAKES)),
        ("mistakes:0.3:all", LabelNoise("mistakes", 0.3, mistakes=MISTAKES)),
        ("mistakes:0.2:random, one-way", LabelNoise("mistakes", 0.2, mistakes=("one-way", "random"))),
    ],
)
def test_text_to_mistakes_and_back(text, noise):
    assert parse_noise(text) == noise
    assert parse_noise(str(noise)) == noise


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("mistakes:2", ["the rate 2 is not in [0, 1]"]),
        ("mistakes:block", ["the rate 'block' is no number", "mistakes:0.2:block,random"]),
        ("mistakes:0.2:blok,random", ["no mistake 'blok'; take foreign, block, duplicates, one-way, random"]),
        ("mistakes:0.2:", ["no mistake ''"]),
    ],
)
def test_refused_text(text, messages):
    with pytest.raises(ConfigError) as caught:
        parse_noise(text)
    for message in messages:
        assert message in str(caught.value)
    assert f"--noise {text}" in str(caught.value)
