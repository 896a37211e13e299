"""The user's own images (class folders, or a table of files and labels) -> prepared set, resized once."""

from collections.abc import Callable, Mapping, Sequence
from itertools import compress
from pathlib import Path, PurePosixPath

import numpy as np

from data_prep.fetch.picture_source import FolderSource, read_all, unreadable
from data_prep.label_sets.class_listing import list_class_folders, list_table, number_classes
from data_prep.label_sets.class_split import SplitShares, split_classes
from data_prep.label_sets.same_files import joined, same_files
from data_prep.own_cases.split import group_cases
from l2b_data.errors import ConfigError, DataError
from l2b_data.files.alike_names import alike_in_parts
from l2b_data.files.shorten import counted, first_lines, first_names
from l2b_data.files.text_lines import read_lines
from l2b_data.images.picture_8bit import is_deep
from l2b_data.samples.alike_classes import alike_classes, alike_text
from l2b_data.samples.image_set import OWN, ImageSet
from l2b_data.samples.label_table import META
from l2b_data.samples.write_image_set import require_free, write_image_set

_SHOWN = 20

Say = Callable[[str], None]


def prepare_class_folder(
    source: Path | str,
    out: Path | str,
    *,
    table: Path | str | None = None,
    class_names: Sequence[str] | None = None,
    given: Sequence[str] = (),
    meta_list: Path | str | None = None,
    shares: SplitShares | None = None,
    group_regex: str | None = None,
    size: tuple[int, int] | None = None,
    grey: bool = False,
    skip_unreadable: bool = False,
    workers: int = 2,
    say: Say = lambda line: None,
) -> ImageSet:
    """Images below `source` -> prepared set `out`, resized to `size` (H, W) where they are not all of one size.

    Without a table the classes are folders (`list_class_folders`); with one, the split, the groups and further label
    sets (`given`) may stand in it as well (`list_table`). What a label means: `number_classes`. Where no split is said
    it is drawn by `shares`, whole groups together. group_regex: the group is what its bracket finds in the file's path.
    Exact copies of an image are drawn into one part. skip_unreadable: images that cannot be read are left out and told.
    meta_list: text file with a path below `source` a line, of images whose labels the user vouches for: the split meta.

    Raises ConfigError, and DataError with every fault of the table, of the labels, or of the images.
    """
    source, out = Path(source), Path(out)
    require_free(out)
    if not source.is_dir():
        raise DataError(f"--source {source}: no such folder")
    if given and table is None:
        raise ConfigError(f"--given {','.join(given)}: a column of the table, so give --table as well")
    listing = list_class_folders(source) if table is None else list_table(Path(table), source, given=given, say=say)
    pictures, channels = FolderSource(source), 1 if grey else 3
    skipped = unreadable(pictures, listing.files, workers=workers) if skip_unreadable else {}
    if skipped:
        listing = listing.without(skipped)
        _tell_skipped(skipped, say)
    labels, sets, classes = number_classes(listing, class_names, where=str(table or source))
    for names in alike_classes(classes):
        say(f"warning: {alike_text(names)}")
    groups = listing.groups or [""] * len(listing.files)
    if group_regex is not None:
        groups = _groups_by(group_regex, listing.files)
    split, how = np.array(listing.split or ["train"] * len(labels)), "as given"
    named = np.zeros(len(labels), bool)
    if meta_list is not None:
        named = _named_images(Path(meta_list), listing.files, groups, split)
        split[named] = META
    if listing.split is None:
        drawn = shares or SplitShares()
        free = np.flatnonzero(~named)
        paths = [pictures.path(listing.files[position]) for position in free]
        split[free] = _drawn(labels[free], paths, [groups[position] for position in free], drawn, say)
        how = f"drawn: test {drawn.test:g}, val {drawn.val:g}, seed {drawn.seed}"
        say(f"no split is given; {how}")
        if not any(groups) and (text := alike_in_parts(dict(zip(listing.files, split.tolist(), strict=True)))):
            say(f"warning: {text}")
    if deep := [file for file in listing.files if is_deep(pictures.path(file))]:
        shown = f"{counted(len(deep), 'image')} of more than 8 bits a pixel ({first_names(deep, 3)})"
        say(f"{shown}: each over its own range")
    images = read_all(pictures, listing.files, channels=channels, size=size, workers=workers, say=say)
    return write_image_set(
        out,
        name=source.resolve().name,
        images=images,
        labels=labels,
        split=split,
        classes=classes,
        names=listing.files,
        groups=groups,
        given=sets,
        source={"dataset": OWN, "table": Path(table).name if table else None, "split": how, "grey": grey}
        | ({"skipped": sorted(skipped)} if skipped else {}),
    )


def _tell_skipped(skipped: Mapping[str, str], say: Say) -> None:
    say(f"warning: {counted(len(skipped), 'image')} left out, unreadable:")
    for line in first_lines(list(skipped.values()), _SHOWN):
        say(f"  {line}")


def _groups_by(regex: str, files: Sequence[str]) -> list[str]:
    """The group of every file. Raises DataError with the files that have none."""
    found, without = group_cases(files, file=None, regex=regex)
    if without:
        listed = "\n  ".join(first_lines(without, _SHOWN))
        raise DataError(f"{counted(len(without), 'image')} without a group:\n  {listed}")
    return [found[file] for file in files]


def _drawn(
    labels: np.ndarray, paths: Sequence[Path], groups: Sequence[str], shares: SplitShares, say: Say
) -> np.ndarray:
    """The part (n,) of every image, whole groups and exact copies together."""
    same = same_files(paths)
    if same:
        copies = sum(len(found) - 1 for found in same)
        say(f"{counted(copies, 'image')} the same as another, byte for byte: in the same part as that one")
    return split_classes(labels, joined(groups, same), shares)


def _named_images(path: Path, files: Sequence[str], groups: Sequence[str], split: np.ndarray) -> np.ndarray:
    """Which of the `files` (n,) a list names, bool (n,).

    Raises DataError with all that is wrong: names of no image, images that do not train, a part of a group, no name.
    """
    names = {PurePosixPath(line).as_posix() for line in read_lines(path)}
    named = np.array([file in names for file in files])
    held = set(compress(groups, named)) - {""}
    rest = [group in held for group in groups] & ~named
    faults = {
        "no image of this name": sorted(names.difference(files)),
        "not of the training images": list(compress(files, named & ~np.isin(split, ("train", META)))),
        "of the same groups as named ones; name whole groups": list(compress(files, rest)),
    }
    lines = [f"{fault}: {first_names(found, _SHOWN)}" for fault, found in faults.items() if found]
    if lines or not names:
        what = f"needs paths below --source, one a line, as {files[0]}"
        raise DataError(f"--meta-list {path}: {what}:\n  " + "\n  ".join(lines or ["it is empty"]))
    return named
