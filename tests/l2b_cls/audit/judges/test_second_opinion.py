"""A second opinion is worth its share, never reads the label it judges, and is left out where it knows nothing."""

import numpy as np

from l2b_cls.audit.judges.second_opinion import second_opinion

COUNT = 400


def asked(features, probabilities, labels, known=None, groups=None):
    return second_opinion(
        probabilities,
        labels,
        np.ones(len(labels), bool) if known is None else known,
        features=features,
        plain=np.zeros((len(labels), 1)),
        fold=np.arange(len(labels)) % 2,
        groups=np.arange(len(labels)) if groups is None else groups,
    )


def test_good_features_help_weak_judges_and_noise_leaves_good_ones_alone():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, COUNT)
    weak, good = np.full((COUNT, 3), 1 / 3), np.full((COUNT, 3), 0.01)
    good[np.arange(COUNT), labels] = 0.98
    telling = np.eye(3)[labels] + rng.normal(0, 0.3, (COUNT, 3))
    helped = asked(telling, weak, labels)
    assert (helped.argmax(1) == labels).mean() > 0.9
    np.testing.assert_allclose(helped.sum(1), 1)
    np.testing.assert_array_equal(asked(rng.normal(size=(COUNT, 3)), good, labels), good)


def test_the_label_it_judges_and_those_of_its_group_are_not_read():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, COUNT)
    features = np.eye(3)[labels] + rng.normal(0, 0.5, (COUNT, 3))
    weak, groups = np.full((COUNT, 3), 1 / 3), np.arange(COUNT) // 4
    other = labels.copy()
    other[:4] = (labels[:4] + 1) % 3
    one, two = (asked(features, weak, given, groups=groups) for given in (labels, other))
    np.testing.assert_array_equal(one[:4], two[:4])
    known = np.arange(COUNT) >= 4  # clean samples are judged, and their labels are not learnt from
    one, two = (asked(features, weak, given, known, groups) for given in (labels, other))
    np.testing.assert_array_equal(one, two)
