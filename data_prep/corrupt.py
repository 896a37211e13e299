"""Write noisy copies of a prepared data set's training masks, with a manifest of everything that was done to them."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import numpy as np

from data_prep.calibrate import TOLERANCE, mean_dice
from data_prep.calibrate import calibrate as find_length_factor
from data_prep.mask_noise import NATIVE_WITHIN, REFERENCE_WIDTH_PX, SMALL_AREA_PX, NoiseLevel, noise_level
from data_prep.noise_record import manifest, write_noisy_case
from data_prep.rotated_case import rotate_case
from l2b_run.atomic import atomic_folder, write_json
from l2b_run.errors import ConfigError, DataError
from l2b_run.hashing import sha256_file
from l2b_seg.dataset import Dataset
from l2b_seg.noise_manifest import MANIFEST, read_manifest
from l2b_seg.slices import label_values
from l2b_seg.volume import Volume, read_volume

MANIFEST_FORMAT = 1
Say = Callable[[str], None]


def corrupt(
    dataset: Dataset,
    *,
    level: str,
    seed: int = 0,
    target_dice: float | None = None,
    calibrate: bool = True,
    workers: int = 1,
    say: Say = lambda line: None,
) -> Path:
    """Write noisy masks of the training cases (never of meta or test cases); returns their folder.

    The folder stands beside labelsTr, named after level, target or "uncalibrated", and seed, and holds CASE.nii.gz
    (uint8 label values) and noise_manifest.json. The length factor is calibrated so that the mean case Dice (of several
    classes their mean) is `target_dice` (default: the level's) within 0.005; with `calibrate=False` it is the in-plane
    size over the published one. Where all cases are single slices, lengths follow each image's own size.
    The same arguments and masks give the same bytes whatever `workers`. A folder that already holds this corruption of
    these very masks is returned as it is; one that holds something else is a `DataError`. `ConfigError` for an unknown
    level, a negative seed, a target outside the reachable range (named), or no training case.
    """
    chosen = _check(level, seed, target_dice, calibrate, workers, dataset)
    target = None if not calibrate else chosen.dice if target_dice is None else target_dice
    folder = dataset.noisy_folder(_folder_level(chosen, target_dice, calibrate), seed)
    cases = sorted(dataset.splits["train"])
    sources = _source_hashes(dataset, cases)
    settings = {"format": MANIFEST_FORMAT, "level": level, "seed": seed, "target_dice": target}
    if folder.exists():
        _check_same(folder, settings, sources)
        return folder
    with ThreadPoolExecutor(workers) as pool:
        masks = dict(zip(cases, pool.map(lambda case: _read_mask(dataset, case), cases), strict=True))
        resolution, scales = _resolution(masks)
        small, classes = SMALL_AREA_PX * resolution**2, len(dataset.classes)
        rotated = list(
            pool.map(
                lambda case: rotate_case(
                    case, masks[case].array, chosen, seed, small, classes=classes, scale=scales[case]
                ),
                cases,
            )
        )
        factor = resolution
        if target is not None:
            start = 1.5 * resolution
            factor = find_length_factor(rotated, target, chosen, start=start, small_area_px=small, pool=pool, say=say)
        achieved = mean_dice(rotated, factor, small, pool)
        if target is not None and abs(achieved - target) > TOLERANCE:
            say(f"warning: Dice {achieved:.4f} is the closest these {len(cases)} cases get to {target:.4f}")
        unit = dataset.spacing_unit
        try:
            with atomic_folder(folder) as temporary:
                rows = _all_done(
                    [
                        pool.submit(write_noisy_case, case, masks[case.case], temporary, factor, small, unit)
                        for case in rotated
                    ]
                )
                entries = {case: {"source_sha256": sources[case], **row} for case, row in zip(cases, rows, strict=True)}
                write_json(temporary / MANIFEST, manifest(settings, chosen, entries, factor, resolution, small, unit))
        except OSError:
            if not folder.exists():
                raise
            _check_same(folder, settings, sources)  # another process made it in the meantime
    return folder


def _check(
    level: str, seed: int, target_dice: float | None, calibrate: bool, workers: int, dataset: Dataset
) -> NoiseLevel:
    faults = []
    if seed < 0:
        faults.append(f"--seed {seed}: at least 0")
    if workers < 1:
        faults.append(f"--workers {workers}: at least 1")
    if target_dice is not None and not 0 < target_dice < 1:
        faults.append(f"--target-dice {target_dice}: between 0 and 1")
    if target_dice is not None and not calibrate:
        faults.append("--target-dice and --no-calibrate exclude each other")
    if not dataset.splits["train"]:
        faults.append(f"{dataset.root}: its split has no training case to corrupt")
    if faults:
        raise ConfigError("corrupt: " + "; ".join(faults))
    return noise_level(level)


def _folder_level(level: NoiseLevel, target_dice: float | None, calibrate: bool) -> str:
    if not calibrate:
        return f"{level.name}-uncalibrated"
    return level.name if target_dice is None else f"{level.name}-dice{target_dice:g}"


def _source_hashes(dataset: Dataset, cases: list[str]) -> dict[str, str]:
    absent = [case for case in cases if not dataset.label_path(case).is_file()]
    if absent:
        folder = dataset.label_path(absent[0]).parent
        raise DataError(f"{folder}: no clean mask of {', '.join(absent)}; run `l2b-seg check {dataset.root}`")
    return {case: sha256_file(dataset.label_path(case)) for case in cases}


def _read_mask(dataset: Dataset, case: str) -> Volume:
    path = dataset.label_path(case)
    volume = read_volume(path)
    return volume.with_array(label_values(path, volume.array, len(dataset.classes)))


def _resolution(masks: dict[str, Volume]) -> tuple[float, dict[str, float]]:
    """Mean in-plane width over the published one; 1, for exactly the published kernels, where they are close.

    And of each case its width over the mean one where all cases are single slices, else 1: volumes of one data set show
    the same anatomy at about the same scale, whatever their matrix, and the published kernels are one for all of them.
    """
    widths = {case: float(np.sqrt(np.prod(mask.array.shape[1:]))) for case, mask in masks.items()}
    mean = float(np.mean(list(widths.values())))
    flat = all(len(mask.array) == 1 for mask in masks.values())
    scales = {case: width / mean if flat else 1.0 for case, width in widths.items()}
    resolution = mean / REFERENCE_WIDTH_PX
    return 1.0 if abs(resolution - 1) < NATIVE_WITHIN else resolution, scales


def _check_same(folder: Path, settings: dict[str, Any], sources: dict[str, str]) -> None:
    manifest = read_manifest(folder)
    differing = [key for key, value in settings.items() if manifest.get(key) != value]
    entries = manifest["cases"]
    if {case: entry["source_sha256"] for case, entry in entries.items()} != sources:
        differing.append("the clean masks or the training cases")
    changed = [
        case
        for case, entry in entries.items()
        if not (path := folder / f"{case}.nii.gz").is_file() or sha256_file(path) != entry["noisy_sha256"]
    ]
    if changed:
        differing.append(f"the noisy masks of {', '.join(changed)}")
    if differing:
        raise DataError(f"{folder} holds another corruption (differs in: {', '.join(differing)}); remove it first")


def _all_done(futures: list[Future[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Results in order. An error leaves nothing running: a late worker would write into a folder removed by then."""
    try:
        return [future.result() for future in futures]
    finally:
        for future in futures:
            future.cancel()
        wait(futures)
