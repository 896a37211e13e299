"""The image files of a folder by case id, whatever the layout: plain, nnU-Net's or PROMISE12's."""

import re
from collections.abc import Container, Iterable
from pathlib import Path

from l2b_data.errors import DataError
from l2b_data.files.hidden import visible_files
from l2b_data.images.formats.dicom import series_in
from l2b_data.images.image_files import IMAGE_SUFFIXES, READABLE_SUFFIXES, file_stem, file_suffix

# PROMISE12: Case00.mhd and Case00_segmentation.mhd in one folder; ISIC likewise. The others are people's own.
MASK_ENDINGS = ("_segmentation", "_mask", "_label", "_seg")
PROBABILITY_ENDING = "_probability"  # what `predict` writes beside masks
_FURTHER = re.compile(rf"(.+)({'|'.join(MASK_ENDINGS)})[ _-]?\(?\d{{1,3}}\)?")  # BUSI: CASE_mask, CASE_mask_1, ...
_CHANNEL = re.compile(r"(.+)_(\d{4})")  # nnU-Net: CASE_0000, CASE_0001, ... are the channels of one image


def mask_files(folder: Path) -> dict[str, Path]:
    """Masks of a folder, case id -> file, sorted; where CASE_segmentation.* (MASK_ENDINGS) exists, CASE.* is its image.

    CASE_probability.* beside a mask CASE.* are left out. Raises DataError: no such folder, no image file in it, or
    several files or masks for one case.
    """
    found = _files(folder)
    stems = {file_stem(path) for path in found}
    beside = {stem + PROBABILITY_ENDING for stem in stems}
    found = [path for path in found if file_stem(path) not in beside]
    further = {case: path.name for path in found if (case := further_mask_of(file_stem(path), stems))}
    if further:
        way_out = "`l2b-seg prepare folder --merge-masks` unites them, so name what it made"
        raise DataError(f"{folder}: several masks of one image ({', '.join(further.values())}); {way_out}")
    masks = {path.name for path in found if cut_mask_ending(file_stem(path)) != file_stem(path)}
    images = {cut_mask_ending(file_stem(Path(name))) for name in masks}
    cases: dict[str, list[Path]] = {}
    for path in found:
        if path.name in masks or file_stem(path) not in images:
            cases.setdefault(cut_mask_ending(file_stem(path)), []).append(path)
    _refuse_twice(folder, cases.values())
    return {case: cases[case][0] for case in sorted(cases)}


def image_files(folder: Path, *, channels: int | None = None) -> dict[str, list[Path]]:
    """Images of a folder, case id -> its channels' files in order, sorted.

    Masks are left out: CASE_segmentation.*, and with another of MASK_ENDINGS where CASE.* is there as well. CASE_0000,
    CASE_0001, ... are the channels of CASE. A name with another number, and no _0000 beside it, is a case of its own;
    and so are numbered pictures where grey or colour ones are wanted (`channels` 1 or 3) and their number is another: a
    camera counts in the same way. Raises DataError: no such folder, no image file in it, several files for one channel,
    or a channel left out.
    """
    found = _files(folder)
    stems = {file_stem(path) for path in found}
    found = [path for path in found if not _is_mask(file_stem(path), stems)]
    cases = _by_channel(found, {file_stem(path) for path in found})
    counted = {
        path for files in cases.values() if _counted(files, channels) for paths in files.values() for path in paths
    }
    if counted:
        cases = _by_channel(found, {file_stem(path) for path in found if path not in counted})
    _refuse_twice(folder, (files for numbered in cases.values() for files in numbered.values()))
    gaps = [case for case, numbered in cases.items() if sorted(numbered) != list(range(len(numbered)))]
    if gaps:
        shown = "\n  ".join(f"{case}: {', '.join(f'_{n:04}' for n in sorted(cases[case]))}" for case in sorted(gaps))
        raise DataError(
            f"{folder}: images with a channel left out; add it, or rename files that are no channels:\n  {shown}"
        )
    return {case: [cases[case][channel][0] for channel in sorted(cases[case])] for case in sorted(cases)}


