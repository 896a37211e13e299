"""What `predict` reads and where it writes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from l2b_data.cases.case_files import PROBABILITY_ENDING, case_id, channels_beside, image_files
from l2b_data.cases.dataset import Dataset
from l2b_data.errors import ConfigError, DataError
from l2b_data.files.unicode_form import composed
from l2b_data.images.formats.dicom import DICOM_SUFFIXES, holds_slices
from l2b_data.images.image_files import IMAGE_SUFFIXES, READABLE_SUFFIXES, file_stem, file_suffix
from l2b_data.images.picture import JPEG_SUFFIXES, PNG_SUFFIXES, TIFF_SUFFIXES

Split = Literal["train", "meta", "test", "all"]


@dataclass(frozen=True)
class Output:
    """The files of a case: its mask, and its probabilities where they are asked for."""

    mask: Path
    probabilities: Path | None = None

    @property
    def files(self) -> list[Path]:
        return [self.mask] if self.probabilities is None else [self.mask, self.probabilities]


def find_inputs(source: Path, *, channels: int = 1, split: Split = "test") -> dict[str, list[Path]]:
    """Images to predict, case id -> the files of its channels.

    Of a file, a folder of images, a DICOM series or a folder of them, or a prepared data set.

    Args:
        source: the file or folder. Of a file CASE_0000 the next channels are taken from beside it.
        channels: how many the run takes; a file named alone brings at most as many with it (`image_files`).
        split: which cases of a prepared data set; other inputs have no split and are taken whole.

    Raises:
        DataError: nothing there, no image in it, several files for one case, or no case in the split.
    """
    if not source.exists():
        raise DataError(f"{source}: no such file or folder")
    if source.is_file():
        if file_suffix(source) is None:
            raise DataError(f"{source}: unknown image type; read are {', '.join(READABLE_SUFFIXES)}")
        case = case_id(source, channels=channels)
        return {case: [source] if case == file_stem(source) else channels_beside(source, channels)}
    if holds_slices(source):
        return {composed(source.resolve().name): [source]}
    if not (source / "splits.json").exists():
        return image_files(source, channels=channels)
    dataset = Dataset.open(source)
    cases = dataset.cases if split == "all" else dataset.splits[split]
    if not cases:
        raise DataError(f"{source}: no case in split {split!r}; choose another with --split, or all")
    return {case: dataset.image_paths(case) for case in cases}


def output_paths(
    inputs: Mapping[str, Sequence[Path]], out: Path, *, classes: int = 1, probabilities: bool = False
) -> dict[str, Output]:
    """Files of each case: OUT/CASE with the mask's suffix, or OUT itself where it names a file and there is one input.

    A volume's mask is .nii.gz, a picture's .png, or .tif of a .tif. Probabilities lie beside, CASE_probability: .nii.gz
    of a volume with one class, else .npz. Raises ConfigError: a mask would replace an image or, named as its case, lie
    beside its channels as another one; OUT names one file for several inputs, cannot hold the mask, or cannot be a
    folder.
    """
    if file_suffix(out) is not None and not out.is_dir():
        masks = {case: _named(out, files[0], len(inputs)) for case, files in inputs.items()}
    elif out.exists() and not out.is_dir():
        raise ConfigError(f"OUT {out} is a file; name a folder, or a file that ends with .nii.gz")
    else:
        suffixes = dict.fromkeys(IMAGE_SUFFIXES, ".png") | dict.fromkeys(TIFF_SUFFIXES, ".tif")
        ends = {case: suffixes.get(file_suffix(files[0]) or "", ".nii.gz") for case, files in inputs.items()}
        masks = {case: out / f"{case}{end}" for case, end in ends.items()}
    outputs = {}
    for case, mask in masks.items():
        suffix = ".nii.gz" if classes == 1 and not _is_picture(inputs[case][0]) else ".npz"
        beside = mask.with_name(f"{file_stem(mask)}{PROBABILITY_ENDING}{suffix}")
        outputs[case] = Output(mask, beside if probabilities else None)
    taken = {path.resolve() for files in inputs.values() for path in files}
    over = [str(path) for output in outputs.values() for path in output.files if path.resolve() in taken]
    if over:
        raise ConfigError(f"OUT {out}: masks would replace their images ({', '.join(over[:3])}); name another folder")
    numbered = {path.parent.resolve() for case, files in inputs.items() for path in files if file_stem(path) != case}
    among = [str(output.mask) for output in outputs.values() if output.mask.parent.resolve() in numbered]
    if among:
        raise ConfigError(f"OUT {out}: masks would lie among the images ({', '.join(among[:3])}); name another folder")
    return outputs


def _is_picture(path: Path) -> bool:
    return file_suffix(path) in IMAGE_SUFFIXES


def _named(out: Path, image: Path, inputs: int) -> Path:
    """OUT as the mask of the one input."""
    if inputs > 1:
        raise ConfigError(f"OUT {out} is one file for {inputs} inputs; name a folder")
    suffix = file_suffix(out)
    if suffix in (".mhd", *DICOM_SUFFIXES):
        raise ConfigError(f"OUT {out}: masks are written as .nii.gz, .nii, .mha or .nrrd")
    if suffix in IMAGE_SUFFIXES and suffix not in PNG_SUFFIXES + TIFF_SUFFIXES:
        change = "a jpg would change the labels; " if suffix in JPEG_SUFFIXES else ""
        raise ConfigError(f"OUT {out}: {change}masks of pictures are written as .png or .tif")
    if _is_picture(out) and not _is_picture(image):
        raise ConfigError(f"OUT {out} is a picture, {image} a volume; name a file that ends with .nii.gz")
    return out
