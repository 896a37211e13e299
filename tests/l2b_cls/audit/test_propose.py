"""Which labels are changed: not those of classes that the judges cannot tell, whatever the others gain."""

import numpy as np

from l2b_cls.audit.propose import propose


def sharp(rng, seen, classes=3):
    found = np.full((len(seen), classes), 0.02)
    found[np.arange(len(seen)), seen] = 0.96
    return found + rng.random(found.shape) / 1000


def asked(joint, given, clean_joint, clean):
    prior = np.bincount(given, minlength=3) / len(given)
    return propose(
        joint,
        given,
        joint.argmax(1),
        clean_joint=clean_joint,
        clean=clean,
        clean_predicted=clean_joint.argmax(1),
        prior=prior,
    )


def test_wrong_labels_are_changed_where_the_judges_can_tell():
    rng = np.random.default_rng(0)
    true, clean = np.arange(300) % 3, np.arange(60) % 3
    given = np.where(np.arange(300) % 10 == 0, (true + 1) % 3, true)
    changed = asked(sharp(rng, true), given, sharp(rng, clean), clean)
    np.testing.assert_array_equal(changed, true)
    np.testing.assert_array_equal(asked(sharp(rng, true), given, sharp(rng, clean[:0]), clean[:0]), true)


def test_a_rare_class_that_is_never_predicted_keeps_its_labels():
    """The judges call all of class 2 class 0: to change its labels would gain nothing and lose the class."""
    rng = np.random.default_rng(0)
    true = np.repeat([0, 1, 2], [300, 280, 20])
    clean = np.arange(60) % 3
    given = true.copy()
    given[:5] = 2
    judged, clean_judged = (sharp(rng, np.where(labels == 2, 0, labels)) for labels in (true, clean))
    for meta in (slice(None), slice(0)):  # with clean samples, and without
        changed = asked(judged, given, clean_judged[meta], clean[meta])
        np.testing.assert_array_equal(changed, given)


def test_a_change_must_pay_for_the_rare_class_as_well():
    """Half a chance that a label of a rare class is wrong is not enough to take it away."""
    given = np.repeat([0, 1, 2], [400, 380, 20])
    joint = np.full((800, 3), 0.01)
    joint[np.arange(800), given] = 0.98
    joint[-20:] = [0.75, 0.01, 0.24]
    rng = np.random.default_rng(0)
    clean = np.arange(60) % 3
    assert (asked(joint, given, sharp(rng, clean), clean) == given).all()


def test_no_sample_at_all():
    none = np.zeros(0, int)
    found = propose(
        np.zeros((0, 3)),
        none,
        none,
        clean_joint=np.zeros((0, 3)),
        clean=none,
        clean_predicted=none,
        prior=np.ones(3) / 3,
    )
    assert len(found) == 0
