"""Every label's log odds of being wrong, from the judges and all findings, and what else the picture may show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from l2b_cls.audit.calibrate import Calibration, calibrate, draw_wrong
from l2b_cls.audit.findings.blocks import Block, find_blocks
from l2b_cls.audit.findings.contradictions import Columns, read_columns
from l2b_cls.audit.findings.outliers import LISTED_FROM
from l2b_cls.audit.findings.pairs import Confusions, confusions

_FLOOR = 1e-7  # probabilities below it are rounding of float32
_BLOCK = 0.8  # of a block at most so many labels are taken to be wrong: its ends are not known to the file
_SURE = 0.8  # of a picture like nothing else the label is wrong with this probability: the judges may know it


@dataclass(frozen=True)
class Evidence:
    """What is known of n labels. probabilities: (n, K). given: (n,). clean_probabilities, clean: (m, K), (m,), of
    samples whose label is known to be right; m may be 0. same, copy_of: (n,), numbers that pictures of equal pixels
    share, and copies.
    alone: (n,), probability of being like nothing else. order: (n,) numbers of the files. groups: (n,), "" for none.
    columns: further label columns (n,), -1 for none."""

    probabilities: np.ndarray = field(repr=False)
    given: np.ndarray = field(repr=False)
    clean_probabilities: np.ndarray = field(repr=False)
    clean: np.ndarray = field(repr=False)
    same: np.ndarray = field(repr=False)
    copy_of: np.ndarray = field(repr=False)
    alone: np.ndarray = field(repr=False)
    order: np.ndarray = field(repr=False)
    groups: Sequence[str] = field(repr=False)
    columns: Mapping[str, np.ndarray] = field(repr=False)


@dataclass(frozen=True)
class Verdict:
    """log_odds: (n,), of the given label being wrong. joint: (n, K), what each class has for it, rows sum to 1.
    clean_joint: (m, K), the same of clean samples under their labels. conflicts: positions of copies with several
    labels, a group each. reasons: (n,) str, which findings speak against the label, in REASONS' words."""

    log_odds: np.ndarray = field(repr=False)
    joint: np.ndarray = field(repr=False)
    clean_joint: np.ndarray = field(repr=False)
    confusions: Confusions
    calibration: Calibration
    blocks: list[Block]
    conflicts: list[np.ndarray]
    columns: Columns
    reasons: np.ndarray = field(repr=False)


REASONS = {
    "block": "it lies in a run of files, or a group, whose labels look worse than those of their classes",
    "copies": "the same picture is there under another label",
    "outlier": "the picture is like nothing else in the set",
    "pair": "its class is given for the likely one more often than the judges confuse them",
    "columns": "another label column contradicts it",
}


