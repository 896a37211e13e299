"""Values of given masks (0 and 255, or 0, 3, 7) -> labels 0 ... n with names."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from l2b_data.errors import ConfigError, DataError
from l2b_data.files.shorten import few
from l2b_data.images.soft_mask import MaskValues, softness, two_values

BACKGROUND = "background"
_LARGEST = 2**31 - 1  # masks are written with at most 32 bits
_CUT = "Save black-and-white masks with soft edges cut by a threshold at half"
MAX_CLASSES = 64  # more values than this are no labels: an image, or a mask that was compressed


@dataclass(frozen=True)
class LabelValues:
    """names: label names, background first; the index is the label. sources: file value -> label.

    half: of masks with soft edges, above which a value stands for the larger of the two sources; None: as they are.
    """

    names: tuple[str, ...]
    sources: Mapping[int, int]
    half: float | None = None

    @property
    def labels(self) -> dict[str, int]:
        """Name -> label, as dataset.json holds it."""
        return {name: number for number, name in enumerate(self.names)}

    @property
    def values(self) -> list[int]:
        """The file value that stands for each label in masks written for the user: of several the lowest."""
        return [of[0] for of in self.record().values()]

    def unknown(self, values: np.ndarray) -> list[int]:
        """Those of `values` that have no label."""
        return [int(value) for value in values if int(value) not in self.sources]

    def relabel(self, array: np.ndarray) -> np.ndarray:
        """An array of file values -> labels, uint8, of the same shape. KeyError for a value without a label."""
        if self.half is not None:
            array = two_values(array, self.half, min(self.sources), max(self.sources))
        values, inverse = np.unique(array, return_inverse=True)
        table = np.array([self.sources[int(value)] for value in values], np.uint8)
        return table[inverse].reshape(array.shape)

    def record(self) -> dict[str, list[int]]:
        """Name -> file values, for dataset.json."""
        return {
            name: sorted(value for value, label in self.sources.items() if label == number)
            for number, name in enumerate(self.names)
        }


def parse_label_values(text: str) -> LabelValues:
    """`background=0,lesion=255`, or `background=0,gland=1+2` where several values are one class.

    Labels are numbered in the order given, background 0. Raises ConfigError, naming every faulty entry.
    """
    names, sources = list[str](), dict[int, int]()
    faults = []
    for entry in text.split(","):
        name, _, numbers = (part.strip() for part in entry.partition("="))
        try:
            values = [int(number) for number in numbers.split("+")]
        except ValueError:
            values = []
        if not name or not values:
            faults.append(f"{entry.strip()!r} is not NAME=VALUE or NAME=VALUE+VALUE")
            continue
        if name in names:
            faults.append(f"{name} stands twice")
        names.append(name)
        twice = sorted({value for value in values if value in sources or values.count(value) > 1})
        if twice:
            faults.append(f"the value {', '.join(map(str, twice))} stands twice")
        if beyond := [value for value in values if abs(value) > _LARGEST]:
            faults.append(f"the value {', '.join(map(str, beyond))} is beyond what a mask can hold")
        sources.update(dict.fromkeys(values, len(names) - 1))
    if names and names[0] != BACKGROUND:
        faults.append(f"{BACKGROUND} comes first")
    if len(names) < 2:
        faults.append("name background and at least one class")
    if faults:
        raise ConfigError(f"--label-values {text}: " + "; ".join(faults) + "; as in background=0,lesion=255")
    return LabelValues(tuple(names), sources)


def named_values(table: Mapping[str, int]) -> LabelValues:
    """Name -> file value, as a dataset.json has it; labels in ascending order of the values, 0 (background) first.

    Raises DataError where no class has the value 0, or none has another.
    """
    ordered = sorted(table, key=lambda name: table[name])
    if not ordered or table[ordered[0]] != 0 or len(set(table.values())) < len(table) or len(table) < 2:
        raise DataError(f"labels {dict(table)}: background must be 0, and each class have a value of its own above it")
    return LabelValues((BACKGROUND, *ordered[1:]), {table[name]: number for number, name in enumerate(ordered)})


def settle_label_values(found: Mapping[str, MaskValues], named: LabelValues | None) -> LabelValues:
    """The labels of the masks of one data set: `named`, or as `derive_label_values` finds them.

    Masks of two values with soft edges (resized with interpolation, or a jpg's noise) are cut at half. Raises DataError
    as `derive_label_values`, for values that `named` does not name, and where greys may be soft edges or labels.
    """
    values = {case: mask.values for case, mask in found.items()}
    kind = softness(found.values())
    if named is None and kind == "labels":
        return derive_label_values(values)
    held = np.unique(np.concatenate(list(values.values())))
    if named is None and kind == "unclear":
        raise DataError(
            f"the masks hold {len(held)} values, {held[0]} to {held[-1]}, in part along the edges of these two: soft "
            f"edges or classes? {_CUT}; name the values of classes with --label-values background=0,one=10,other=20"
        )
    chosen = named or derive_label_values({"all": held[[0, -1]]})
    if kind == "soft" and len(chosen.sources) == 2 and chosen.unknown(held):
        return replace(chosen, half=sum(chosen.sources) / 2)
    strange = {case.rpartition("/")[-1]: unknown for case, of in values.items() if (unknown := chosen.unknown(of))}
    if strange:
        lines = [f"{case}: {unknown_text(chosen, unknown)}" for case, unknown in strange.items()]
        raise DataError(f"values that are not named. {_CUT}:\n  " + "\n  ".join(lines))
    return chosen


def unknown_text(values: LabelValues, unknown: list[int]) -> str:
    """What a mask holds beside the named values, in words."""
    known = ", ".join(f"{name} {'+'.join(map(str, of))}" for name, of in values.record().items())
    return f"holds {few(list(map(str, unknown)), 8)}; named are {known}"


def derive_label_values(values: Mapping[str, np.ndarray]) -> LabelValues:
    """From the values of each case's mask: 0 is background, the others are numbered in ascending order.

    One foreground value is named "foreground", several "label_VALUE". Raises DataError where the values do not say what
    they mean: no 0, nothing but 0, negative ones (said is who holds them), more than MAX_CLASSES, or one foreground
    value a mask that is not the same in all of them (1 in some and 255 in others is one class as a rule, not two).
    """
    way_out = "name them with --label-values background=0,lesion=255"
    found = sorted({int(value) for case in values.values() for value in case})
    if len(found) > MAX_CLASSES + 1:
        raise DataError(
            f"the masks hold {len(found)} values, {found[0]} to {found[-1]}: no label maps. {_CUT}; else {way_out}"
        )
    if 0 not in found or found[0] < 0 or len(found) == 1:
        holder = {int(value): name for name, case in values.items() for value in case if value < 0}
        shown = ", ".join(f"{value} (in {holder[value]})" if value in holder else str(value) for value in found)
        raise DataError(f"the masks hold the values {shown}: which are background and which foreground? {way_out}")
    if len(found) > 2 and all(np.count_nonzero(case) <= 1 for case in values.values()):
        holders: dict[int, list[str]] = defaultdict(list)
        for name, case in values.items():
            for value in case[case != 0]:
                holders[int(value)].append(name.rpartition("/")[-1])
        shown = "; ".join(f"{value} in {len(names)} ({names[0]})" for value, names in sorted(holders.items()))
        raise DataError(
            f"each mask holds one foreground value, but not the same one: {shown}. One class stored in two ways: name "
            "it with --label-values background=0,lesion=1+255; several classes: name each"
        )
    names = ("foreground",) if len(found) == 2 else tuple(f"label_{value}" for value in found[1:])
    return LabelValues((BACKGROUND, *names), {value: number for number, value in enumerate(found)})