def case_id(path: Path, *, channels: int | None = None) -> str:
    """Case id of an image file: its name without the suffix, a mask's ending, or _0000.

    A picture keeps _0000 where `image_files` takes it for one of its own.
    """
    stem, files = cut_mask_ending(file_stem(path)), channels_beside(path, (channels or 1) + 1)
    counted = _counted({number: [file] for number, file in enumerate(files)}, channels)
    return stem if counted else stem.removesuffix("_0000")


def cut_mask_ending(stem: str) -> str:
    """A file's name without one of MASK_ENDINGS, if it has one and more."""
    ending = next((ending for ending in MASK_ENDINGS if stem.endswith(ending)), "")
    return stem.removesuffix(ending) or stem


def further_mask_of(stem: str, stems: Container[str]) -> str | None:
    """The case that CASE_mask_1 is a further mask of, where CASE_mask is among `stems`; None of any other name."""
    found = _FURTHER.fullmatch(stem)
    return found[1] if found and found[1] + found[2] in stems else None


def numbered_mask_of(stem: str) -> str | None:
    """The case by the name of a mask with a number, CASE_mask_1; None of any other name."""
    found = _FURTHER.fullmatch(stem)
    return found[1] if found else None


def channels_beside(path: Path, count: int) -> list[Path]:
    """`path`, and where it is CASE_0000 the files CASE_0001, ... of the same suffix in its folder, `count` at most."""
    suffix = path.name[len(path.name) - len(file_suffix(path) or "") :]
    stem = path.name.removesuffix(suffix)
    if not stem.endswith("_0000"):
        return [path]
    found = [path]
    while len(found) < count:
        following = path.with_name(f"{stem.removesuffix('_0000')}_{len(found):04}{suffix}")
        if not following.is_file():
            break
        found.append(following)
    return found


def _is_mask(stem: str, stems: Container[str]) -> bool:
    case = further_mask_of(stem, stems) or cut_mask_ending(stem)
    return stem.endswith(MASK_ENDINGS[0]) or (case != stem and (case in stems or f"{case}_0000" in stems))


def _counted(files: dict[int, list[Path]], channels: int | None) -> bool:
    """Whether numbered files are images of their own rather than channels of one."""
    pictures = all(file_suffix(path) in IMAGE_SUFFIXES for paths in files.values() for path in paths)
    return pictures and len(files) > 1 and channels in (1, 3) and len(files) != channels


def _by_channel(found: Iterable[Path], stems: Container[str]) -> dict[str, dict[int, list[Path]]]:
    """Case id -> channel -> files; a number is a channel's where `stems` has the case's _0000."""
    cases: dict[str, dict[int, list[Path]]] = {}
    for path in found:
        numbered = _CHANNEL.fullmatch(file_stem(path))
        known = numbered is not None and f"{numbered[1]}_0000" in stems
        case, channel = (numbered[1], int(numbered[2])) if numbered and known else (file_stem(path), 0)
        cases.setdefault(case, {}).setdefault(channel, []).append(path)
    return cases


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder")
    found = [path for path in visible_files(folder) if file_suffix(path)] + series_in(folder)
    if not found:
        inner = [name for name in ("labelsTr", "imagesTr") if (folder / name).is_dir()]
        hint = f"; it holds {' and '.join(inner)}: name one of them" if inner else ""
        raise DataError(f"{folder}: no image file in it ({', '.join(READABLE_SUFFIXES)}){hint}")
    return found


def _refuse_twice(folder: Path, groups: Iterable[list[Path]]) -> None:
    twice = [", ".join(sorted(path.name for path in files)) for files in groups if len(files) > 1]
    if twice:
        raise DataError(f"{folder}: several files for one case; keep one of each:\n  " + "\n  ".join(sorted(twice)))
