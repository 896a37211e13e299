"""Masks that are not likely what they should be: of two images, of everything, or far from the others."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from l2b_data.cases.check.fault import Fault
from l2b_data.cases.check.one_case import CaseFacts
from l2b_data.files.shorten import first_names

ALL = 0.99  # of the image
BORDER = 0.9  # of the border of its slices; of 36 prostates none covers as much, of 7,020 lesions 3
_ENOUGH = 8  # masks from which on a median means something
_FACTOR, _OFF = 5.0, 0.2  # a size unlike the others' is 5 times theirs; a place, a fifth of the image off
_SPREADS = 6.0  # robust standard deviations
_SHOWN = 5


def compare_masks(facts: Mapping[str, CaseFacts]) -> list[Fault]:
    """Warnings of masks: one for several images, whole ones, and those far from the others in place or size."""
    masks = {case: fact.mask for case, fact in facts.items() if fact.mask is not None}
    whole = {
        case: f"covers {mask.share:.1%} of its image" + f", {mask.border:.0%} of its border" * (mask.border >= BORDER)
        for case, mask in masks.items()
        if mask.share >= ALL or mask.border >= BORDER
    }
    return [
        *_one_for_several(facts),
        *_told("whole_image", whole, facts, "foreground and background may be exchanged"),
        *_told("unlike_mask", _far(facts), facts, "its image's mask?"),
    ]


def _one_for_several(facts: Mapping[str, CaseFacts]) -> list[Fault]:
    cases: dict[str, list[str]] = defaultdict(list)
    for case, fact in facts.items():
        if fact.mask is not None and fact.mask.share < 1:
            cases[fact.mask.content].append(case)
    return [
        Fault("same_mask", same[0], facts[same[0]].path, f"one mask for several images: {first_names(same, _SHOWN)}")
        for same in cases.values()
        if len({facts[case].content for case in same}) > 1
    ]


def _told(kind: str, found: Mapping[str, str], facts: Mapping[str, CaseFacts], hint: str) -> list[Fault]:
    """A warning a case; of more than a few one for all."""
    if len(found) <= _SHOWN:
        return [Fault(kind, case, facts[case].path, f"its mask {text}: {hint}") for case, text in found.items()]
    first = next(iter(found))
    text = f"{len(found)} of {len(facts)} masks, such as this one, which {found[first]}: {hint}"
    return [Fault(kind, first, facts[first].path, f"{text} ({first_names(list(found), _SHOWN)})")]


def _far(facts: Mapping[str, CaseFacts]) -> dict[str, str]:
    masks = {case: fact.mask for case, fact in facts.items() if fact.mask is not None}
    if len(masks) < _ENOUGH:
        return {}
    in_mm = all(facts[case].spacing_known for case in masks)
    sizes = np.array([mask.size_mm3 if in_mm else mask.share for mask in masks.values()])
    places = np.array([mask.place for mask in masks.values()])
    usual, middle = float(np.median(sizes)), np.median(places, 0)
    other_size = _beyond(np.log(sizes / usual), np.log(_FACTOR))
    elsewhere = np.any(_beyond(places - middle, _OFF), axis=1)
    found = {}
    for number, case in enumerate(masks):
        texts = []
        if other_size[number]:
            unit = "mm3" if in_mm else "of the image"
            texts.append(f"has a size of {sizes[number]:.3g} {unit}, in the middle of all {usual:.3g}")
        if elsewhere[number]:
            texts.append(f"lies at {_place(places[number])} of its slices, in the middle of all {_place(middle)}")
        if texts:
            found[case] = " and ".join(texts)
    return found


def _beyond(off: np.ndarray, least: float) -> np.ndarray:
    """Where deviations from a median (n, ...) are more than `least` and than what is usual among them, bool."""
    spread = 1.4826 * np.median(np.abs(off), 0)
    return np.asarray(np.abs(off) > np.maximum(_SPREADS * spread, least))


def _place(place: Sequence[float]) -> str:
    return f"{place[0]:.0%} down, {place[1]:.0%} across"
