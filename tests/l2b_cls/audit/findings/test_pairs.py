"""Classes given for one another: told from the judges' own confusion by clean samples."""

import numpy as np

from l2b_cls.audit.findings.pairs import confusions

CLASSES = 5


def judged(rng, clean, confused=0.0):
    """Probabilities of a good judge that puts a share of class 3 into class 1."""
    seen = np.where((clean == 3) & (rng.random(len(clean)) < confused), 1, clean)
    logits = rng.normal(0, 1, (len(clean), CLASSES))
    logits[np.arange(len(clean)), seen] += 5
    found = np.exp(logits)
    return found / found.sum(1, keepdims=True)


def drawn(one_way=0.0, confused=0.0, seed=0, clean=200):
    rng = np.random.default_rng(seed)
    true, meta = np.arange(1500) % CLASSES, np.arange(clean) % CLASSES
    given = np.where((true == 4) & (rng.random(1500) < one_way), 2, true)
    given = np.where(rng.random(1500) < 0.05, rng.integers(0, CLASSES, 1500), given)
    return confusions(judged(rng, true, confused), given, judged(rng, meta, confused), meta)


def test_a_pair_confused_one_way_is_found_and_counted():
    found = drawn(one_way=0.2)
    assert found.pairs == [(4, 2)]
    assert 40 < found.counts[4, 2] < 80
    assert found.transition[4, 2] > 0.1
    np.testing.assert_allclose(np.diag(found.transition), 1 - found.uniform)


def test_what_the_judges_confuse_themselves_is_no_pair():
    alone, corrected = drawn(confused=0.2, clean=0), drawn(confused=0.2)
    assert not alone.corrected
    assert (1, 3) in alone.pairs
    assert (1, 3) not in corrected.pairs
    assert corrected.expected[1, 3] > 20


def test_without_one_there_is_none():
    found = drawn()
    assert found.pairs == []
    off = found.transition[~np.eye(CLASSES, dtype=bool)]
    assert off.max() < 0.03
