"""One form for every image: a (D, H, W) array with spacing, origin and direction."""

from dataclasses import dataclass, replace

import numpy as np

from l2b_data.images.orientation import Cut, axis_letters, cut_of

IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True)
class Volume:
    """A scalar image on a regular grid.

    array: (D, H, W), axes z, y, x; a 2-D image has D = 1. spacing_mm: (z, y, x), all positive; 1 where the file has
    none, and then `spacing_known` is False. origin: (x, y, z) of the first voxel in mm, LPS. direction: 9 numbers,
    row-major as in ITK; column i is the unit vector of axis x, y, z. flat: the file has two axes, and is written so.
    unit: the file's own, a key of `units.MM`; a NIfTI is written in it. picture: a 2-D picture, which lies nowhere, so
    that its grid is its shape alone. notes: what of the file had to be
    interpreted, a phrase each, for the user to know.
    """

    array: np.ndarray
    spacing_mm: tuple[float, float, float] = (1.0, 1.0, 1.0)
    origin: tuple[float, float, float] = (0.0, 0.0, 0.0)
    direction: tuple[float, ...] = IDENTITY
    spacing_known: bool = True
    flat: bool = False
    unit: str = "mm"
    picture: bool = False
    notes: tuple[str, ...] = ()

    def same_grid(self, other: "Volume", tolerance_mm: float = 1e-3) -> list[str]:
        """What differs between the two grids, in words; an empty list where they are the same.

        tolerance_mm: of spacing and origin, and of a cosine; in files in micron it is that many microns.
        """
        faults = []
        if self.array.shape != other.array.shape:
            faults.append(f"shape {times(self.array.shape)} against {times(other.array.shape)}")
        if self.picture or other.picture:
            return faults
        tiny = "micron" in (self.unit, other.unit)
        for name in ("spacing_mm", "origin", "direction"):
            mine, theirs = getattr(self, name), getattr(other, name)
            scale = 0.001 if tiny and name != "direction" else 1.0
            if not np.allclose(mine, theirs, rtol=0, atol=tolerance_mm * scale):
                differ = name == "direction" and self.axes != other.axes
                turned = f" (axes {self.axes} against {other.axes})" if differ else ""
                faults.append(f"{name} {numbers(mine)} against {numbers(theirs)}{turned}")
        return faults

    @property
    def axes(self) -> str:
        """Where the stored axes x, y, z run, see `axis_letters`."""
        return axis_letters(self.direction)

    def cut(self, plane: str | None = None) -> Cut:
        """How it is cut into slices, see `cut_of`."""
        return cut_of(self.array.shape, self.axes, plane)

    def with_array(self, array: np.ndarray) -> "Volume":
        """Another array, (D, H, W) of the same shape, on this grid."""
        if array.shape != self.array.shape:
            raise ValueError(f"array of shape {array.shape} on a grid of shape {self.array.shape}")
        return replace(self, array=array)


def times(shape: tuple[int, ...]) -> str:
    """A shape in words, "4x32x36"."""
    return "x".join(map(str, shape))


def numbers(values: tuple[float, ...]) -> str:
    """Numbers in words, "(3, 0.5, 0.5)"."""
    return "(" + ", ".join(f"{value:.6g}" for value in values) + ")"
