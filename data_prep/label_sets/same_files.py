"""Files of one content, which belong on one side of a split."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from l2b_data.files.hashing import sha256_file


def same_files(paths: Sequence[Path]) -> list[list[int]]:
    """Positions of the files that are the same byte for byte, a list of two or more each, in order."""
    by_size: dict[int, list[int]] = defaultdict(list)
    for position, path in enumerate(paths):
        by_size[path.stat().st_size].append(position)
    by_content: dict[str, list[int]] = defaultdict(list)
    for alike in by_size.values():
        for position in alike if len(alike) > 1 else ():
            by_content[sha256_file(paths[position])].append(position)
    return sorted(found for found in by_content.values() if len(found) > 1)


def joined(groups: Sequence[str], same: Sequence[Sequence[int]]) -> list[str]:
    """`groups` ("" for none) in which what is the `same` is of one group, whole groups together."""
    found = list(groups)
    for positions in same:
        names = {found[position] for position in positions} - {""}
        name = min(names, default=f"same as image {positions[0]}")
        if len(names) > 1:
            found = [name if group in names else group for group in found]
        for position in positions:
            found[position] = name
    return found
