"""ISIC 2019 (dermoscopy, 8 diagnoses): images and one-hot table -> prepared set, resized once."""

from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

import numpy as np

from data_prep.fetch.picture_source import open_pictures, read_all
from data_prep.label_sets.class_split import SplitShares, split_classes
from data_prep.label_sets.isic2019_tables import IsicRows, read_isic_rows
from l2b_data.errors import ConfigError, DataError
from l2b_data.files.hashing import sha256_file
from l2b_data.samples.image_set import ImageSet
from l2b_data.samples.label_table import SPLITS
from l2b_data.samples.write_image_set import require_free, write_image_set

Say = Callable[[str], None]


def prepare_isic2019(
    images: Path | str,
    labels: Path | str,
    out: Path | str,
    *,
    size: int,
    split: SplitShares | Mapping[str, Path],
    metadata: Path | str | None = None,
    skip_absent: bool = False,
    workers: int = 2,
    say: Say = lambda line: None,
) -> ImageSet:
    """Images (folder or zip of .jpg) and ISIC_2019_Training_GroundTruth.csv -> prepared set of `size` x `size`.

    A label is the column of the row's 1.0; a class without a single image is left out, said so. split: shares to
    draw, or lists, split -> file with an image id a line (the paper's train.lst, val.lst, test.lst). metadata:
    ISIC_2019_Training_Metadata.csv, whose lesion_id becomes the group; a drawn split never parts a lesion, and lists
    that do are said so. skip_absent: rows and list entries without an image are counted and left out instead of being
    a fault.

    Raises ConfigError (`out` taken, size, shares) and DataError with all that is wrong in tables and lists.
    """
    out, labels = Path(out), Path(labels)
    require_free(out)
    if not 8 <= size <= 4096:
        raise ConfigError(f"--size {size}: 8 to 4096 pixels")
    source = open_pictures(images, option="--images")
    files = {PurePosixPath(name).stem: name for name in source.names}
    lists = None if isinstance(split, SplitShares) else split
    rows = read_isic_rows(labels, files, lists=lists, metadata=metadata, skip_absent=skip_absent, say=say)
    if not rows.cases:
        raise DataError(f"{labels}: no image of {images} is in it and in a list")
    held = np.unique(rows.numbers)
    if empty := [name for number, name in enumerate(rows.classes) if number not in held]:
        say(f"{', '.join(empty)}: no image, so no class of this set")
    numbers, classes = np.searchsorted(held, rows.numbers), [rows.classes[number] for number in held]
    parts, how = _parts(split, numbers, rows, say)
    shown = [files[case] for case in rows.cases]
    return write_image_set(
        out,
        name="ISIC 2019",
        images=read_all(source, shown, channels=3, size=(size, size), workers=workers, say=say),
        labels=numbers,
        split=parts,
        classes=classes,
        names=rows.cases,
        groups=rows.lesions,
        source={"dataset": "ISIC 2019", "labels": labels.name, "labels_sha256": sha256_file(labels), "split": how},
    )


def find_lists(folder: Path) -> dict[str, Path]:
    """Split -> folder/SPLIT.lst; DataError without train.lst and test.lst."""
    found = {split: folder / f"{split}.lst" for split in SPLITS if (folder / f"{split}.lst").is_file()}
    if absent := [f"{split}.lst" for split in ("train", "test") if split not in found]:
        raise DataError(f"--lists {folder}: no {' and no '.join(absent)} in it")
    return found


def _parts(
    split: SplitShares | Mapping[str, Path], numbers: np.ndarray, rows: IsicRows, say: Say
) -> tuple[np.ndarray, str]:
    """The part of every image (n,), drawn or as listed, and in words how it came to it."""
    if isinstance(split, SplitShares):
        how = f"test {split.test:g}, val {split.val:g}, seed {split.seed}, lesions kept together"
        return split_classes(numbers, rows.lesions, split), how
    places: dict[str, set[str]] = {}
    for lesion, part in zip(rows.lesions, rows.listed, strict=True):
        if lesion:
            places.setdefault(lesion, set()).add(part)
    if parted := sum(len(where) > 1 for where in places.values()):
        say(f"warning: {parted} lesions have images in two parts of the lists; what is learned of one leaks")
    return np.array(rows.listed), "lists: " + ", ".join(path.name for path in split.values())
