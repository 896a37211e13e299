"""How good the judges are: Dice a class, on clean cases they did not learn from."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from l2b_data.cases.dataset import CLEAN_LABELS
from l2b_data.cases.dice import dice
from l2b_data.errors import DataError
from l2b_seg.audit.judges.judge import Judge, Panel
from l2b_seg.audit.outlook import Outlook, classes_of

DEAD_BELOW = 0.2
"""Dice of a class below which a judge is dead. The masks of two different patients laid over each other agree by 0.46
(630 pairs of PROMISE12): a judge of less than half of that knows less of the case than any other case's mask does."""

MEASURED = 20  # clean cases at most, evenly chosen: a look at a case costs as much as judging it
GIVEN = "given masks"

DEFINITIONS = {
    "fold": "number of the network; empty: the run's own, or predictions from files",
    "dice": "Dice of the class with the clean masks, mean over the cases that show it; on given masks, which may be "
    "wrong, the median; empty where none of them shows it",
    "cases": f"cases measured that show the class, of at most {MEASURED}, evenly chosen",
    "on": "test: the data set's test cases; meta left out: clean cases that this network did not learn from; "
    f"meta: clean cases, and whether they were learnt from is not known; {GIVEN}: nothing clean was left, so these are "
    "the masks under audit themselves",
    "dead": f"whether Dice is below {DEAD_BELOW:g}: the class is then left out of every score",
}


def judges_quality(
    panel: Panel, folders: Mapping[str, str], classes: Sequence[str], run: Callable[..., Iterable[Any]] = map
) -> list[dict[str, Any]]:
    """A row a judge and class: fold, judge, class, dice, cases, on, dead.

    folders: audited case -> folder of its mask. run: a map, over processes or not. Clean masks are those of labelsTr.
    Raises DataError as looks do.
    """
    return [row for judge in panel.measured for row in _quality(judge, folders, classes, run, panel.skip_faulty)]


def _quality(
    judge: Judge, folders: Mapping[str, str], classes: Sequence[str], run: Callable[..., Iterable[Any]], skip: bool
) -> list[dict[str, Any]]:
    on, cases = next(((on, list(cases)) for on, cases in judge.clean.items() if cases), (GIVEN, list(judge.cases)))
    chosen = np.linspace(0, len(cases) - 1, min(MEASURED, len(cases))).round().astype(int)
    asked = [(case, folders[case] if on == GIVEN else CLEAN_LABELS) for case in (cases[place] for place in chosen)]
    found = [values for values in run(partial(_class_dice, judge, skip), asked) if values]
    rows = []
    for number, name in enumerate(classes):
        values = [value for of_case in found if (value := of_case[number]) is not None]
        mean = float(np.median(values) if on == GIVEN else np.mean(values)) if values else None
        row = {"fold": judge.fold, "judge": judge.name, "class": name, "dice": mean, "cases": len(values), "on": on}
        rows.append(row | {"dead": mean is not None and mean < DEAD_BELOW})
    return rows


def _class_dice(judge: Judge, skip: bool, asked: tuple[str, str]) -> list[float | None]:
    """`class_dice` of a case, with its mask in a folder; empty where its files cannot be used and `skip` is true."""
    try:
        return class_dice(judge.look(*asked))
    except DataError:
        if skip:
            return []
        raise


def class_dice(outlook: Outlook) -> list[float | None]:
    """Dice of the proposal with the mask, one a class; None for a class the mask does not show."""
    pairs = ((outlook.proposal == value, outlook.given == value) for value in classes_of(outlook))
    return [dice(proposal, given) if given.any() else None for proposal, given in pairs]


def dead_classes(rows: Sequence[Mapping[str, Any]], classes: Sequence[str], way_out: str) -> list[str]:
    """The classes, in order, for which a judge is dead. Raises DataError where that is all of them."""
    dead = [name for name in classes if any(row["class"] == name and row["dead"] for row in rows)]
    if len(dead) < len(classes):
        return dead
    told = [f"{row['judge']}: {row['class']} Dice {row['dice']:.2f} on {_where(row)}" for row in rows if row["dead"]]
    raise DataError(
        f"no ranking: a judge below Dice {DEAD_BELOW:g} cannot tell right masks from wrong ones\n  "
        + "\n  ".join(told)
        + f"\n{way_out}"
    )


def quality_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """One line: the Dice of every judge and class, and on what it was measured."""
    parts = []
    for judge in dict.fromkeys(row["judge"] for row in rows):
        mine = [row for row in rows if row["judge"] == judge]
        values = ", ".join(
            f"{row['class']} {'-' if row['dice'] is None else format(row['dice'], '.2f')}" for row in mine
        )
        parts.append(f"{judge}: {values} ({_where(max(mine, key=lambda row: row['cases']))})")
    return "Dice of the judges: " + "; ".join(parts)


def _where(row: Mapping[str, Any]) -> str:
    count = row["cases"]
    cases = f"{count} case{'' if count == 1 else 's'}"
    words = {
        "test": f"{count} test case{'' if count == 1 else 's'}",
        "meta left out": f"{count} clean case{'' if count == 1 else 's'} it did not learn from",
        "meta": f"{count} meta case{'' if count == 1 else 's'}",
    }
    return words.get(row["on"], f"median with the given masks of {cases}, nothing clean was left")
