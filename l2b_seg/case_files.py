"""The volumes of a folder by case id, whatever the layout: plain, nnU-Net's or PROMISE12's."""

from pathlib import Path

from l2b_run.errors import DataError
from l2b_seg.volume import VOLUME_SUFFIXES, volume_suffix

_MASK_ENDING = "_segmentation"  # PROMISE12: Case00.mhd and Case00_segmentation.mhd in one folder
_CHANNEL_ENDING = "_0000"  # nnU-Net: the first channel of an image


def mask_files(folder: Path) -> dict[str, Path]:
    """Masks of a folder, case id -> file, sorted; where CASE_segmentation.* exists, CASE.* is its image.

    Raises:
        DataError: no such folder, no volume in it, or several files for one case.
    """
    found = _volumes(folder)
    masks = {stem for stem in found if stem.endswith(_MASK_ENDING)}
    images = {stem.removesuffix(_MASK_ENDING) for stem in masks}
    return _by_case(folder, {stem: found[stem] for stem in found.keys() - images}, _MASK_ENDING)


def image_files(folder: Path) -> dict[str, Path]:
    """Images of a folder, case id -> file, sorted; CASE_segmentation.* are masks and left out, _0000 is cut off.

    Raises:
        DataError: no such folder, no volume in it, several files for one case, or images of several channels.
    """
    found = {stem: files for stem, files in _volumes(folder).items() if not stem.endswith(_MASK_ENDING)}
    channels = sorted(stem for stem in found if stem.endswith("_0001") and f"{stem[:-5]}{_CHANNEL_ENDING}" in found)
    if channels:
        raise DataError(f"{folder}: images of several channels ({channels[0]} and others); one channel is read")
    return _by_case(folder, found, _CHANNEL_ENDING)


def case_id(path: Path) -> str:
    """Case id of a volume's file: its name without the volume suffix, _segmentation or _0000."""
    stem = path.name[: -len(volume_suffix(path) or "")] if volume_suffix(path) else path.name
    return stem.removesuffix(_MASK_ENDING).removesuffix(_CHANNEL_ENDING)


def _volumes(folder: Path) -> dict[str, list[Path]]:
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder")
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        suffix = volume_suffix(path)
        if suffix and path.is_file() and not path.name.startswith("."):
            found.setdefault(path.name[: -len(suffix)], []).append(path)
    if not found:
        inner = [name for name in ("labelsTr", "imagesTr") if (folder / name).is_dir()]
        hint = f"; it holds {' and '.join(inner)}: name one of them" if inner else ""
        raise DataError(f"{folder}: no volume in it ({', '.join(VOLUME_SUFFIXES)}){hint}")
    return found


def _by_case(folder: Path, found: dict[str, list[Path]], ending: str) -> dict[str, Path]:
    cases: dict[str, list[Path]] = {}
    for stem, files in found.items():
        cases.setdefault(stem.removesuffix(ending), []).extend(files)
    twice = [", ".join(sorted(path.name for path in files)) for files in cases.values() if len(files) > 1]
    if twice:
        raise DataError(f"{folder}: several files for one case; keep one of each:\n  " + "\n  ".join(sorted(twice)))
    return {case: cases[case][0] for case in sorted(cases)}
