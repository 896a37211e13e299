"""All evidence as one number: the loss alone where nothing else is found, more where something is."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from l2b_cls.audit.verdict import Evidence, weigh

COUNT, CLASSES = 600, 4


def judged(rng, true, strength=3.0):
    logits = rng.normal(0, 1, (len(true), CLASSES))
    logits[np.arange(len(true)), true] += strength
    found = np.exp(logits)
    return found / found.sum(1, keepdims=True)


@pytest.fixture
def evidence():
    rng = np.random.default_rng(3)
    true, clean = rng.integers(0, CLASSES, COUNT), np.arange(120) % CLASSES
    wrong = rng.random(COUNT) < 0.1
    given = np.where(wrong, (true + rng.integers(1, CLASSES, COUNT)) % CLASSES, true)
    numbers = np.arange(COUNT)
    found = Evidence(
        probabilities=judged(rng, true),
        given=given,
        clean_probabilities=judged(rng, clean),
        clean=clean,
        same=numbers,
        copy_of=numbers,
        alone=np.zeros(COUNT),
        order=numbers,
        groups=[""] * COUNT,
        columns={},
    )
    return found, true


def losses(of):
    return -np.log(of.probabilities[np.arange(COUNT), of.given])


def test_without_findings_the_order_is_nearly_that_of_the_loss_and_the_share_of_errors_is_told(evidence):
    of, true = evidence
    found = weigh(of)
    assert found.blocks == found.conflicts == []
    wrong = of.given != true
    by_loss, by_audit = (roc_auc_score(wrong, values) for values in (losses(of), found.log_odds))
    assert by_audit > by_loss - 0.005
    ranks = [np.argsort(np.argsort(values)) for values in (found.log_odds, losses(of))]
    assert np.corrcoef(*ranks)[0, 1] > 0.95
    assert found.calibration.wrong == pytest.approx((of.given != true).mean(), abs=0.03)
    likely = 1 / (1 + np.exp(-found.log_odds))
    doubted = likely > 0.5
    assert (of.given != true)[doubted].mean() == pytest.approx(likely[doubted].mean(), abs=0.12)
    np.testing.assert_allclose(found.joint.sum(1), 1)


def test_one_of_two_copies_with_two_labels_is_raised(evidence):
    of, true = evidence
    right = np.flatnonzero((of.given == true) & (of.probabilities.argmax(1) == true))[:2]
    given, probabilities, copy_of = of.given.copy(), of.probabilities.copy(), of.copy_of.copy()
    other = (true[right[0]] + 1) % CLASSES
    probabilities[right[1]] = probabilities[right[0]]
    given[right] = [true[right[0]], other]
    copy_of[right[1]] = copy_of[right[0]]
    alone = weigh(replace(of, given=given, probabilities=probabilities))
    found = weigh(replace(of, given=given, probabilities=probabilities, copy_of=copy_of))
    assert [members.tolist() for members in found.conflicts] == [right.tolist()]
    assert found.log_odds[right[1]] > 0 > found.log_odds[right[0]]
    assert found.log_odds[right[0]] == pytest.approx(alone.log_odds[right[0]])
    assert (found.reasons[right] == "copies").all()


def test_a_picture_like_nothing_else_is_raised_though_the_judges_know_it(evidence):
    of, _ = evidence
    sure = int(np.argmax(-losses(of)))
    found = weigh(replace(of, alone=np.where(np.arange(COUNT) == sure, 0.99, 0)))
    assert (found.log_odds > found.log_odds[sure]).mean() < 0.15
    assert found.reasons[sure] == "outlier"


def test_labels_of_a_block_are_raised(evidence):
    of, true = evidence
    given = of.given.copy()
    block = np.arange(200, 240)
    given[block] = (true[block] + 1) % CLASSES
    of = replace(of, given=given)
    found = weigh(of)
    (one,) = found.blocks
    assert len(set(one.members.tolist()) & set(block.tolist())) >= 38
    assert "block" in found.reasons[210]
    scattered = weigh(replace(of, order=np.random.default_rng(0).permutation(COUNT)))
    assert scattered.blocks == []
    assert found.log_odds[block].mean() > scattered.log_odds[block].mean() + 1


def test_another_column_speaks_against_a_label(evidence):
    of, true = evidence
    column = np.where(np.arange(COUNT) % 7 == 0, (true + 1) % CLASSES, true)
    found, alone = weigh(replace(of, columns={"second reader": column})), weigh(of)
    against = (column != of.given) & (of.given != true)
    assert (found.log_odds > alone.log_odds)[against].all()
    assert "columns" in found.reasons[np.flatnonzero(against)[0]]
