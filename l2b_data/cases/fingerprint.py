"""What a data set looks like in numbers, from which training settings are derived."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

from l2b_data.errors import DataError

VERSION = 1
"""Raised when a number of it changes its meaning; another version's is measured anew."""

Box = tuple[float, float, float, float]
"""Top, bottom, left, right as shares of a slice's rows and columns."""


@dataclass(frozen=True)
class ClassFacts:
    """One class in the masks, given and clean ones.

    share: of all pixels. slices, cases: share of the slices and of the cases that show it. width: of its parts, twice
    area by outline: the width of a strip, the radius of a disc, as share of a slice's side; 0 where no mask shows it.
    box: what holds it.
    """

    share: float
    slices: float
    cases: float
    width: float
    box: Box


@dataclass(frozen=True)
class Fingerprint:
    """Numbers of the training and meta cases, in their plane of slicing.

    kind: "pictures" where every case is one slice. plane: see `slicing_plane`. cases, slices: that train; meta_cases,
    meta_slices: that are clean. foreground: share of the slices that show any class. rows, columns: of the median
    case. spacing: slices, rows, columns of the median case, in spacing_unit. intensities: of each channel the 1st, 50th
    and 99th percentile. box: what holds all classes.
    """

    kind: Literal["pictures", "volumes"]
    plane: str | None
    channels: int
    cases: int
    slices: int
    meta_cases: int
    meta_slices: int
    foreground: float
    rows: int
    columns: int
    spacing: tuple[float, float, float]
    spacing_unit: str
    intensities: list[tuple[float, float, float]]
    classes: dict[str, ClassFacts]
    box: Box

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON, with the version."""
        return {"version": VERSION, **asdict(self)}

    @classmethod
    def from_json(cls, values: Any) -> Self | None:
        """The fingerprint that dataset.json holds; None where there is none, or another version's.

        Raises DataError where it is damaged.
        """
        if not isinstance(values, Mapping) or values.get("version") != VERSION:
            return None
        known = {key: value for key, value in values.items() if key != "version"}
        try:
            classes = {name: ClassFacts(**facts) for name, facts in known.pop("classes").items()}
            return cls(**known, classes=classes)
        except (AttributeError, KeyError, TypeError) as error:
            raise DataError(
                f"dataset.json: its fingerprint is damaged ({error}); remove it: it is measured anew"
            ) from error
