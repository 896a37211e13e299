"""Train, val and test parts of labelled images, drawn a class at a time, never a group in two parts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from l2b_data.errors import ConfigError

_STREAM = 11  # a generator of its own, so that other draws from the same seed do not shift the split


@dataclass(frozen=True)
class SplitShares:
    """Shares of the images of every class that go to the parts val and test; the others train."""

    test: float = 0.2
    val: float = 0.0
    seed: int = 0

    def faults(self) -> list[str]:
        """What is wrong with it, a line each."""
        found = []
        if not 0 < self.test < 1:
            found.append(f"--test-fraction {self.test:g}: more than 0 and less than 1")
        if not 0 <= self.val < 1:
            found.append(f"--val-fraction {self.val:g}: at least 0 and less than 1")
        if not found and self.test + self.val >= 1:
            found.append(f"--test-fraction {self.test:g} and --val-fraction {self.val:g} leave nothing to train on")
        return found


def split_classes(labels: np.ndarray, groups: Sequence[str], shares: SplitShares) -> np.ndarray:
    """Labels (n,) and groups ("" for none) -> split (n,) str, a pure function of its arguments.

    A group counts for the class most of its images have (of several the lowest). In each class groups are drawn
    into test, then val, until the part holds its share of the class's images, rounded, or comes as close below it as
    whole groups allow; a class of at least two groups always trains on one. Raises ConfigError.
    """
    if faults := shares.faults():
        raise ConfigError("the split cannot be made:\n  " + "\n  ".join(faults))
    members: dict[str, list[int]] = {}
    for number, group in enumerate(groups):
        members.setdefault(f"group {group}" if group else f"image {number}", []).append(number)
    by_class: dict[int, list[list[int]]] = {}
    for inside in members.values():
        counts = Counter(labels[inside].tolist())
        by_class.setdefault(min(counts, key=lambda label: (-counts[label], label)), []).append(inside)
    split = np.full(len(labels), "train", dtype="<U5")
    for label, found in sorted(by_class.items()):
        rng = np.random.default_rng([shares.seed, _STREAM, label])
        free = [found[number] for number in rng.permutation(len(found))]
        total = sum(map(len, free))
        for part, share in (("test", shares.test), ("val", shares.val)):
            room = round(share * total)
            rest: list[list[int]] = []
            for inside in free:
                if len(inside) <= room and len(rest) + 1 < len(free):
                    split[inside] = part
                    room -= len(inside)
                else:
                    rest.append(inside)
            free = rest
    return split
