"""Synthetic prostate MR as a prepared data set: for the demo and for trying things where no data can be had."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from data_prep.mask_sets.pelvis import CENTRES, ZONES, draw_pelvis, render
from l2b_data.cases.dataset import Dataset, write_dataset_files
from l2b_data.cases.measure_fingerprint import store_fingerprint
from l2b_data.errors import ConfigError
from l2b_data.files.atomic import atomic_folder
from l2b_data.images.volume import Volume, write_volume

FIELD_MM = 96.0
GLAND = {"prostate": 1}


def make_synthetic(
    out: Path | str,
    *,
    seed: int,
    n_train: int = 12,
    n_meta: int = 2,
    n_test: int = 5,
    size: int = 96,
    classes: int = 1,
    say: Callable[[str], None] = lambda line: None,
) -> Dataset:
    """Write `n_train + n_meta + n_test` cases of D x `size` x `size` voxels (D = 16 to 20) and open the data set.

    The field of view is 96 mm at any `size`; slices are 3.0 to 3.6 mm thick. Every split meets every centre in turn
    (CENTRES of pelvis.py). A case depends on `seed` and its number alone, so a larger set begins with the
    smaller one. classes: 1 for the gland, 3 for its zones and the bladder (ZONES of pelvis.py), of the same
    images. Raises `ConfigError` for an empty split, a size below 32, other classes, or a folder that is in use.
    """
    out = Path(out)
    counts = {"train": n_train, "meta": n_meta, "test": n_test}
    _check(out, counts, size, classes)
    labels = {"background": 0, **(GLAND if classes == 1 else ZONES)}
    cases = [f"Case{number:02d}" for number in range(sum(counts.values()))]
    splits, start = {}, 0
    for name, count in counts.items():
        splits[name] = cases[start : start + count]
        start += count
    with atomic_folder(out) as folder:
        for name in ("imagesTr", "labelsTr"):
            (folder / name).mkdir()
        draft = Dataset(folder, splits, labels, "mm", {})
        for number, case in enumerate(cases):
            image, mask = synthetic_case(seed, number, size=size, classes=classes)
            write_volume(image, draft.image_path(case))
            write_volume(mask, draft.label_path(case))
            say(f"[{number + 1}/{len(cases)}] {case}")
        write_dataset_files(
            folder,
            name="synthetic prostate",
            channels=["T2"],
            labels=labels,
            splits=splits,
            spacing_unit="mm",
            how={"mode": "by case number", "text": "train, meta and test cases in the order of their numbers"},
            source={"dataset": "synthetic", "seed": seed, "size": size},
        )
        store_fingerprint(folder)
    return Dataset.open(out)


def synthetic_case(seed: int, number: int, *, size: int = 96, classes: int = 1) -> tuple[Volume, Volume]:
    """Image (D, H, W) int16 and mask (D, H, W) uint8 of case `number`, on one grid with known spacing.

    The mask is the gland (1) for one class, label values of `ZONES` for three.
    """
    rng = np.random.default_rng([seed, number])
    pelvis = draw_pelvis(rng)
    depth = int(rng.integers(16, 21))
    spacing_mm = (float(rng.uniform(3.0, 3.6)), FIELD_MM / size, FIELD_MM / size)
    image, labels = render(pelvis, CENTRES[number % len(CENTRES)], shape=(depth, size, size), spacing_mm=spacing_mm)
    volume = Volume(image, spacing_mm)
    gland = np.isin(labels, (ZONES["peripheral zone"], ZONES["transition zone"])).astype(np.uint8)
    return volume, volume.with_array(gland if classes == 1 else labels)


def _check(out: Path, counts: dict[str, int], size: int, classes: int) -> None:
    faults = [f"{name} cases: {count}, at least 1" for name, count in counts.items() if count < 1]
    if size < 32:
        faults.append(f"size {size}: at least 32")
    if classes not in (1, len(ZONES)):
        faults.append(f"classes {classes}: 1 or {len(ZONES)}")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        faults.append(f"{out}: already there and not empty; choose another folder or remove it")
    if faults:
        raise ConfigError("synthetic data: " + "; ".join(faults))
