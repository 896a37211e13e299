"""Write noisy copies of a prepared data set's training masks, with a manifest of everything that was done to them."""

from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from data_prep.mask_noise.calibrate import TOLERANCE, mean_dice
from data_prep.mask_noise.calibrate import calibrate as find_length_factor
from data_prep.mask_noise.draw import DrawnNoise, draw_noise
from data_prep.mask_noise.kept_masks import require_same, source_hashes
from data_prep.mask_noise.one_slice import NoiseLevel, noise_level
from data_prep.mask_noise.record import manifest, write_noisy_case
from l2b_data.cases.dataset import Dataset
from l2b_data.cases.noise_manifest import MANIFEST
from l2b_data.errors import ConfigError
from l2b_data.files.atomic import atomic_folder, write_json

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
    named = "-uncalibrated" if not calibrate else "" if target_dice is None else f"-dice{target_dice:g}"
    folder = dataset.noisy_folder(chosen.name + named, seed)
    sources = source_hashes(dataset)
    settings = {"format": MANIFEST_FORMAT, "level": level, "seed": seed, "target_dice": target}
    if folder.exists():
        require_same(folder, settings, sources)
        return folder
    with ThreadPoolExecutor(workers) as pool:
        noise = draw_noise(dataset, list(sources), chosen, seed, pool)
        factor = _length_factor(noise, target, pool, say)
        try:
            with atomic_folder(folder) as temporary:
                entries = _write_masks(noise, factor, temporary, sources, dataset.spacing_unit, pool)
                write_json(temporary / MANIFEST, manifest(settings, entries, noise, factor, dataset.spacing_unit))
        except OSError:
            if not folder.exists():
                raise
            require_same(folder, settings, sources)  # another process made it in the meantime
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


def _length_factor(noise: DrawnNoise, target: float | None, pool: Executor, say: Say) -> float:
    """The factor that makes the mean Dice `target`, warned of where none comes close; without one the resolution."""
    if target is None:
        return noise.resolution
    cases, start, small = noise.cases, 1.5 * noise.resolution, noise.small_area_px
    factor = find_length_factor(cases, target, noise.level, start=start, small_area_px=small, pool=pool, say=say)
    achieved = mean_dice(cases, factor, small, pool)
    if abs(achieved - target) > TOLERANCE:
        say(f"warning: Dice {achieved:.4f} is the closest these {len(cases)} cases get to {target:.4f}")
    return factor


def _write_masks(
    noise: DrawnNoise, factor: float, folder: Path, sources: dict[str, str], unit: str, pool: Executor
) -> dict[str, dict[str, Any]]:
    """Write the noisy mask of every case to `folder`; case -> its entry in the manifest, with its clean mask's hash."""
    futures = [
        pool.submit(write_noisy_case, case, noise.masks[case.case], folder, factor, noise.small_area_px, unit)
        for case in noise.cases
    ]
    try:
        rows = [future.result() for future in futures]
    finally:  # an error leaves nothing running: a late worker would write into a folder removed by then
        for future in futures:
            future.cancel()
        wait(futures)
    return {case: {"source_sha256": sources[case], **row} for case, row in zip(noise.masks, rows, strict=True)}
