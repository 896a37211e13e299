"""ISIC 2019's tables and lists: which images there are, of which class, lesion and part of the split."""

from collections import Counter
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data_prep.own_cases.split import read_columns
from l2b_data.errors import DataError
from l2b_data.files.shorten import counted, first_lines, first_names
from l2b_data.files.table import read_csv_rows
from l2b_data.files.text_lines import read_lines

UNUSED = "UNK"
_SHOWN = 12

Say = Callable[[str], None]


@dataclass(frozen=True)
class IsicRows:
    """The images of the set, in the order of the table: ids, class numbers (n,), lesions ("" for none).

    classes: the names the numbers stand for. listed: each image's split by the lists; empty without lists.
    """

    cases: list[str]
    numbers: np.ndarray
    classes: list[str]
    lesions: list[str]
    listed: list[str]


def read_isic_rows(
    labels: Path,
    there: Container[str],
    *,
    lists: Mapping[str, Path] | None,
    metadata: Path | str | None,
    skip_absent: bool,
    say: Say,
) -> IsicRows:
    """The rows of the one-hot table `labels` whose image is `there` and, with lists (split -> file), in one of them.

    Raises DataError with all that is wrong in table and lists, entries without an image among it unless `skip_absent`;
    and for images that are not in `metadata`.
    """
    number_of, classes = read_one_hot(labels)
    absent, faults = list[str](), list[str]()
    cases = _present(list(number_of), there, labels, absent)
    split_of = {} if lists is None else _read_lists(lists, number_of, there, absent, faults)
    if absent and not skip_absent:
        faults += [*absent, "give all images, or leave entries without one out with --skip-absent"]
    if faults:
        raise DataError("labels and lists cannot be used:\n  " + "\n  ".join(faults))
    for line in absent:
        say(f"left out: {line}")
    lesion_of = _lesions(metadata, cases, say)
    if lists is not None:
        if outside := len(set(cases) - split_of.keys()):
            say(f"{counted(outside, 'image')} in no list, left out")
        cases = [case for case in cases if case in split_of]
    return IsicRows(
        cases,
        np.array([number_of[case] for case in cases], np.int64),
        classes,
        [lesion_of.get(case, "") for case in cases],
        [] if lists is None else [split_of[case] for case in cases],
    )


def read_one_hot(path: Path) -> tuple[dict[str, int], list[str]]:
    """Image id -> class number, and the classes: the columns after `image`, without UNK where it is empty.

    Raises DataError with every line that has not exactly one 1.0.
    """
    header, rows = read_csv_rows(path)
    if len(header) < 3 or header[0] != "image" or not rows:
        other = "; a table of image_id,dx, as HAM10000's, is read by `prepare folder --source IMAGES --table TABLE`"
        hint = other if "dx" in header else ""
        raise DataError(f"{path}: needs a header line image,MEL,NV,... and rows below it{hint}")
    number_of: dict[str, int] = {}
    faults = []
    for line, row in rows:
        try:
            values = [float(cell) for cell in row[1:]]
        except ValueError:
            values = []
        if len(values) != len(header) - 1 or sorted(values) != [0.0] * (len(header) - 2) + [1.0]:
            faults.append(f"line {line}: {','.join(row)[:80]!r} has not exactly one 1.0 in {len(header) - 1} columns")
        elif row[0] in number_of:
            faults.append(f"line {line}: {row[0]} stands twice")
        else:
            number_of[row[0]] = values.index(1.0)
    if faults:
        raise DataError(f"{path}:\n  " + "\n  ".join(first_lines(faults, _SHOWN)))
    classes = header[1:]
    if classes[-1] == UNUSED and len(classes) - 1 not in number_of.values():
        classes = classes[:-1]
    return number_of, classes


def _present(ids: list[str], there: Container[str], where: Path, absent: list[str]) -> list[str]:
    """The ids with an image; a line to `absent` about the others."""
    if missing := [case for case in ids if case not in there]:
        listed = first_names(missing, _SHOWN)
        absent.append(f"{where}: {len(missing)} of {len(ids)} entries have no image: {listed}")
    return [case for case in ids if case in there]


def _read_lists(
    lists: Mapping[str, Path], number_of: Mapping[str, int], there: Container[str], absent: list[str], faults: list[str]
) -> dict[str, str]:
    """Image id -> split, for those with an image; every entry must have a label and stand once, in one list."""
    split_of, seen = dict[str, str](), set[str]()
    for split, path in lists.items():
        try:
            ids = [case.removesuffix(".jpg") for line in read_lines(path) for case in line.split()]
        except DataError as error:
            faults.append(str(error))
            continue
        if twice := [case for case, count in Counter(ids).items() if count > 1 or case in seen]:
            faults.append(f"{path}: twice in it, or in another list as well: {first_names(twice, _SHOWN)}")
        if unknown := [case for case in ids if case in there and case not in number_of]:
            faults.append(f"{path}: {len(unknown)} entries without a label: {first_names(unknown, _SHOWN)}")
        seen.update(ids)
        split_of |= dict.fromkeys(_present(ids, there, path, absent), split)
    return split_of


def _lesions(metadata: Path | str | None, cases: list[str], say: Say) -> dict[str, str]:
    if metadata is None:
        say("warning: several images may show one lesion, and without --metadata stand in two parts of the split")
        return {}
    table = read_columns(Path(metadata), "image", "lesion_id", empty_value=True)
    if absent := [case for case in cases if case not in table]:
        raise DataError(f"{metadata}: {counted(len(absent), 'image')} not in it: {first_names(absent, _SHOWN)}")
    return table