def weigh(of: Evidence) -> Verdict:
    """Put the evidence together, as log odds.

    Where nothing else is found the order is that of the loss of the given label under `probabilities`: class k has
    p_k T[k, g], with T of `confusions`, whose noise hits all classes alike but for the pairs that stand out. Other
    columns multiply it by their likelihood. In a block the odds of a wrong label are those of its share of wrong
    labels. Copies with several labels are one picture that was labelled several times: p_k is their mean, and T of
    every label counts; those of them that are then more likely right than wrong keep their odds. A picture like
    nothing else is a further cause, beside the others: 1 - (1 - P)(1 - P').
    """
    found = confusions(of.probabilities, of.given, of.clean_probabilities, of.clean)
    joint = _logs(of.probabilities) + np.log(found.transition[:, of.given].T)
    drawn = draw_wrong(of.probabilities)
    of_drawn = _log_odds(_logs(of.probabilities) + np.log(found.transition[:, drawn].T), drawn)
    calibration = calibrate(_log_odds(joint, of.given), of_drawn)
    joint = _calibrated(joint, of.given, calibration)
    columns = read_columns(of.columns, of.given, np.exp(joint - joint.max(1, keepdims=True)))
    joint += columns.log_likelihood
    usual = _logit(calibration.wrong)
    blocks = find_blocks(_log_odds(joint, of.given) - usual, of.given, of.order, of.groups)
    for block in blocks:
        joint[block.members, of.given[block.members]] -= max(_logit(min(block.wrong, _BLOCK)) - usual, 0)
    conflicts = _conflicts(of.copy_of, of.given)
    for members in conflicts:
        shown = calibration.slope * _logs(of.probabilities[members]).mean(0) + columns.log_likelihood[members].mean(0)
        shown += np.log(found.transition[:, of.given[members]]).sum(1)
        doubted = members[_log_odds(np.tile(shown, (len(members), 1)), of.given[members]) > 0]
        joint[doubted] = shown
    alone = _SURE * of.alone
    log_odds = _log_odds(joint, of.given)
    log_odds = np.logaddexp(log_odds, np.log(np.maximum(alone / (1 - alone), 1e-300)) + np.logaddexp(0, log_odds))
    clean_joint = _logs(of.clean_probabilities) + np.log(found.transition[:, of.clean].T)
    return Verdict(
        log_odds,
        _normalised(joint),
        _normalised(_calibrated(clean_joint, of.clean, calibration)),
        found,
        calibration,
        blocks,
        conflicts,
        columns,
        _reasons(of, joint, found, blocks, conflicts, columns),
    )


def _logs(probabilities: np.ndarray) -> np.ndarray:
    return np.asarray(np.log(np.clip(probabilities, _FLOOR, 1)))


def _log_odds(joint: np.ndarray, given: np.ndarray) -> np.ndarray:
    """(n,): what the other classes have together, over what the given one has; joint: (n, K) logarithms."""
    own = np.take_along_axis(joint, given[:, None], 1)[:, 0]
    return _of_others(joint, given) - own


def _of_others(joint: np.ndarray, given: np.ndarray) -> np.ndarray:
    others = joint.copy()
    np.put_along_axis(others, given[:, None], -np.inf, 1)
    return np.asarray(np.logaddexp.reduce(others, axis=1))


def _calibrated(joint: np.ndarray, given: np.ndarray, calibration: Calibration) -> np.ndarray:
    """The logarithms (n, K) with calibrated log odds of the given label, 0 for it, shared by the others as sharply."""
    sharp = calibration.slope * joint
    found = sharp - _of_others(sharp, given)[:, None] + calibration(_log_odds(joint, given))[:, None]
    np.put_along_axis(found, given[:, None], 0, 1)
    return np.asarray(found)


def _normalised(joint: np.ndarray) -> np.ndarray:
    return np.asarray(np.exp(joint - np.logaddexp.reduce(joint, axis=1)[:, None]))


def _logit(share: float) -> float:
    share = float(np.clip(share, 0.01, 0.99))
    return float(np.log(share / (1 - share)))


def _conflicts(copy_of: np.ndarray, given: np.ndarray) -> list[np.ndarray]:
    """Positions of the copies of one picture, ascending, for every picture that has several labels."""
    order = np.argsort(copy_of, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(copy_of[order])) + 1) if len(order) else []
    return [members for members in groups if len(set(given[members].tolist())) > 1]


def _reasons(
    of: Evidence,
    joint: np.ndarray,
    found: Confusions,
    blocks: Sequence[Block],
    conflicts: Sequence[np.ndarray],
    columns: Columns,
) -> np.ndarray:
    count, likeliest = len(of.given), joint.argmax(1)
    pairs = set(found.pairs)
    speak = {name: np.zeros(count, bool) for name in REASONS}
    for block in blocks:
        speak["block"][block.members] = True
    for members in conflicts:
        speak["copies"][members] = True
    speak["outlier"] = of.alone >= LISTED_FROM
    speak["pair"] = np.array([pair in pairs for pair in zip(likeliest.tolist(), of.given.tolist(), strict=True)], bool)
    speak["columns"] = columns.contradicted(of.given)
    return np.array(["; ".join(name for name in REASONS if speak[name][place]) for place in range(count)], object)
