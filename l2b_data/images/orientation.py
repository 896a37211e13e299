"""How a stored volume is cut into slices and put together again: the order of its axes and their sense.

Rows and columns of a slice run along the positive LPS direction each is closest to: those of an axial slice to the
patient's back and to the left.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np

Three = tuple[int, int, int]


@dataclass(frozen=True, order=True)
class Cut:
    """Stored array (D, H, W) <-> slices, rows, columns.

    shape: of the stored array. order: the stored axis (0 is D) that becomes slices, rows, columns. flips: whether rows
    and columns are then turned round. The slices stay in the file's sequence: each is seen alone.
    """

    shape: Three
    order: Three = (0, 1, 2)
    flips: tuple[bool, bool] = (False, False)

    @property
    def sizes(self) -> Three:
        """How many slices, rows and columns there are."""
        slices, rows, columns = (self.shape[axis] for axis in self.order)
        return slices, rows, columns

    @property
    def unflipped(self) -> "Cut":
        """The same slices with rows and columns in the file's own sense."""
        return replace(self, flips=(False, False))

    def apply(self, array: np.ndarray) -> np.ndarray:
        """A stored array (..., D, H, W) as (..., slices, rows, columns), contiguous."""
        return np.ascontiguousarray(np.flip(_permuted(array, self.order), self._backwards))

    def undo(self, array: np.ndarray) -> np.ndarray:
        """Slices (..., slices, rows, columns) as they are stored, (..., D, H, W), contiguous."""
        inverse = (self.order.index(0), self.order.index(1), self.order.index(2))
        return np.ascontiguousarray(_permuted(np.flip(array, self._backwards), inverse))

    @property
    def _backwards(self) -> tuple[int, ...]:
        return tuple(axis for axis, turned in zip((-2, -1), self.flips, strict=True) if turned)

    def __str__(self) -> str:
        """In words, for messages: "32x48x6 with slices along x and y stored backwards"."""
        turned = ["zyx"[axis] for axis, flip in zip(self.order[1:], self.flips, strict=True) if flip]
        words = [f"slices along {'zyx'[self.order[0]]}"] if self.order[0] else []
        words += [f"{' and '.join(turned)} stored backwards"] if turned else []
        return "x".join(map(str, self.shape)) + (f" with {' and '.join(words)}" if words else "")


def cut_of(shape: Sequence[int], axes: str, plane: str | None = None) -> Cut:
    """The cut of an array (D, H, W) whose stored axes x, y, z run along `axes` ("LPS", "RAS", "PSR").

    plane: the lines that columns, rows and slices are to run along, of L, P and S each once ("LPS" is axial); None: the
    file's own, so that slices are cut along D. A single slice of another plane is taken as it is stored.
    """
    stored = lines(axes)
    wanted = plane if plane and (shape[0] > 1 or plane[2] == stored[2]) else stored
    slices, rows, columns = (2 - stored.index(line) for line in reversed(wanted))
    flips = (axes[2 - rows] not in wanted, axes[2 - columns] not in wanted)
    return Cut((shape[0], shape[1], shape[2]), (slices, rows, columns), flips)


def common_plane(axes: Iterable[str]) -> str | None:
    """The plane in which most files are stored, given where the axes of each run; of two alike the first, None of none.

    Files of one set are all cut in it, so that their slices show the same.
    """
    counted = Counter(map(lines, axes)).most_common(1)
    return counted[0][0] if counted else None


def lines(axes: str) -> str:
    """Axis letters without their sense: "RAS" and "LPS" are the same lines, "LPS"."""
    return axes.translate(str.maketrans("RAI", "LPS"))


def axis_letters(direction: Sequence[float]) -> str:
    """Where the stored axes x, y, z run, each by the letter of the way it is closest to: "LPS", "RAS", "PSR".

    direction: 9 numbers, row-major; column i is the unit vector of axis x, y, z in LPS. Each line is given once: of the
    six ways to share them out, the one with the largest sum of absolute cosines.
    """
    columns = np.reshape(direction, (3, 3)).T
    nearest = max(permutations(range(3)), key=lambda ways: sum(abs(columns[i, way]) for i, way in enumerate(ways)))
    return "".join("LPS"[way] if columns[i, way] >= 0 else "RAI"[way] for i, way in enumerate(nearest))


def _permuted(array: np.ndarray, order: Three) -> np.ndarray:
    """The last three axes in another order."""
    before = array.ndim - 3
    return array.transpose(*range(before), *(before + axis for axis in order))
