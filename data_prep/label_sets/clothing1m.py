"""Clothing1M (Xiao et al. 2015): key lists and label files as published -> prepared set over the image files."""

import os
from collections.abc import Callable
from pathlib import Path

from l2b_data.errors import ConfigError, DataError
from l2b_data.files.shorten import first_names
from l2b_data.files.text_lines import read_lines
from l2b_data.samples.image_set import ImageSet
from l2b_data.samples.write_image_set import PictureFiles, require_free, write_image_set

CLASSES = (
    *("T-Shirt", "Shirt", "Knitwear", "Chiffon", "Sweater", "Hoodie", "Windbreaker"),
    *("Jacket", "Downcoat", "Suit", "Shawl", "Dress", "Vest", "Underwear"),
)
PARTS = {
    "train": ("noisy_train_key_list.txt", "noisy_label_kv.txt"),
    "val": ("clean_val_key_list.txt", "clean_label_kv.txt"),
    "test": ("clean_test_key_list.txt", "clean_label_kv.txt"),
}
"""Split -> its key list, and where its labels stand: those of train are noisy, their true ones are not known."""

_PREFIX = "images/"
_SHOWN = 5

Say = Callable[[str], None]


def prepare_clothing1m(
    source: Path | str, out: Path | str, *, size: int = 256, skip_absent: bool = False, say: Say = lambda line: None
) -> ImageSet:
    """The published folder (the .txt files and images/) -> prepared set `out` that reads the images where they are.

    Images are given as `size` x `size`: the shorter side scaled to it, the middle cut out (published training crops
    224 x 224 from anywhere in the scaled image; here from its middle square). skip_absent: keys without a file are
    counted and left out.

    Raises ConfigError (`out` taken, size) and DataError with all that is wrong in the five files: lines that are no
    "images/PATH.jpg label", labels out of 0 to 13, keys twice or without a label, keys without a file.
    """
    source, out = Path(source), Path(out)
    require_free(out)
    if not 8 <= size <= 4096:
        raise ConfigError(f"--size {size}: 8 to 4096 pixels")
    beside = {name: source / "annotations" / name for pair in PARTS.values() for name in pair}
    lists = {name: source / name if (source / name).is_file() else beside[name] for name in sorted(beside)}
    if absent := [name for name, path in lists.items() if not path.is_file()]:
        raise DataError(f"--source {source}: holds no {', '.join(absent)} (searched there and in annotations/)")
    there = _picture_files(source, say)
    faults: list[str] = []
    labels_of = {name: _read_labels(lists[name], faults) for _, name in PARTS.values()}
    keys, labels, split = list[str](), list[int](), list[str]()
    seen: set[str] = set()
    for part, (list_name, label_name) in PARTS.items():
        wanted = _read_keys(lists[list_name], faults)
        if twice := [key for key in wanted if key in seen]:
            faults.append(f"{list_name}: {len(twice)} keys stand in two lists: {first_names(twice, _SHOWN)}")
        seen.update(wanted)
        if unknown := [key for key in wanted if key not in labels_of[label_name]]:
            where = f"{list_name}: {len(unknown)} keys have no label in {label_name}"
            faults.append(f"{where}: {first_names(unknown, _SHOWN)}")
        if missing := [key for key in wanted if key not in there]:
            where = f"{list_name}: {len(missing)} of {len(wanted)} keys have no file"
            if skip_absent:
                say(f"{where} and are left out")
            else:
                faults.append(f"{where}: {first_names(missing, _SHOWN)}")
        kept = [key for key in wanted if key in there and key in labels_of[label_name]]
        keys += kept
        labels += [labels_of[label_name][key] for key in kept]
        split += [part] * len(kept)
    if faults:
        raise DataError(f"--source {source}:\n  " + "\n  ".join(faults))
    say("the labels of train are noisy, and their true ones are not known; those of val and test are clean")
    return write_image_set(
        out,
        name="Clothing1M",
        images=PictureFiles(source, keys, (size, size)),
        labels=labels,
        split=split,
        classes=CLASSES,
        names=keys,
        source={"dataset": "Clothing1M", "noisy_splits": ["train"]},
    )


def _picture_files(source: Path, say: Say) -> set[str]:
    """Paths below `source`, as keys write them; a walk over the folders, since a million questions take longer."""
    found: set[str] = set()
    for folder, _, files in os.walk(source / "images"):
        inner = Path(folder).relative_to(source).as_posix()
        found.update(f"{inner}/{name}" for name in files)
    say(f"{len(found):,} files below {source / 'images'}")
    return found


def _is_key(key: str) -> bool:
    return key.startswith(_PREFIX) and ".." not in key.split("/") and "\\" not in key


def _read_keys(path: Path, faults: list[str]) -> list[str]:
    keys = read_lines(path)
    if wrong := [key for key in keys if not _is_key(key)]:
        faults.append(f"{path.name}: {len(wrong)} lines are no path below images/: {first_names(wrong, _SHOWN)}")
    if len(set(keys)) < len(keys):
        faults.append(f"{path.name}: {len(keys) - len(set(keys))} keys stand twice in it")
    return list(dict.fromkeys(key for key in keys if _is_key(key)))


def _read_labels(path: Path, faults: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    wrong = []
    for number, line in enumerate(read_lines(path), 1):
        key, _, text = line.rpartition(" ")
        if _is_key(key) and text.isdecimal() and int(text) < len(CLASSES):
            found[key] = int(text)
        else:
            wrong.append(f"line {number}: {line!r}")
    if wrong:
        what = f"{len(wrong)} lines are no images/PATH and a label 0 to {len(CLASSES) - 1}"
        faults.append(f"{path.name}: {what}: {first_names(wrong, _SHOWN)}")
    return found
