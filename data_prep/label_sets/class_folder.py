"""The user's own images (class folders, or a table of files and labels) -> prepared set, resized once."""

from collections.abc import Callable, Sequence
from pathlib import Path

from data_prep.fetch.picture_source import FolderSource, read_all
from data_prep.label_sets.class_listing import list_class_folders, list_table, number_classes
from data_prep.label_sets.class_split import SplitShares, split_classes
from data_prep.own_cases.split import group_cases
from l2b_data.errors import ConfigError, DataError
from l2b_data.files.shorten import counted, first_lines
from l2b_data.samples.image_set import ImageSet
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
    shares: SplitShares | None = None,
    group_regex: str | None = None,
    size: tuple[int, int] | None = None,
    grey: bool = False,
    workers: int = 2,
    say: Say = lambda line: None,
) -> ImageSet:
    """Images below `source` -> prepared set `out`, resized to `size` (H, W) where they are not all of one size.

    Without a table the classes are folders (`list_class_folders`); with one, the split, the groups and further label
    sets (`given`) may stand in it as well (`list_table`). What a label means: `number_classes`. Where no split is said
    it is drawn by `shares`, whole groups together. group_regex: the group is what its bracket finds in the file's path.

    Raises ConfigError, and DataError with every fault of the table, of the labels, or of the images.
    """
    source, out = Path(source), Path(out)
    require_free(out)
    if not source.is_dir():
        raise DataError(f"--source {source}: no such folder")
    if given and table is None:
        raise ConfigError(f"--given {','.join(given)}: a column of the table, so give --table as well")
    listing = list_class_folders(source) if table is None else list_table(Path(table), source, given=given)
    labels, sets, classes = number_classes(listing, class_names, where=str(table or source))
    groups = listing.groups or [""] * len(listing.files)
    if group_regex is not None:
        groups = _groups(listing.files, group_regex)
    how = "as given"
    split = listing.split
    if split is None:
        drawn = shares or SplitShares()
        split = split_classes(labels, groups, drawn).tolist()
        how = f"drawn: test {drawn.test:g}, val {drawn.val:g}, seed {drawn.seed}"
        say(f"no split is given; {how}")
    images = read_all(
        FolderSource(source), listing.files, channels=1 if grey else 3, size=size, workers=workers, say=say
    )
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
        source={"dataset": "folder", "table": Path(table).name if table else None, "split": how, "grey": grey},
    )


def _groups(files: Sequence[str], regex: str) -> list[str]:
    found, without = group_cases(files, file=None, regex=regex)
    if without:
        listed = "\n  ".join(first_lines(without, _SHOWN))
        raise DataError(f"{counted(len(without), 'image')} without a group:\n  {listed}")
    return [found[file] for file in files]
