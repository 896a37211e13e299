"""Images and masks of a case, found by their names in plain folders or by patterns."""

import glob
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from l2b_data.cases.case_files import cut_mask_ending, further_mask_of, numbered_mask_of
from l2b_data.cases.dataset import plain_case_id
from l2b_data.errors import ConfigError, DataError
from l2b_data.files.hidden import is_hidden, visible_files
from l2b_data.files.shorten import few
from l2b_data.files.unicode_form import composed
from l2b_data.images.formats.dicom import is_series, series_in
from l2b_data.images.image_files import READABLE_SUFFIXES, file_stem, file_suffix

_CHANNEL = re.compile(r"(?P<case>.+)_(?P<channel>\d{4})")


@dataclass(frozen=True)
class RawCase:
    """Source files of one case: images, one or more, whose channels follow each other; its given mask, and further
    ones that are united with it."""

    images: tuple[Path, ...]
    label: Path
    further: tuple[Path, ...] = ()


def find_pairs(
    images: Sequence[str],
    labels: str,
    *,
    exclude: Sequence[str] = (),
    merge: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> tuple[dict[str, RawCase], list[str]]:
    """Case id -> its files, sorted, and what is wrong with the rest, a line a fault.

    A source is a folder (not searched deeper, but for DICOM: a folder of slices is a case) or a pattern with "*" where
    the case id stands, as "*/t2.nii.gz" (upper or lower case in the file name is all the same: annotators type Seg_ and
    seg_). In a folder the case id of a mask is its name without suffix and without one of MASK_ENDINGS; that of an
    image its name without suffix, and without _0000, _0001, ... (nnU-Net's channels) where no mask has the whole name.
    Several image sources are channels of one image. Where images and masks are in one folder, masks are those with an
    ending. CASE_mask_1, CASE_mask_2, ... beside CASE_mask (BUSI) are further masks of CASE: a fault, or with `merge` to
    be united. Cases in `exclude` are left out.

    Faults: a case with an image and no mask or the other way, with two files in one place, without all its channels, or
    with a name that cannot be a file name. Raises DataError: a source that does not exist or holds no readable file;
    ConfigError: a pattern without a readable suffix, the same source twice, or excluded cases that are not there.
    """
    if len(set(images)) < len(images):
        raise ConfigError(f"--images {', '.join(images)}: the same source twice")
    masks: dict[str, list[Path]] = defaultdict(list)
    further: dict[str, list[Path]] = defaultdict(list)
    of_masks = _files(labels, "--labels", say)
    for stem, paths in of_masks.items():
        if "*" not in labels and (several := further_mask_of(stem, of_masks)):
            further[several] += paths
            continue
        case = stem if "*" in labels else cut_mask_ending(stem)
        if labels not in images or case != stem:
            masks[case] += paths
    faults: list[str] = []
    channels: dict[str, dict[tuple[int, int], list[Path]]] = defaultdict(lambda: defaultdict(list))
    for number, source in enumerate(images):
        for stem, paths in _files(source, "--images", say).items():
            if source == labels and (cut_mask_ending(stem) != stem or numbered_mask_of(stem) in of_masks):
                continue
            match = _CHANNEL.fullmatch(stem) if "*" not in source and stem not in masks else None
            key = (number, int(match["channel"]) if match else 0)
            channels[match["case"] if match else stem][key] += paths
    if absent := sorted(set(exclude) - channels.keys() - masks.keys()):
        raise ConfigError(f"--exclude: no case {', '.join(absent)}")
    cases = {}
    for case in sorted((channels.keys() | masks.keys()) - set(exclude)):
        found = _faults(case, channels.get(case, {}), masks.get(case, []), images)
        if further[case] and not merge:
            listed = ", ".join(path.name for path in (*masks[case], *further[case]))
            found.append(f"{case}: several masks, {listed}; --merge-masks unites them, --exclude leaves the case out")
        missing = f"{case}: no mask"
        faults += [fault + _numbered(case, of_masks) if fault.startswith(missing) else fault for fault in found]
        if not found:
            files = tuple(channels[case][key][0] for key in sorted(channels[case]))
            cases[case] = RawCase(files, masks[case][0], tuple(further[case]))
    return cases, faults


def _numbered(case: str, masks: Mapping[str, list[Path]]) -> str:
    """The end of the message that a case has no mask, where there are several with a number."""
    found = [path.name for stem, paths in masks.items() for path in paths if numbered_mask_of(stem) == case]
    way_out = "unite them, or take one kind by a pattern, as --labels 'MASKS/*_mask_1.png'"
    return f"; there are several with a number ({few(sorted(found), 3)}): {way_out}" if found else ""


def _files(source: str, option: str, say: Callable[[str], None]) -> dict[str, list[Path]]:
    """Stem (or what "*" stands for) -> files of a source."""
    if "*" in source:
        return _by_pattern(source, option)
    folder = Path(source)
    if not folder.is_dir():
        raise DataError(f"{option} {source}: no such folder; give a folder, or a pattern with * where the case id is")
    files = visible_files(folder)
    found: dict[str, list[Path]] = defaultdict(list)
    for path in files:
        if file_suffix(path):
            found[file_stem(path)].append(path)
    for path in series_in(folder):
        found[composed(path.name)].append(path)
    if not found:
        inner = sorted(path.name for path in folder.iterdir() if path.is_dir() and not is_hidden(path.name))[:3]
        hint = f"; folders are not searched: name one of them ({', '.join(inner)}), or a pattern" if inner else ""
        raise DataError(f"{option} {source}: no image in it ({', '.join(READABLE_SUFFIXES)}){hint}")
    other = [path.name for path in files if not file_suffix(path) and path.suffix.lower() not in (".raw", ".zraw")]
    if other:
        say(f"{option} {source}: {len(other)} files of other types are not read ({', '.join(other[:3])})")
    return found


def _by_pattern(source: str, option: str) -> dict[str, list[Path]]:
    names = sorted(glob.glob(_any_case(source)))
    if file_suffix(Path(source)) is None and not any(is_series(Path(name)) for name in names):
        raise ConfigError(f"{option} {source}: a pattern ends in one of {', '.join(READABLE_SUFFIXES)}")
    first, *rest = source.split("*")
    literal = "(?P=case)".join(re.escape(part) for part in rest)
    expression = re.compile(f"{re.escape(first)}(?P<case>[^/]+){literal}", re.IGNORECASE)
    found: dict[str, list[Path]] = defaultdict(list)
    for name in names:
        match = expression.fullmatch(name)
        if match and not is_hidden(match["case"]) and (Path(name).is_file() or is_series(Path(name))):
            found[composed(match["case"])].append(Path(name))
    if not found:
        raise DataError(f"{option} {source}: no file fits the pattern; * stands for the case id, the same everywhere")
    return found


def _any_case(pattern: str) -> str:
    """The pattern for `glob`: "*" alone is special, and letters of the last part stand for either case."""
    folder, slash, name = pattern.rpartition("/")
    either = "".join(f"[{c.lower()}{c.upper()}]" if c.isalpha() else c if c == "*" else glob.escape(c) for c in name)
    return "*".join(glob.escape(part) for part in folder.split("*")) + slash + either


def _faults(
    case: str, images: Mapping[tuple[int, int], list[Path]], masks: list[Path], sources: Sequence[str]
) -> list[str]:
    if not plain_case_id(case):
        return [f"{case!r}: cannot be a file name; rename it"]
    faults = []
    if not images:
        faults.append(f"{case}: no image for the mask {masks[0]}")
    if not masks:
        faults.append(f"{case}: no mask for the image {next(iter(images.values()))[0]}")
    for paths in (*images.values(), masks):
        if len(paths) > 1:
            faults.append(f"{case}: {len(paths)} files for one place, keep one: {', '.join(map(str, paths))}")
    for number, name in enumerate(sources if images else ()):
        there = sorted(channel for source, channel in images if source == number)
        if not there:
            faults.append(f"{case}: no image in {name}")
        elif there != list(range(len(there))):
            listed = ", ".join(f"_{channel:04d}" for channel in there)
            faults.append(f"{case}: channels {listed} found; they are numbered _0000, _0001, ... without a gap")
    return faults
