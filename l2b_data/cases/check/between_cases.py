"""Faults between cases: duplicates, leakage between splits, cases unlike the others."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

import numpy as np

from l2b_data.cases.check.fault import Fault
from l2b_data.cases.check.one_case import CaseFacts
from l2b_data.cases.check.unlike_masks import compare_masks
from l2b_data.files.alike_names import alike_in_parts
from l2b_data.files.shorten import first_names
from l2b_data.images.orientation import common_plane, cut_of, lines

T = TypeVar("T", int, str)

SPACING_FACTOR = 3.0  # thin-slice and thick-slice series of one protocol stay below it, mm against cm or 1 do not
SIZE_FACTOR = 4.0
THICK = 2.0  # in-plane pixels of scanners are square, or nearly
_ENOUGH = 4  # cases from which on a median means something


def compare_cases(
    facts: Mapping[str, CaseFacts],
    *,
    split_of: Mapping[str, str] | None = None,
    groups: Mapping[str, str] | None = None,
    in_mm: Collection[str] = (),
) -> list[Fault]:
    """Faults and warnings between cases. split_of and groups: case -> part, case -> patient or lesion.

    in_mm: cases in which distances are to be counted in mm, so that a file without spacing is worth a warning.
    """
    plane = common_plane(fact.axes for fact in facts.values())
    far = _far_off({case: _cut(fact, fact.shape, plane)[1:] for case, fact in facts.items()}, SIZE_FACTOR)
    return [
        *_channel_faults(facts),
        *_same_content(facts, split_of or {}),
        *group_leakage(split_of or {}, groups or {}),
        *([] if groups else _alike_ids(split_of or {})),
        *compare_masks(facts),
        *_orientation_warnings(facts, plane),
        *_thick_axis(facts, plane),
        *_spacing_warnings(facts, in_mm, plane),
        *(Fault("size", case, facts[case].path, f"slices of {text} pixels") for case, text in far),
    ]


def group_leakage(split_of: Mapping[str, str], groups: Mapping[str, str]) -> list[Fault]:
    """A fault for each group (patient, lesion) whose cases stand in several splits."""
    members: dict[str, list[str]] = defaultdict(list)
    for case in split_of:
        if case in groups:
            members[groups[case]].append(case)
    return [
        Fault("leakage", cases[0], "splits.json", f"group {group} stands in {_with_splits(cases, split_of)}")
        for group, cases in members.items()
        if len({split_of[case] for case in cases}) > 1
    ]


def _alike_ids(split_of: Mapping[str, str]) -> list[Fault]:
    """A warning where names tell of patients whose cases stand in several parts, and nobody gave groups."""
    text = alike_in_parts(split_of)
    return [Fault("alike_ids", None, "splits.json", text)] if text else []


def _with_splits(cases: list[str], split_of: Mapping[str, str]) -> str:
    return ", ".join(f"{case} ({split_of[case]})" if case in split_of else case for case in cases)


def _same_content(facts: Mapping[str, CaseFacts], split_of: Mapping[str, str]) -> list[Fault]:
    contents: dict[str, list[str]] = defaultdict(list)
    for case, fact in facts.items():
        contents[fact.content].append(case)
    faults = []
    for cases in contents.values():
        if len(cases) > 1:
            kind = "leakage" if len({split_of.get(case) for case in cases}) > 1 else "duplicate"
            message = f"the same image in {_with_splits(cases, split_of)}"
            faults.append(Fault(kind, cases[0], facts[cases[0]].path, message))
    return faults


def _channel_faults(facts: Mapping[str, CaseFacts]) -> list[Fault]:
    usual = _most_common([fact.channels for fact in facts.values()])
    return [
        Fault("count", case, fact.path, f"{fact.channels} channels where most cases have {usual}")
        for case, fact in facts.items()
        if fact.channels != usual
    ]


def _orientation_warnings(facts: Mapping[str, CaseFacts], plane: str | None) -> list[Fault]:
    usual = _most_common([fact.axes for fact in facts.values() if lines(fact.axes) == plane])
    warnings = []
    for case, fact in facts.items():
        if usual is None or fact.axes == usual:
            continue
        effect = f"brought to {plane} to be cut into slices"
        if lines(fact.axes) == plane:
            effect = "stored mirrored, and turned round when read"
        warnings.append(Fault("orientation", case, fact.path, f"axes run {fact.axes}, in most cases {usual}: {effect}"))
    return warnings


def _spacing_warnings(facts: Mapping[str, CaseFacts], in_mm: Collection[str], plane: str | None) -> list[Fault]:
    message = "has no spacing; 1 1 1 mm is taken, and distances in mm mean nothing"
    warnings = [
        Fault("spacing", case, fact.path, message)
        for case, fact in facts.items()
        if case in in_mm and not fact.spacing_known
    ]
    known = {case: _cut(fact, fact.spacing_mm, plane) for case, fact in facts.items() if fact.spacing_known}
    for case, text in _far_off(known, SPACING_FACTOR):
        warnings.append(Fault("spacing", case, facts[case].path, f"spacing {text} mm (z, y, x)"))
    return warnings


def _thick_axis(facts: Mapping[str, CaseFacts], plane: str | None) -> list[Fault]:
    """A warning where slices, as they would be cut, have one side far coarser than the other."""
    thick = []
    for case, fact in facts.items():
        _, rows, columns = _cut(fact, fact.spacing_mm, plane)
        if fact.spacing_known and fact.shape[0] > 1 and max(rows, columns) >= THICK * min(rows, columns):
            thick.append((case, rows, columns))
    if not thick or plane is None:
        return []
    case, rows, columns = thick[0]
    across = plane[1] if rows > columns else plane[0]
    better = {"S": "LPS", "P": "LSP", "L": "PSL"}[across]
    listed = first_names([one for one, *_ in thick], 5)
    text = (
        f"slices are cut with pixels of {rows:.3g} x {columns:.3g} mm ({listed}): the "
        f"coarse axis is the scanner's slices as a rule; `train --set slices.plane={better}` cuts across it"
    )
    return [Fault("plane", case, facts[case].path, text)]


def _cut(fact: CaseFacts, numbers: Sequence[float], plane: str | None) -> np.ndarray:
    """What a case has along its stored axes D, H, W, along slices, rows and columns; float."""
    return np.array([numbers[axis] for axis in cut_of(fact.shape, fact.axes, plane).order], float)


def _far_off(values: Mapping[str, np.ndarray], factor: float) -> list[tuple[str, str]]:
    """Cases whose numbers are `factor` times more or less than the median, with both in words."""
    if len(values) < _ENOUGH:
        return []
    median = np.median(list(values.values()), axis=0)
    far = []
    for case, value in values.items():
        if (np.abs(np.log(value / median)) > np.log(factor)).any():
            shown = [" x ".join(f"{number:g}" for number in numbers) for numbers in (value, median)]
            far.append((case, f"{shown[0]}, in the middle of all cases {shown[1]}"))
    return far


def _most_common(values: list[T]) -> T | None:
    return Counter(values).most_common(1)[0][0] if values else None
