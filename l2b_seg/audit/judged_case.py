"""Everything an audit says of one case, from the look of its judge."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from l2b_seg.audit import evidence, regions
from l2b_seg.audit.baselines import add_baselines
from l2b_seg.audit.judges.judge import Judge
from l2b_seg.audit.judges.trust import write_trust
from l2b_seg.audit.masks import AuditedMasks
from l2b_seg.audit.mistakes.signs import Signs, signs_of
from l2b_seg.audit.review.proposals import write_proposal

Row = dict[str, Any]


@dataclass(frozen=True)
class Rules:
    """What is the same for all cases of an audit.

    out: folder of the results. usual: `usual_shares` of the classes. usable: label values of the classes that count in
    a score. temperature: of the judge's probabilities, for trust maps; None: none are written.
    """

    masks: AuditedMasks
    out: Path
    usual: list[float]
    usable: tuple[int, ...]
    temperature: float | None = None


@dataclass(frozen=True)
class JudgedCase:
    """The rows of a case, of its slices and of the regions in dispute, and the signs of mistakes in its mask."""

    case: Row
    slices: list[Row]
    regions: list[Row]
    signs: Signs


def judge_case(rules: Rules, judge: Judge, case: str) -> JudgedCase:
    """Look at a case, write its proposal and give its rows, without ranks. Raises DataError as the look does."""
    masks = rules.masks
    seen = judge.look(case, masks.folders[case])
    signs = signs_of(seen, rules.usable, len(masks.dataset.classes))
    slices = evidence.slice_rows(seen, judge.fold, rules.usual, rules.usable)
    row = evidence.case_row(seen, signs.disagreement, judge.fold)
    row |= {"part": masks.parts[case], "in_sample": case in judge.learnt}
    add_baselines(seen, row, slices)
    least = min((share for share in rules.usual if share), default=0.0)
    areas = regions.regions_of(seen, least, tuple(masks.dataset.classes))
    write_proposal(rules.out, seen, masks.dataset.values)
    if rules.temperature is not None and case not in judge.learnt:
        write_trust(rules.out, seen, rules.temperature)
    return JudgedCase(row, slices, areas, signs)
