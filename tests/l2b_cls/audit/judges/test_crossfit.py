"""Folds of samples, and their networks: no label that is judged is read; networks are kept, resumed or made anew."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import yaml

from l2b_cls.audit.judges.crossfit import cut_samples, fold_network
from l2b_cls.batches.sample_batches import Samples
from l2b_data.errors import ConfigError
from l2b_run.audit.cross_fit import AuditOptions, cross_fit
from tests.l2b_cls.audit.squares_run import FEW, run_data
from tests.l2b_cls.synthetic import META, TEST, TRAIN, given_labels, image_set, make_settings


def test_every_sample_is_held_out_once_and_labels_are_spread():
    given = np.random.default_rng(0).choice(4, 203, p=[0.6, 0.2, 0.15, 0.05])
    folds = cut_samples(given, range(203), 3, seed=5)
    np.testing.assert_array_equal(np.sort(np.concatenate([fold.held_out for fold in folds])), np.arange(203))
    for fold in folds:
        np.testing.assert_array_equal(np.sort(np.concatenate([fold.train, fold.held_out])), np.arange(203))
        np.testing.assert_allclose(np.bincount(given[fold.held_out], minlength=4), np.bincount(given) / 3, atol=1)
        assert abs(len(fold.held_out) - 203 / 3) < 1


def test_groups_stay_together():
    generator = np.random.default_rng(1)
    drawn = generator.integers(0, 30, 200)
    groups = [int(number) if number else 1000 + place for place, number in enumerate(drawn)]
    folds = cut_samples(generator.integers(0, 3, 200), groups, 4, seed=0)
    of_sample = {place: fold.number for fold in folds for place in fold.held_out.tolist()}
    assert len(of_sample) == 200
    for name in set(groups):
        assert len({of_sample[place] for place, group in enumerate(groups) if group == name}) == 1
    assert max(len(fold.held_out) for fold in folds) < 200 * 0.35


def test_the_cut_follows_the_seed_alone():
    given = np.arange(40) % 4
    one, same, other = (cut_samples(given, range(40), 2, seed=seed)[0].held_out.tolist() for seed in (0, 0, 1))
    assert one == same != other


@pytest.mark.parametrize("count", [1, 5, -1])
def test_a_number_of_folds_there_cannot_be(count):
    with pytest.raises(ConfigError, match=rf"--folds {count}: from 2 to the 4 samples"):
        cut_samples(np.zeros(4, int), range(4), count, seed=0)
    with pytest.raises(ConfigError, match="groups of samples that belong together"):
        cut_samples(np.zeros(4, int), [0, 0, 0, 0], 2, seed=0)


def fit(run, data, settings=FEW, *, epochs=None, progress=lambda row: None):
    options = AuditOptions(2, epochs, progress=progress)
    given = Samples(data.images, data.train, data.given)
    meta = Samples(data.images, data.meta, data.meta_labels)
    folds = cut_samples(given_labels(), range(TRAIN), 2, seed=0)  # the same cut whatever a test does to the labels
    network_of = partial(fold_network, settings=settings, given=given, meta=meta, options=options)
    return list(cross_fit(run, options, cut=lambda count: folds, network_of=network_of, own=None))


@pytest.mark.parametrize("method", ["ce", "l2b"])
def test_no_label_of_a_judged_sample_is_read(tmp_path, method):
    settings = make_settings(method, epochs=2)
    as_given = fit(tmp_path / "a", run_data(), settings)
    held = as_given[0].held_out
    changed = given_labels()
    changed[held] = (changed[held] + 1) % 3
    other = fit(tmp_path / "b", run_data(given=changed), settings)
    np.testing.assert_array_equal(other[0].found.probabilities, as_given[0].found.probabilities)
    assert (other[1].found.probabilities != as_given[1].found.probabilities).any()  # trained on them


def test_meta_samples_that_are_judged_are_left_out(tmp_path):
    """Meta samples may also train under their given labels: their clean ones then belong to what is judged."""
    settings = make_settings("joint", epochs=1)
    meta = np.arange(0, TRAIN, 4)
    data = run_data(meta=meta, meta_labels=image_set().labels[meta])
    as_clean = fit(tmp_path / "a", data, settings)
    held = np.isin(meta, data.train[as_clean[0].held_out])
    changed = np.where(held, (data.meta_labels + 1) % 3, data.meta_labels)
    other = fit(tmp_path / "b", replace(data, meta_labels=changed), settings)
    np.testing.assert_array_equal(other[0].found.probabilities, as_clean[0].found.probabilities)
    assert (other[1].found.probabilities != as_clean[1].found.probabilities).any()


def test_clean_labels_of_training_samples_are_not_read(tmp_path):
    poisoned = replace(image_set(), labels=np.full(TRAIN + META + TEST, 2))
    ours = fit(tmp_path / "a", run_data())
    theirs = fit(tmp_path / "b", run_data(images=poisoned, clean=np.full(TRAIN, -1)))
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one.found.probabilities, other.found.probabilities)


def test_as_many_epochs_as_the_run_or_as_asked_for(tmp_path):
    settings = make_settings("ce", epochs=2, optimizer={"schedule": "steps", "milestones": [1]})
    rows = []
    judged = fit(tmp_path / "a", run_data(), settings, progress=rows.append)
    assert [each.epochs for each in judged] == [2, 2]
    assert {row["fold"] for row in rows} == {0, 1}
    assert [each.epochs for each in fit(tmp_path / "b", run_data(), settings, epochs=4)] == [4, 4]
    kept = yaml.safe_load((tmp_path / "b" / "audit" / "fold_0_of_2" / "config.yaml").read_text())
    assert kept["optimizer"]["milestones"] == [2]  # milestones move along


def test_a_finished_network_is_not_trained_again_and_other_labels_make_a_new_one(tmp_path):
    first = fit(tmp_path, run_data())
    rows = []
    again = fit(tmp_path, run_data(), progress=rows.append)
    assert rows == []
    np.testing.assert_array_equal(first[1].found.probabilities, again[1].found.probabilities)
    changed = given_labels()
    changed[first[0].held_out[0]] += 1
    fit(tmp_path, run_data(given=changed % 3), progress=rows.append)
    assert {row["fold"] for row in rows} == {1}  # the network that reads this label
    (tmp_path / "audit" / "fold_0_of_2" / "outlook.npz").write_bytes(b"cut off")
    rows.clear()
    fit(tmp_path, run_data(given=changed % 3), progress=rows.append)
    assert {row["fold"] for row in rows} == {0}


def test_an_interrupted_network_goes_on(tmp_path):
    class Stopped(Exception):
        pass

    def stop(row):
        if row["epoch"] == 3:
            raise Stopped

    whole = fit(tmp_path / "whole", run_data())
    with pytest.raises(Stopped):
        fit(tmp_path / "cut", run_data(), progress=stop)
    rows = []
    rest = fit(tmp_path / "cut", run_data(), progress=rows.append)
    assert min(row["epoch"] for row in rows if row["fold"] == 0) == 3
    np.testing.assert_array_equal(rest[0].found.probabilities, whole[0].found.probabilities)
