"""Masks for new images, each on its input's own grid and geometry."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from l2b_data.cases.label_map import own_values
from l2b_data.errors import DataError
from l2b_data.files.atomic import atomic_file
from l2b_data.files.shorten import counted
from l2b_data.images.image_files import IMAGE_SUFFIXES, read_channels, same_grid_faults, write_mask_image
from l2b_data.images.volume import Volume, write_volume
from l2b_seg.prediction.ensemble import Ensemble
from l2b_seg.prediction.paths import Output
from l2b_seg.prediction.predictor import Predictor


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """Where each input goes, and what became of it: `written`, `skipped` (existed already) and `failed`."""

    outputs: dict[str, Output]
    written: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def predict(
    predictor: Predictor | Ensemble,
    inputs: Mapping[str, Sequence[Path]],
    outputs: Mapping[str, Output],
    *,
    tta: bool = False,
    skip_existing: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> Prediction:
    """Predict each input and write its mask, decided as in training's evaluation, with the values of the user's masks.

    Args:
        predictor: from `load_run`, or `load_ensemble`.
        inputs: case id -> the files of its channels, from `find_inputs`.
        outputs: case id -> files to write, from `output_paths`; shape, spacing, origin and direction are the input's.
        tta: average with the left-right mirrored image's prediction.
        skip_existing: leave cases whose files are there already (each was written whole, or not at all).
        say: called with a line "[3/36] CASE" before each case, where its slices run otherwise than
            stored, and for what of a file had to be interpreted.

    Returns:
        What was written, skipped, and failed (case id -> message). Broken inputs do not stop the others.

    Raises:
        DataError: no input could be predicted, or the only one.
        L2BError: a mask cannot be written (no space, no permission).
    """
    result = Prediction(outputs=dict(outputs))
    for number, (case, files) in enumerate(inputs.items(), start=1):
        say(f"[{number}/{len(inputs)}] {case}")
        if skip_existing and all(path.exists() for path in outputs[case].files):
            result.skipped.append(case)
            continue
        try:
            channels = read_image(files, predictor.task.channels)
            for note in dict.fromkeys(note for channel in channels for note in channel.notes):
                say(f"{case}: {note}")
            cut = channels[0].cut(predictor.options.plane)
            if cut.order[0]:
                plane = f"cut in the plane of training ({predictor.options.plane})"
                say(f"{case}: {cut}; {plane}, its mask stored as it is")
            probabilities = predictor.predict_volume(channels, mirror=tta)
        except DataError as error:
            result.failed[case] = str(error)
            continue
        output = outputs[case]
        if output.probabilities is not None:
            write_probabilities(probabilities, channels[0], predictor.task.classes, output.probabilities)
        labels = own_values(predictor.label_map(probabilities), predictor.task.values)
        write_mask(channels[0].with_array(labels), output.mask)
        result.written.append(case)
    if result.failed and not result.written and not result.skipped:
        raise DataError("nothing could be predicted:\n  " + "\n  ".join(result.failed.values()))
    return result


def read_image(files: Sequence[Path], expected: int) -> list[Volume]:
    """The channels of one image, all on one grid, from a file a channel or a file that holds them all.

    Raises DataError: unreadable, another number of channels than `expected`, channels on different grids, or NaN or
    infinite voxels (they would turn whole slices of the mask into background).
    """
    channels = [channel for path in files for channel in read_channels(path)]
    shown = ", ".join(map(str, files))
    if len(channels) != expected:
        hint = f"give a file a channel, CASE_0000 to CASE_{expected - 1:04}" + ", or RGB pictures" * (expected == 3)
        if expected == 1:
            hint = "give grey images, one file each; CASE_0000, CASE_0001, ... are read as channels of one image"
        raise DataError(f"{shown}: {counted(len(channels), 'channel')}, the run was trained on {expected}; {hint}")
    faults = same_grid_faults(channels)
    for number, channel in enumerate(channels):
        if broken := channel.array.size - np.count_nonzero(np.isfinite(channel.array)):
            where = f" of channel {number}" if len(channels) > 1 else ""
            faults.append(f"{broken} voxels{where} are NaN or infinite; replace them before predicting")
    if faults:
        raise DataError(f"{shown}: {'; '.join(faults)}")
    return channels


def write_mask(mask: Volume, path: Path) -> None:
    """Write a label map (D, H, W): a grey picture with the values as they are where `path` names one (D = 1)."""
    if path.suffix.lower() in IMAGE_SUFFIXES:
        write_mask_image(mask.array, path, spacing_mm=mask.spacing_mm if mask.spacing_known else None)
    else:
        write_volume(mask, path)


def write_probabilities(probabilities: np.ndarray, grid: Volume, classes: Sequence[str], path: Path) -> None:
    """Write probabilities (K, D, H, W): .nii.gz holds the one class as float32 on the image's grid; .npz all of them.

    The .npz has `probabilities` float16 (K, D, H, W) and `classes`, K names: "background" first where K > 1.
    """
    if path.suffix != ".npz":
        write_volume(grid.with_array(probabilities[0].astype(np.float32)), path)
        return
    names = [*(["background"] if len(classes) > 1 else []), *classes]
    with atomic_file(path) as temporary, temporary.open("wb") as handle:
        np.savez_compressed(handle, probabilities=probabilities.astype(np.float16), classes=np.array(names))
