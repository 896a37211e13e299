"""Dice of the judges, and the refusal of dead ones."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from l2b_data.cases.dataset import CLEAN_LABELS
from l2b_data.errors import DataError
from l2b_seg.audit.judges.judge import Judge, Panel
from l2b_seg.audit.judges.quality import MEASURED, class_dice, dead_classes, judges_quality, quality_text
from tests.l2b_seg.audit.two_classes import two_classes

CLASSES = ["liver", "spleen"]


def judge(dice_of, **over):
    """A judge of one class; dice_of: folder -> Dice of a case's number with its mask there."""

    def look(case, folder):
        asked.append((case, folder))
        mask = np.zeros((1, 1, 200), np.uint8)
        mask[..., :100] = 1
        shift = round(100 * (1 - dice_of(case)))
        proposal = np.roll(mask, shift, axis=2)
        return SimpleNamespace(probability=np.zeros((1, 1, 1, 200)), given=mask, proposal=proposal)

    asked = []
    return Judge(0, "network 1 of 1", look, over.pop("cases", ["a", "b", "c"]), **over), asked


def panel(*judges):
    return Panel(judges, "", "do this", {})


def quality(one, folders):
    return judges_quality(panel(one), folders, ["liver"])


def test_the_first_clean_cases_there_are_count_and_are_read_in_labelstr():
    found, asked = judge(lambda case: {"m": 0.9, "n": 0.5}[case], clean={"test": [], "meta left out": ["m", "n"]})
    assert quality(found, {})[0] == {
        "fold": 0,
        "judge": "network 1 of 1",
        "class": "liver",
        "dice": pytest.approx(0.7),
        "cases": 2,
        "on": "meta left out",
        "dead": False,
    }
    assert asked == [("m", CLEAN_LABELS), ("n", CLEAN_LABELS)]
    both, asked = judge(lambda case: 0.9, clean={"test": ["t"], "meta left out": ["m"]})
    assert quality(both, {})[0]["on"] == "test"
    assert asked == [("t", CLEAN_LABELS)]


def test_without_clean_cases_the_median_with_the_given_masks():
    found, asked = judge(lambda case: {"a": 0.9, "b": 0.8, "c": 0.0}[case])
    row = quality(found, dict.fromkeys("abc", "given"))[0]
    assert (row["dice"], row["on"]) == (pytest.approx(0.8), "given masks")
    assert asked == [("a", "given"), ("b", "given"), ("c", "given")]
    assert quality_text([row]) == (
        "Dice of the judges: network 1 of 1: liver 0.80 (median with the given masks of 3 cases, "
        "nothing clean was left)"
    )


def test_at_most_some_cases_evenly_chosen():
    found, asked = judge(lambda case: 0.9, clean={"test": list(range(100))})
    assert quality(found, {})[0]["cases"] == MEASURED == len(asked)
    assert (asked[0][0], asked[-1][0]) == (0, 99)


def test_networks_of_folds_are_measured_and_not_their_mean():
    one, _ = judge(lambda case: 0.9)
    mean = replace(one, fold=None)
    assert panel(one, mean).measured == [one]
    assert panel(mean).measured == (mean,)


def test_a_class_is_measured_where_the_mask_shows_it():
    seen = two_classes()
    assert class_dice(seen) == pytest.approx([2 / 3, 0.8])
    assert class_dice(replace(seen, given=np.zeros_like(seen.given))) == [None, None]


def rows(*values):
    return [
        {"judge": "network 1 of 2", "class": name, "dice": value, "cases": 3, "on": "test", "dead": value < 0.2}
        for name, value in zip(CLASSES, values, strict=True)
    ]


def test_a_dead_class_of_several_is_named_and_all_of_them_are_refused():
    assert dead_classes(rows(0.8, 0.9), CLASSES, "") == []
    assert dead_classes(rows(0.8, 0.9) + rows(0.8, 0.1), CLASSES, "") == ["spleen"]
    with pytest.raises(DataError) as refused:
        dead_classes(rows(0.05, 0.1), CLASSES, "Train longer.")
    for text in (
        "network 1 of 2: liver Dice 0.05 on 3 test cases",
        "spleen Dice 0.10",
        "Train longer.",
        "below Dice 0.2",
    ):
        assert text in str(refused.value)
