"""Integrity of images and masks that are not prepared yet: the same findings as for a prepared data set."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from data_prep.own_cases.image_pairs import RawCase
from data_prep.own_cases.label_values import settle_label_values
from l2b_data.cases.check.between_cases import compare_cases
from l2b_data.cases.check.fault import Fault
from l2b_data.cases.check.one_case import CaseFacts, check_case
from l2b_data.errors import DataError
from l2b_data.images.image_files import IMAGE_SUFFIXES, file_suffix
from l2b_data.images.picture import JPEG_SUFFIXES
from l2b_data.images.soft_mask import MaskValues, mask_values, soft_text
from l2b_data.images.united_mask import read_united
from l2b_data.images.volume import Volume

_MANY = 5


def check_folder(
    cases: Mapping[str, RawCase], faults: Sequence[str], *, say: Callable[[str], None] = lambda line: None
) -> list[Fault]:
    """Faults and warnings of pairs found by `find_pairs`, and of what it could not pair. Each file is read once."""
    parts = (text.partition(": ") for text in faults)
    found = [Fault("missing", case, "-", message) for case, _, message in parts]
    facts, values = dict[str, CaseFacts](), dict[str, MaskValues]()

    def read_mask(path: Path) -> Volume:
        mask = read_united(path, raw.further)
        values[case] = mask_values(mask.array)
        return mask

    for number, (case, raw) in enumerate(cases.items(), 1):
        say(f"[{number}/{len(cases)}] {case}")
        if len({file_suffix(path) in IMAGE_SUFFIXES for path in (raw.images[0], raw.label)}) > 1:
            text = "one of image and mask is a picture and the other a volume"
            found.append(Fault("geometry", case, str(raw.label), text))
        more, fact = check_case(case, raw.images, raw.label, read_mask=read_mask)
        found += more
        if fact is not None:
            facts[case] = fact
    volumes = [case for case in facts if file_suffix(cases[case].images[0]) not in IMAGE_SUFFIXES]
    found += compare_cases(facts, in_mm=volumes)
    return found + _value_faults(values, cases)


def _rare_values(values: Mapping[str, np.ndarray], cases: Mapping[str, RawCase]) -> list[Fault]:
    """A foreground value that one of five masks or more holds, in which others have another: likely a typo."""
    holders = Counter(int(value) for case in values.values() for value in case if value != 0)
    if len(values) < _MANY or len(holders) < 2:
        return []
    rare = {value for value, count in holders.items() if count == 1}
    if len(rare) == len(holders):
        return []
    alone = f"as no other of {len(values)} masks"
    return [
        Fault("rare_value", case, str(cases[case].label), f"holds the value {value}, {alone}")
        for case, held in values.items()
        for value in sorted(rare & set(held.tolist()))
    ]


def _value_faults(values: Mapping[str, MaskValues], cases: Mapping[str, RawCase]) -> list[Fault]:
    if not values:
        return []
    try:
        settled = settle_label_values(values, None)
    except DataError as error:
        return [Fault("labels", None, "-", str(error))]
    jpgs = {case for case in values if file_suffix(cases[case].label) in JPEG_SUFFIXES}
    soft = {case for case, mask in values.items() if settled.half is not None and len(mask.greys)} | jpgs
    if soft:
        return [Fault("soft_mask", None, "-", soft_text(len(soft), len(values)))]
    return _rare_values({case: mask.values for case, mask in values.items()}, cases)
