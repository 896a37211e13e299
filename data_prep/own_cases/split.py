"""Which cases train, which are the clean meta cases, which test: named or drawn, never a group in two parts."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from l2b_data.errors import ConfigError, DataError
from l2b_data.files.shorten import first_names
from l2b_data.files.table import read_csv_rows

_SHOWN = 12
_TEST_STREAM, _META_STREAM = 3, 4  # generators of their own, so that one draw does not shift the other


@dataclass(frozen=True)
class SplitOptions:
    """What the user asks for. Named cases go where they are named; the others are drawn with `seed`.

    meta_cases: the cases whose masks the user vouches for; () draws `meta_count` of the cases left over by the test
    part. test_cases: () draws `test_fraction` of all cases, at least one.
    """

    meta_cases: tuple[str, ...] = ()
    meta_count: int = 3
    test_cases: tuple[str, ...] = ()
    test_fraction: float = 0.2
    seed: int = 0


def split_cases(
    cases: Sequence[str], options: SplitOptions, groups: Mapping[str, str] | None = None
) -> tuple[dict[str, list[str]], dict[str, Any]]:
    """Case ids -> ({"train", "meta", "test"}, how it was made). Each part sorted; a pure function of the arguments.

    groups: case -> group (patient, lesion), whole groups go to one part; a case without one is a group of its own.
    Drawn parts have the asked number of cases, or come as close below it as whole groups allow (at least one group).

    Raises ConfigError, with all that is wrong: options out of range, named cases that do not exist or stand in two
    parts, a named case without the rest of its group, and no case left to train on.
    """
    cases = sorted(cases)
    group_of = {case: (groups or {}).get(case, f"case {case}") for case in cases}
    named = {"meta": list(options.meta_cases), "test": list(options.test_cases)}
    faults = []
    if not 0 < options.test_fraction < 1:
        faults.append(f"--test-fraction {options.test_fraction:g}: more than 0 and less than 1")
    if options.meta_count < 0:
        faults.append(f"--meta-count {options.meta_count}: at least 0")
    if faults := faults + _named_faults(named, group_of):
        raise ConfigError("the split cannot be made:\n  " + "\n  ".join(faults))
    members: dict[str, list[str]] = defaultdict(list)
    for case in cases:
        members[group_of[case]].append(case)
    taken = {group_of[case] for part in named.values() for case in part}
    parts = dict(named)
    for part, count, stream in (
        ("test", max(1, round(options.test_fraction * len(cases))), _TEST_STREAM),
        ("meta", options.meta_count, _META_STREAM),
    ):
        if not named[part] and count:
            free = [group for group in members if group not in taken]
            drawn = _draw_groups(free, members, count, np.random.default_rng([options.seed, stream]))
            taken |= set(drawn)
            parts[part] = [case for group in drawn for case in members[group]]
    parts["train"] = [case for case in cases if group_of[case] not in taken]
    empty = [part for part in ("train", "test") if not parts[part]]
    if empty or (options.meta_count and not parts["meta"]):
        counts = ", ".join(f"{len(parts[part])} {part}" for part in ("train", "meta", "test"))
        raise ConfigError(
            f"{len(cases)} cases in {len(members)} groups give {counts} cases: lower --test-fraction or --meta-count, "
            "name the parts with --test-cases and --meta-cases, or bring more cases"
        )
    return {name: sorted(parts[name]) for name in ("train", "meta", "test")}, _how(options, parts, len(members))


def _draw_groups(free: list[str], members: Mapping[str, list[str]], count: int, rng: np.random.Generator) -> list[str]:
    """Groups in drawn order that fit into `count` cases together; the smallest one where none fits."""
    order = [free[index] for index in rng.permutation(len(free))]
    drawn: list[str] = []
    for group in order:
        if len(members[group]) <= count:
            drawn.append(group)
            count -= len(members[group])
    return drawn or sorted(order, key=lambda group: len(members[group]))[:1]


def _named_faults(named: Mapping[str, Sequence[str]], group_of: Mapping[str, str]) -> list[str]:
    faults = []
    for part, cases in named.items():
        if absent := sorted(set(cases) - group_of.keys()):
            there = first_names(sorted(group_of), _SHOWN)
            faults.append(f"--{part}-cases: no case {', '.join(absent)}; there are {there}")
        if twice := sorted(case for case in set(cases) if cases.count(case) > 1):
            faults.append(f"--{part}-cases: {first_names(twice, _SHOWN)} named twice")
        inside = {group_of[case] for case in cases if case in group_of}
        if rest := [case for case, group in group_of.items() if group in inside and case not in cases]:
            listed = first_names(rest, _SHOWN)
            faults.append(f"--{part}-cases: {listed} are of the same groups: name them as well, or none of them")
    if both := sorted(set(named["meta"]) & set(named["test"])):
        faults.append(f"{first_names(both, _SHOWN)} in --meta-cases and in --test-cases")
    return faults


def _how(options: SplitOptions, parts: Mapping[str, list[str]], groups: int) -> dict[str, Any]:
    cases = sum(len(part) for part in parts.values())
    drawn = f"{len(parts['meta'])} meta cases drawn" if options.meta_count else "no meta cases"
    if options.meta_count > len(parts["meta"]):
        drawn += f" (of {options.meta_count} asked for, as whole groups allow)"
    meta = "meta cases named" if options.meta_cases else drawn
    test = "test cases named" if options.test_cases else f"{options.test_fraction:g} of all cases drawn for testing"
    text = f"{meta}, {test}, seed {options.seed}"
    if groups < cases:
        text += f", {groups} groups kept together"
    return {"mode": "own", "seed": options.seed, "text": text}


def read_columns(path: Path, key: str, value: str, *, empty_value: bool = False) -> dict[str, str]:
    """Two columns of a .csv with a header line, as a table key -> value.

    With `empty_value` an empty value is kept as "" (a lesion nobody numbered). Raises DataError where it cannot be
    read, a column is missing, an entry is empty, or a key stands twice.
    """
    header, rows = read_csv_rows(path)
    if not rows or not {key, value} <= set(header):
        raise DataError(f"{path}: needs a header line with the columns {key} and {value}, and rows below it")
    table: dict[str, str] = {}
    faults = []
    places = header.index(key), header.index(value)
    for number, row in rows:
        case, group = (row[place].strip() if place < len(row) else "" for place in places)
        if not case or not (group or empty_value):
            faults.append(f"line {number}: {key} or {value} is empty")
        elif case in table:
            faults.append(f"line {number}: {case} stands twice")
        else:
            table[case] = group
    if faults:
        raise DataError(f"{path}:\n  " + "\n  ".join(faults))
    return table


def group_cases(cases: Sequence[str], *, file: Path | None, regex: str | None) -> tuple[dict[str, str], list[str]]:
    """Case id -> group from a .csv (case,group) or a regular expression; and the cases that have none, as faults.

    regex: the group is what its one bracket finds in the case id, as in "(.+)_slice" for the slices of a patient.
    Neither: no groups. Raises ConfigError for both, and where `regex` is no expression with one bracket; DataError for
    a .csv that cannot be read.
    """
    if file is not None and regex is not None:
        raise ConfigError("give either --groups or --group-regex")
    if file is not None:
        table = read_columns(file, "case", "group")
        return table, [f"{case}: no group in {file}" for case in cases if case not in table]
    if regex is None:
        return {}, []
    try:
        expression = re.compile(regex)
    except re.error as error:
        raise ConfigError(f"--group-regex {regex!r}: {error}") from error
    if expression.groups != 1:
        raise ConfigError(f"--group-regex {regex!r}: needs one pair of brackets around the part that names the group")
    found = {case: match.group(1) for case in cases if (match := expression.search(case)) and match.group(1)}
    return found, [f"{case}: --group-regex {regex!r} finds no group in it" for case in cases if case not in found]
