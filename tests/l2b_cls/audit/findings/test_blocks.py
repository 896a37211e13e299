"""Blocks of files: found where they are, not where a class is hard; groups; one lesion is no block."""

import numpy as np

from l2b_cls.audit.findings.blocks import SIGNIFICANT, find_blocks

COUNT = 600


def evidence(rng, wrong, strength=2.0):
    """Log likelihood ratios of a judge of that strength: mean of their exponential is 1 where labels are right."""
    return rng.normal(-(strength**2) / 2, strength, len(wrong)) + strength**2 * wrong


def drawn(seed=0):
    rng = np.random.default_rng(seed)
    return rng, rng.integers(0, 5, COUNT), rng.random(COUNT) < 0.1


def test_a_block_is_found_where_it_is():
    rng, given, wrong = drawn()
    wrong[200:240] = True
    order = rng.permutation(COUNT)  # samples do not stand in the order of their files
    found = find_blocks(evidence(rng, wrong[order], 1.5), given, order, [""] * COUNT)
    assert len(found) == 1
    files = np.sort(order[found[0].members])
    assert len(set(range(200, 240)) & set(files.tolist())) >= 36
    assert len(files) <= 48
    assert found[0].wrong > 0.6
    assert found[0].chance < SIGNIFICANT


def test_errors_all_over_the_place_are_no_block():
    for seed in range(10):
        rng, given, wrong = drawn(seed)
        assert find_blocks(evidence(rng, wrong), given, np.arange(COUNT), [""] * COUNT) == []


def test_files_in_order_of_their_class_make_no_block_of_a_class_that_is_never_predicted():
    rng, given, wrong = drawn()
    given = np.sort(given)
    hard = evidence(rng, wrong) + 6.0 * (given == 3)
    assert find_blocks(hard, given, np.arange(COUNT), [""] * COUNT) == []


def test_pictures_of_one_lesion_count_once_and_a_large_group_is_a_block():
    rng, given, wrong = drawn()
    values = evidence(rng, wrong)
    lesion = [""] * COUNT
    values[100:106] = 4.0
    lesion[100:106] = ["lesion"] * 6
    assert find_blocks(values, given, np.arange(COUNT), lesion) == []
    annotator = np.where(np.arange(COUNT) % 20 == 7, "anna", "ben")
    values[annotator == "anna"] = evidence(rng, np.ones(30, bool))
    (found,) = find_blocks(values, given, np.arange(COUNT), annotator.tolist())
    assert (found.group, len(found.members)) == ("anna", 30)
