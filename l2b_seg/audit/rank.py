"""All masks of an audit through their judges: quality of the judges, evidence, one ranking, files."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from l2b_data.cases.dataset import CLEAN_LABELS
from l2b_data.errors import DataError
from l2b_run.audit.workers import Map, workers
from l2b_seg.audit.baselines import BASELINES
from l2b_seg.audit.judged_case import JudgedCase, Row, Rules, judge_case
from l2b_seg.audit.judges.judge import Judge, Panel
from l2b_seg.audit.judges.quality import dead_classes, judges_quality
from l2b_seg.audit.judges.trust import judge_temperature
from l2b_seg.audit.masks import AuditedMasks
from l2b_seg.audit.mistakes.judge_set import judge_set
from l2b_seg.audit.mistakes.mend import mend
from l2b_seg.audit.review.folder import export_review
from l2b_seg.audit.truth import add_truth
from l2b_seg.audit.usual_shares import usual_shares
from l2b_seg.audit.write_audit import write_audit

_CALIBRATED = 8  # clean cases at most for a temperature

Say = Callable[[str], None]


def rank(
    masks: AuditedMasks,
    panel: Panel,
    out: Path,
    *,
    record: Row,
    plane: str | None,
    clean: list[str],
    failed: dict[str, str] | None = None,
    mend_to: Path | None = None,
    review_to: Path | None = None,
    say: Say,
) -> dict[str, Any]:
    """Rank masks by suspicion, write everything into `out`, return audit.json.

    record: what it says of the run or the predictions. clean: the cases whose masks in labelsTr are known to be clean.
    Clean masks of other cases are read for the columns that say how good the ranking is alone. failed: cases that are
    left out already, and why. mend_to: folder of mended copies, see `mend`. review_to: folder for `export_review`.
    say: gets a line "[3/36] case" for every case. Raises DataError where a file cannot be used, and before anything is
    ranked where the judges are dead.
    """
    dataset, classes = masks.dataset, list(masks.dataset.classes)
    left_out = dict(failed or {})
    first = next(iter(masks.folders.values()))
    by = (clean, CLEAN_LABELS) if clean else ([case for case in masks.folders if masks.folders[case] == first], first)
    usual = usual_shares(dataset, *by, plane)
    with workers(min(panel.workers, len(masks.folders))) as run:
        quality = judges_quality(panel, masks.folders, classes, run)
        dead = dead_classes(quality, classes, panel.way_out)
        usable = tuple(value for value, name in enumerate(classes, 1) if name not in dead)
        found = list(_judged(panel, Rules(masks, out, usual, usable), run, left_out, say))
    if not found:
        raise DataError("no case can be audited:\n  " + "\n  ".join(left_out.values()))
    judged = {case: folder for case, folder in masks.folders.items() if case not in left_out}
    cases = [one.case for one in found]
    slices = [row for one in found for row in one.slices]
    judge_set({one.case["case"]: one.signs for one in found}, cases, slices, classes, dataset.spacing_unit)
    result = {
        **record,
        "labels": masks.labels,
        "noise": masks.noise,
        **panel.record,
        "judged_by": panel.text,
        "judges": quality,
        "dead_classes": dead,
        "failed": left_out,
        "unit": dataset.spacing_unit,
        "plane": plane,
        "usual_share": dict(zip(classes, usual, strict=True)),
        "truth": add_truth(dataset, judged, plane, cases=cases, slices=slices, names=("score", *BASELINES)),
        "cases": _ranked(cases, "score"),
        "slices": _ranked(slices, "score"),
        "regions": _ranked([row for one in found for row in one.regions], "weight"),
    }
    mended = [] if mend_to is None else mend(masks, result["cases"], out, mend_to, plane)
    result = write_audit(out, masks, result | {"mended": [str(path) for path in mended]})
    if review_to is not None:
        export_review(masks, result, out, review_to)
    return result


def _judged(panel: Panel, rules: Rules, run: Map, failed: dict[str, str], say: Say) -> Iterator[JudgedCase]:
    """The cases, one after the other, judge by judge; those that may fail and do are added to `failed`."""
    count = 0
    for judge in panel.judges:
        rules = replace(rules, temperature=_temperature(judge) if panel.trust else None)
        for case, found in zip(judge.cases, run(partial(_try_case, rules, judge), judge.cases), strict=True):
            count += 1
            say(f"[{count}/{len(rules.masks.folders)}] {case}")
            if isinstance(found, JudgedCase):
                yield found
            elif panel.skip_faulty:
                failed[case] = str(found)
            else:
                raise found


def _temperature(judge: Judge) -> float:
    """Of the judge's probabilities, by clean cases that it did not learn from; 1 where there are none."""
    cases = next((list(cases) for cases in judge.clean.values() if cases), [])
    chosen = np.linspace(0, len(cases) - 1, min(_CALIBRATED, len(cases))).round().astype(int)
    return judge_temperature(judge.look(cases[place], CLEAN_LABELS) for place in chosen)


def _try_case(rules: Rules, judge: Judge, case: str) -> JudgedCase | DataError:
    try:
        return judge_case(rules, judge, case)
    except DataError as error:
        return error


def _ranked(rows: list[Row], key: str) -> list[Row]:
    """The rows by `key`, highest first, then in their own order, each with its place under "rank"."""
    return [{"rank": place, **row} for place, row in enumerate(sorted(rows, key=lambda row: -row[key]), 1)]
