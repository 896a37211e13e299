"""Integrity of a prepared set: every fault found, each with its kind and image."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from l2b_data.errors import DataError
from l2b_data.files.alike_names import alike_in_parts
from l2b_data.files.shorten import few
from l2b_data.samples.alike_classes import alike_classes, alike_text
from l2b_data.samples.fault import Fault
from l2b_data.samples.image_set import ImageSet, examine_image_set
from l2b_data.samples.label_table import ABSENT, META, PARTS

FEW_IMAGES = 10
"""Training images below which a class is warned of: a meta set drawn from them leaves next to nothing to train on."""

_BLOCK = 256
_SHOWN = 5

Say = Callable[[str], None]


def check_image_set(
    root: Path | str, *, max_images: int | None = None, say: Say = lambda line: None
) -> tuple[ImageSet | None, list[Fault]]:
    """The set (None where it cannot be opened) and all faults and warnings; an empty list where it is sound.

    Every image is read once, or `max_images` of them, evenly spread: then duplicates among the others are not seen.
    `say` takes progress lines. Raises DataError where `root` is no folder.
    """
    image_set, faults = examine_image_set(root)
    if image_set is None:
        return None, [Fault("format", None, text) for text in faults]
    empty = [split for split in ("train", "test") if not len(image_set.indices(split))]
    found = [Fault("empty_split", None, f"no image of split {split}") for split in empty]
    found += _class_faults(image_set) + _group_faults(image_set)
    if not any(image_set.groups) and (text := alike_in_parts(dict(zip(image_set.names, image_set.split, strict=True)))):
        found.append(Fault("alike_ids", None, text))
    found += [
        Fault("name", name, f"stands {count} times in labels.csv")
        for name, count in Counter(image_set.names).items()
        if count > 1
    ]
    found += _label_set_faults(image_set)
    return image_set, found + _image_faults(image_set, max_images, say)


def class_counts(image_set: ImageSet) -> dict[str, dict[str, int]]:
    """Class name -> split -> number of images, for the splits that hold any."""
    numbers = {split: image_set.indices(split) for split in PARTS}
    classes, labels = image_set.classes, image_set.labels
    counts = {of: np.bincount(labels[index], minlength=len(classes)) for of, index in numbers.items() if len(index)}
    return {name: {split: int(of[number]) for split, of in counts.items()} for number, name in enumerate(classes)}


def _class_faults(image_set: ImageSet) -> list[Fault]:
    found = [Fault("alike_classes", None, alike_text(names)) for names in alike_classes(image_set.classes)]
    for name, counts in class_counts(image_set).items():
        train = counts.get("train", 0)
        if not train:
            found.append(Fault("absent_class", None, f"class {name} has no training image"))
        elif train < FEW_IMAGES:
            found.append(Fault("few_images", None, f"class {name} has {train} training images"))
        if not counts.get("test", 1):
            found.append(Fault("few_images", None, f"class {name} has no test image: nothing is said about it"))
        if not counts.get(META, 1):
            found.append(Fault("few_images", None, f"class {name} has no image in split {META}: no clean sample of it"))
    return found


def _group_faults(image_set: ImageSet) -> list[Fault]:
    members: dict[str, list[int]] = defaultdict(list)
    for number, group in enumerate(image_set.groups):
        if group:
            members[group].append(number)
    return [
        Fault("leakage", image_set.names[numbers[0]], f"group {group} stands in {_places(image_set, numbers)}")
        for group, numbers in members.items()
        if len(set(image_set.split[numbers].tolist())) > 1
    ]


def _label_set_faults(image_set: ImageSet) -> list[Fault]:
    train = image_set.indices("train")
    found = []
    for name, labels in image_set.given.items():
        if len(train) and (absent := int((labels[train] == ABSENT).sum())):
            text = f"{name} has no label for {absent:,} of {len(train):,} training images"
            found.append(Fault("label_set", None, text))
    return found


def _image_faults(image_set: ImageSet, max_images: int | None, say: Say) -> list[Fault]:
    found = []
    members: dict[bytes, list[int]] = defaultdict(list)
    count = min(len(image_set), max_images or len(image_set))
    index = np.linspace(0, len(image_set) - 1, count).astype(np.int64)
    for number, image in _images(image_set, index, say):
        name = image_set.names[number]
        if isinstance(image, DataError):
            found.append(Fault("unreadable", name, str(image)))
            continue
        if image.min() == image.max():
            found.append(Fault("constant_image", name, f"has the value {image.flat[0]} throughout"))
        members[hashlib.blake2b(image.tobytes(), digest_size=16).digest()].append(number)
    return found + _duplicate_faults(image_set, members)


def _images(image_set: ImageSet, index: np.ndarray, say: Say) -> Iterator[tuple[int, np.ndarray | DataError]]:
    for start in range(0, len(index), _BLOCK):
        block = index[start : start + _BLOCK]
        try:
            yield from zip(block.tolist(), image_set.images(block), strict=True)
        except DataError:  # one of the block's files: ask for them one at a time
            for number in block.tolist():
                try:
                    yield number, image_set.images([number])[0]
                except DataError as error:
                    yield number, error
        say(f"[{start + len(block)}/{len(index)}] images")


def _duplicate_faults(image_set: ImageSet, members: Mapping[bytes, list[int]]) -> list[Fault]:
    found = []
    for numbers in members.values():
        if len(numbers) == 1:
            continue
        name, others = image_set.names[numbers[0]], [image_set.names[number] for number in numbers[1:]]
        same = f"same pixels as {few(others, _SHOWN)}"
        if len(set(image_set.split[numbers].tolist())) > 1:
            found.append(Fault("leakage", name, f"{same}: stands in {_places(image_set, numbers)}"))
        elif len(labels := sorted(set(image_set.labels[numbers].tolist()))) > 1:
            named = " and ".join(image_set.classes[label] for label in labels)
            found.append(Fault("contradiction", name, f"{same}, labelled {named}"))
        else:
            found.append(Fault("duplicate", name, same))
    return found


def _places(image_set: ImageSet, numbers: Sequence[int]) -> str:
    counts = Counter(image_set.split[list(numbers)].tolist())
    return " and ".join(f"{split} ({counts[split]})" for split in PARTS if counts[split])
