"""DICOM: the slices of a series in a folder, or one image of a file. Tags of the patient are neither kept nor said."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from l2b_data.errors import DataError
from l2b_data.files.hidden import is_hidden, visible_files
from l2b_data.files.shorten import first_names
from l2b_data.images.formats.content import content_of
from l2b_data.images.grid import IDENTITY, Volume, times

DICOM_SUFFIXES = (".dcm", ".ima")
_CONVERTERS = {  # SOP class in the file's first bytes -> what to do with it
    b"1.2.840.10008.5.1.4.1.1.481.3": "an RTSTRUCT holds outlines, no pixels: convert it with dcmrtstruct2nii, "
    "plastimatch or Slicer (module Segmentations) to a mask as .nii.gz",
    b"1.2.840.10008.5.1.4.1.1.66.4": "a DICOM segmentation: convert it with dcmqi's segimage2itkimage or Slicer to a "
    "mask as .nii.gz or .nrrd",
}
_HEAD = 1024
_POSITION, _ORIENTATION, _SERIES = "0020|0032", "0020|0037", "0020|000e"
_FRAMES = "0028|0008"
_SPACINGS = ("0028|0030", "0018|1164")
_UNEVEN = 0.02  # of the usual step; scanners round positions to 0.01 mm
_TWICE = 1e-3  # mm
_TILT = 0.005  # mm of shift a mm of depth


@dataclass(frozen=True)
class _Slice:
    """One file's header: series, size (x, y), spacing (x, y) in mm; position and unit vectors of rows and columns, None
    where it has none."""

    path: Path
    series: str
    size: tuple[int, ...]
    position: np.ndarray | None
    rows_columns: np.ndarray | None
    spacing: tuple[float, float]
    known: bool

    @property
    def normal(self) -> np.ndarray:
        vectors = self.rows_columns
        return np.array([0.0, 0.0, 1.0]) if vectors is None else np.cross(vectors[:3], vectors[3:])

    @property
    def depth(self) -> float:
        return 0.0 if self.position is None else float(self.position @ self.normal)


def is_dicom(path: Path) -> bool:
    """Whether a file is DICOM by its suffix or its content; DICOMDIR, a table of contents, is not."""
    if path.name.upper() == "DICOMDIR" or not path.is_file():
        return False
    return path.suffix.lower() in DICOM_SUFFIXES or (not path.suffix[1:].isalpha() and content_of(path) == "DICOM")


def is_series(folder: Path) -> bool:
    """Whether a folder holds DICOM files, itself and not further below."""
    return folder.is_dir() and any(map(is_dicom, visible_files(folder)))


def holds_slices(folder: Path) -> bool:
    """Whether the DICOM files of a folder are slices, rather than images that each stand alone in a named file."""
    files = [path for path in visible_files(folder) if is_dicom(path)][:2]
    if any(path.suffix.lower() not in DICOM_SUFFIXES for path in files):
        return True
    series = {_header(path).series for path in files} if len(files) > 1 and not any(map(_way_out, files)) else set()
    return len(series) == 1


def series_in(folder: Path) -> list[Path]:
    """The folders in `folder` that hold DICOM files, sorted; DataError where it holds the slices of a series itself."""
    if holds_slices(folder):
        raise DataError(f"{folder}: the slices of a DICOM series; put them into a folder of their own in this one")
    inner = (path for path in folder.iterdir() if path.is_dir() and not is_hidden(path.name))
    return sorted(path for path in inner if is_series(path))


def read_dicom(path: Path) -> list[Volume]:
    """The channels (one, or red, green and blue) of the one series in the folder `path`, or of the one image in a file.

    Slices are put in the order of their positions; values are rescaled as the file asks (Hounsfield units), and turned
    round by ITK where low ones are bright (MONOCHROME1). Raises DataError: several series (listed), slices that are
    missing, stand twice or differ in size or direction, several frames in a file, and what holds no image but can be
    converted.
    """
    files = [path] if path.is_file() else [file for file in visible_files(path) if is_dicom(file)]
    files = [file for file in files if not _way_out(file)] or files  # outlines beside the slices they are of
    slices = [_header(file) for file in files]
    series = Counter(one.series for one in slices)
    if len(series) > 1:
        listed = "\n  ".join(f"{name}: {count} images" for name, count in series.items())
        raise DataError(f"{path}: {len(series)} series; move each into a folder of its own:\n  {listed}")
    slices.sort(key=lambda one: one.depth)
    step = _step(path, slices)
    pixels = _pixels(path, [one.path for one in slices])
    grid = _grid(slices, step, pixels)
    colours = np.moveaxis(pixels, -1, 0) if pixels.ndim == 4 else pixels[None]
    return [grid.with_array(np.ascontiguousarray(channel)) for channel in colours]


def _way_out(path: Path) -> str | None:
    """What to do with a file that holds outlines or a segmentation; None of every other."""
    with open(path, "rb") as handle:
        head = handle.read(_HEAD)
    return next((text for mark, text in _CONVERTERS.items() if mark in head), None)


def _header(path: Path) -> _Slice:
    import SimpleITK as sitk

    if way_out := _way_out(path):
        raise DataError(f"{path}: {way_out}")
    reader = sitk.ImageFileReader()
    reader.SetImageIO("GDCMImageIO")
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
    except RuntimeError as error:
        raise DataError(f"{path}: no readable DICOM image: {str(error).strip().splitlines()[-1]}") from error

    def tag(key: str) -> str:
        return reader.GetMetaData(key).strip() if reader.HasMetaDataKey(key) else ""

    if int(tag(_FRAMES) or 1) > 1:
        raise DataError(f"{path}: {tag(_FRAMES)} frames in one file; convert it with dcm2niix to .nii.gz")
    position, vectors = _numbers(tag(_POSITION), 3), _numbers(tag(_ORIENTATION), 6)
    known = any(map(tag, _SPACINGS))
    width, height = reader.GetSpacing()[:2]
    size = tuple(reader.GetSize()[:2])
    return _Slice(path, tag(_SERIES), size, position, vectors, (width, height), known)


def _numbers(text: str, count: int) -> np.ndarray | None:
    try:
        found = np.array([float(part) for part in text.split("\\")])
    except ValueError:
        return None
    return found if len(found) == count and np.isfinite(found).all() else None


def _step(path: Path, slices: Sequence[_Slice]) -> float:
    """The distance between slices in mm, 1 for a single one; DataError where it is not one throughout."""
    first = slices[0]
    if len(slices) == 1:
        return 1.0
    if any(one.position is None or one.rows_columns is None for one in slices):
        raise DataError(f"{path}: {len(slices)} images without positions: no volume; name each file by itself")
    for one in slices:
        if one.size != first.size or np.abs(one.normal - first.normal).max() > _TILT:
            what = f"size {times(one.size)} against {times(first.size)}" if one.size != first.size else "direction"
            raise DataError(f"{path}: {one.path.name} and {first.path.name} differ in {what}; take scouts away")
    steps = np.diff([one.depth for one in slices])
    if twice := [one.path.name for one, step in zip(slices, steps, strict=False) if step < _TWICE]:
        count = f"{len(twice)} of {len(slices)} positions stand twice ({first_names(twice, 3)})"
        raise DataError(f"{path}: {count}: several time points or echoes? Keep one of each in a folder of its own")
    usual = float(np.median(steps))
    if uneven := [number for number, step in enumerate(steps) if abs(step - usual) > max(_UNEVEN * usual, 0.02)]:
        gaps = [f"{steps[n]:.4g} mm between {slices[n].path.name} and {slices[n + 1].path.name}" for n in uneven]
        why = f"slices are missing, or not evenly spaced: {first_names(gaps, 3)}, in most places {usual:.4g} mm"
        raise DataError(f"{path}: {why}; copy the series again, or resample it (dcm2niix)")
    return float(np.mean(steps))


def _pixels(path: Path, files: Sequence[Path]) -> np.ndarray:
    """(D, H, W), or (D, H, W, 3) in colour."""
    import SimpleITK as sitk

    reader: Any = sitk.ImageSeriesReader()
    reader.SetImageIO("GDCMImageIO")
    reader.SetFileNames([str(file) for file in files])
    shown = sitk.ProcessObject.GetGlobalWarningDisplay()
    sitk.ProcessObject.SetGlobalWarningDisplay(False)  # what it warns of is checked above
    try:
        image = reader.Execute()
    except RuntimeError as error:
        raise DataError(f"{path}: cannot be read: {str(error).strip().splitlines()[-1]}") from error
    finally:
        sitk.ProcessObject.SetGlobalWarningDisplay(shown)
    array = sitk.GetArrayFromImage(image)
    if image.GetDimension() == 2:
        array = array[None]
    if image.GetNumberOfComponentsPerPixel() not in (1, 3):
        raise DataError(f"{path}: {image.GetNumberOfComponentsPerPixel()} channels; grey and colour images are read")
    return array


def _grid(slices: Sequence[_Slice], step: float, pixels: np.ndarray) -> Volume:
    first, last = slices[0], slices[-1]
    width, height = first.spacing
    origin = np.zeros(3) if first.position is None else first.position
    direction = IDENTITY
    if first.rows_columns is not None:
        columns = (first.rows_columns[:3], first.rows_columns[3:], first.normal)
        direction = tuple(np.stack(columns, axis=1).ravel().tolist())
    notes: tuple[str, ...] = ()
    if len(slices) > 1 and first.position is not None and last.position is not None:
        along = last.position - first.position
        aside = np.linalg.norm(along - (along @ first.normal) * first.normal)
        if aside > _TILT * abs(along @ first.normal):
            notes = ("its slices are shifted against each other (a tilted gantry): distances across them may differ",)
    x, y, z = origin.tolist()
    empty = np.broadcast_to(np.uint8(0), pixels.shape[:3])
    return Volume(empty, (step, height, width), (x, y, z), direction, first.known, notes=notes)
