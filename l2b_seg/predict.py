"""Masks for new volumes, each on its input's own grid and geometry."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from l2b_run.errors import ConfigError, DataError
from l2b_seg.case_files import case_id, image_files
from l2b_seg.dataset import Dataset
from l2b_seg.inference import Predictor
from l2b_seg.volume import Volume, read_volume, volume_suffix, write_volume

Split = Literal["train", "meta", "test", "all"]


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """Where each input goes, and what became of it: `written`, `skipped` (existed already) and `failed`."""

    outputs: dict[str, Path]
    written: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def predict(
    predictor: Predictor,
    inputs: Mapping[str, Path],
    outputs: Mapping[str, Path],
    *,
    tta: bool = False,
    skip_existing: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> Prediction:
    """Predict each input and write its mask, uint8 of 0 and 1: probability above 0.5, as in training's evaluation.

    Args:
        predictor: from `load_run`.
        inputs: case id -> image file, from `find_inputs`.
        outputs: case id -> mask file, from `output_paths`; shape, spacing, origin and direction are the input's.
        tta: average with the left-right mirrored volume's prediction.
        skip_existing: leave masks that are there already (each was written whole, or not at all).
        say: called with a line "[3/36] CASE" before each case.

    Returns:
        What was written, skipped, and failed (case id -> message). Broken inputs do not stop the others.

    Raises:
        DataError: no input could be predicted, or the only one.
        L2BError: a mask cannot be written (no space, no permission).
    """
    result = Prediction(outputs=dict(outputs))
    for number, (case, source) in enumerate(inputs.items(), start=1):
        say(f"[{number}/{len(inputs)}] {case}")
        if skip_existing and outputs[case].exists():
            result.skipped.append(case)
            continue
        try:
            volume = read_volume(source)
            mask = predict_mask(predictor, volume, source, tta=tta)
        except DataError as error:
            result.failed[case] = str(error)
            continue
        write_volume(mask, outputs[case])
        result.written.append(case)
    if result.failed and not result.written and not result.skipped:
        raise DataError("nothing could be predicted:\n  " + "\n  ".join(result.failed.values()))
    return result


def predict_mask(predictor: Predictor, volume: Volume, source: Path, *, tta: bool = False) -> Volume:
    """Mask of one volume, uint8 (D, H, W) of 0 and 1 on the volume's grid.

    Raises:
        DataError: NaN or infinite voxels (they would turn whole slices of the mask into background); `source` is named.
    """
    broken = np.size(volume.array) - np.count_nonzero(np.isfinite(volume.array))
    if broken:
        raise DataError(f"{source}: {broken} voxels are NaN or infinite; replace them before predicting")
    return volume.with_array(predictor.label_map(predictor.predict_volume([volume], mirror=tta)))


def find_inputs(source: Path, *, split: Split = "test") -> dict[str, Path]:
    """Images to predict, case id -> file: of one file, a folder of images, or a prepared data set.

    Args:
        source: the file or folder.
        split: which cases of a prepared data set; other inputs have no split and are taken whole.

    Raises:
        DataError: nothing there, no image in it, several files for one case, or no case in the split.
    """
    if not source.exists():
        raise DataError(f"{source}: no such file or folder")
    if source.is_file():
        if volume_suffix(source) is None:
            raise DataError(f"{source}: unknown image type")
        return {case_id(source): source}
    if not (source / "splits.json").exists():
        return _one_channel(source)
    dataset = Dataset.open(source)
    cases = dataset.cases if split == "all" else dataset.splits[split]
    if not cases:
        raise DataError(f"{source}: no case in split {split!r}; choose another with --split, or all")
    return {case: dataset.image_path(case) for case in cases}


def _one_channel(folder: Path) -> dict[str, Path]:
    found = image_files(folder)
    several = [case for case, files in found.items() if len(files) > 1]
    if several:
        raise DataError(f"{folder}: images of several channels ({several[0]} and others); one channel is read")
    return {case: files[0] for case, files in found.items()}


def output_paths(inputs: Mapping[str, Path], out: Path) -> dict[str, Path]:
    """Mask file of each case: OUT/CASE.nii.gz, or OUT itself where it names a volume and there is one input.

    Raises:
        ConfigError: a mask would replace an image, OUT names one volume for several inputs or cannot be a folder.
    """
    if volume_suffix(out) is not None and not out.is_dir():
        if len(inputs) > 1:
            raise ConfigError(f"OUT {out} is one file for {len(inputs)} inputs; name a folder")
        if volume_suffix(out) == ".mhd":
            raise ConfigError(f"OUT {out}: masks are written as .nii.gz, .nii, .mha or .nrrd")
        outputs = dict.fromkeys(inputs, out)
    elif out.exists() and not out.is_dir():
        raise ConfigError(f"OUT {out} is a file; name a folder, or a file that ends with .nii.gz")
    else:
        outputs = {case: out / f"{case}.nii.gz" for case in inputs}
    taken = {source.resolve() for source in inputs.values()}
    over = [str(path) for path in outputs.values() if path.resolve() in taken]
    if over:
        raise ConfigError(f"OUT {out}: masks would replace their images ({', '.join(over[:3])}); name another folder")
    return outputs
