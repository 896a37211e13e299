"""MedMNIST's 2-D sets (.npz, any size) -> prepared set with MedMNIST's own train, val and test parts."""

import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from l2b_data.errors import ConfigError, DataError
from l2b_data.files.hashing import sha256_file
from l2b_data.samples.image_set import ImageSet
from l2b_data.samples.label_table import SPLITS
from l2b_data.samples.write_image_set import require_free, write_image_set

_ORGANS = [
    *("bladder", "femur left", "femur right", "heart", "kidney left", "kidney right"),
    *("liver", "lung left", "lung right", "pancreas", "spleen"),
]
CLASS_NAMES: dict[str, list[str]] = {
    "pneumoniamnist": ["normal", "pneumonia"],
    "breastmnist": ["malignant", "normal or benign"],
    "octmnist": ["choroidal neovascularization", "diabetic macular edema", "drusen", "normal"],
    **dict.fromkeys(("organamnist", "organcmnist", "organsmnist"), _ORGANS),
}
"""The npz holds numbers alone. Sets that are not listed here keep their numbers as names, unless names are given."""


def prepare_medmnist(source: Path | str, out: Path | str, *, class_names: Sequence[str] | None = None) -> ImageSet:
    """NAME.npz or NAME_64.npz, ... as published -> prepared set `out`; grey or colour as it is.

    Raises ConfigError (`out` taken, class names that are too few or too many) and DataError: not such a file, three
    dimensions, or several labels an image (ChestMNIST).
    """
    source, out = Path(source), Path(out)
    require_free(out)
    parts = _read(source)
    labels = np.concatenate([parts[f"{split}_labels"] for split in SPLITS])
    key = source.stem.partition("_")[0].lower()
    count = int(labels.max()) + 1
    classes = list(class_names or CLASS_NAMES.get(key, [str(number) for number in range(max(count, 2))]))
    if len(classes) < count:
        raise ConfigError(f"--class-names: {len(classes)} names for labels 0 to {count - 1} of {source.name}")
    return write_image_set(
        out,
        name=source.stem,
        images=np.concatenate([parts[f"{split}_images"] for split in SPLITS]),
        labels=labels,
        split=[split for split in SPLITS for _ in parts[f"{split}_labels"]],
        classes=classes,
        names=[f"{split}_{number:05d}" for split in SPLITS for number in range(len(parts[f"{split}_labels"]))],
        source={"dataset": "MedMNIST", "file": source.name, "sha256": sha256_file(source)},
    )


def _read(source: Path) -> dict[str, np.ndarray]:
    """Images (n, H, W, C) uint8 and labels (n,) int64 of the three parts."""
    keys = [f"{split}_{kind}" for split in SPLITS for kind in ("images", "labels")]
    try:
        opened = np.load(source, allow_pickle=False)
        if not isinstance(opened, np.lib.npyio.NpzFile):
            raise DataError(f"{source}: one array; MedMNIST's files are .npz with {', '.join(keys)}")
        with opened:
            if absent := [key for key in keys if key not in opened.files]:
                raise DataError(f"{source}: holds no {', '.join(absent)}; not a MedMNIST file")
            parts = {key: opened[key] for key in keys}
    except FileNotFoundError:
        raise DataError(f"{source}: no such file; fetch it from MedMNIST's record (zenodo 10519652)") from None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"{source}: not a readable .npz ({error}); fetch it again") from error
    faults = []
    for split in SPLITS:
        images, labels = parts[f"{split}_images"], parts[f"{split}_labels"]
        if images.ndim == 3:
            images = images[..., None]
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[-1] not in (1, 3):
            faults.append(f"{split}_images: {images.shape} {images.dtype}; 2-D images, grey or colour, uint8 are read")
        if labels.shape not in ((len(images), 1), (len(images),)) or labels.dtype.kind not in "iu":
            faults.append(f"{split}_labels: {labels.shape} {labels.dtype}; one label an image is read")
        elif not len(labels):
            faults.append(f"{split}_labels: no image")
        parts[f"{split}_images"], parts[f"{split}_labels"] = images, labels.reshape(-1).astype(np.int64)
    if faults:
        raise DataError(f"{source}:\n  " + "\n  ".join(faults))
    return parts
