"""Names that tell of a patient: patient001_frame01 and patient001_frame02 in two parts of a split."""

import re
from collections import defaultdict
from collections.abc import Mapping

from l2b_data.files.shorten import first_names

REGEX = r"([^/]*\d[^/]*?)[_\- ]+[A-Za-z]*\d*(?:\.\w+)?$"
"""The name, or last part of a path, but its last word; a number must stand before that, so that a_1 ... a_9 are no
group."""

_LEAST_GROUPS, _MOST = 3, 0.5  # more than half of the cases are no patient, but a data set
_SHOWN = 3


def alike_in_parts(split_of: Mapping[str, str]) -> str | None:
    """What is to be said of a split, name -> part, that parts names of one patient; None where there are none such.

    Names are grouped by REGEX. Nothing is said where the groups are few or one of them holds most names: then the
    number before the last part is not a patient's.
    """
    groups: dict[str, list[str]] = defaultdict(list)
    for name in split_of:
        found = re.search(REGEX, name)
        groups[found[1] if found else name].append(name)
    several = [names for names in groups.values() if len(names) > 1]
    parted = [names for names in several if len({split_of[name] for name in names}) > 1]
    if not parted or len(groups) < _LEAST_GROUPS or max(map(len, several)) > _MOST * len(split_of):
        return None
    shown = first_names([" and ".join(_one_a_part(names, split_of)) for names in parted], _SHOWN)
    return (
        f"{len(parted)} of {len(groups)} groups of names stand in two parts: {shown}. Where they are of one patient, "
        f"prepare again with --group-regex '{REGEX}'"
    )


def _one_a_part(names: list[str], split_of: Mapping[str, str]) -> list[str]:
    """The first name of each part, with the part."""
    first: dict[str, str] = {}
    for name in names:
        first.setdefault(split_of[name], name)
    return [f"{name} ({part})" for part, name in first.items()]
