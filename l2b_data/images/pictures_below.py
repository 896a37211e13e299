"""Names of the pictures in a folder."""

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from l2b_data.images.picture_8bit import is_picture


def pictures_below(folder: Path) -> list[str]:
    """Paths of all pictures below `folder`, "/" between parts, sorted; nothing hidden, nor in a hidden folder."""
    found = shown_pictures(path.relative_to(folder).as_posix() for path in folder.rglob("*"))
    return [name for name in found if (folder / name).is_file()]


def shown_pictures(names: Iterable[str]) -> list[str]:
    """The names of pictures among paths, sorted; without those that have a hidden part (.ipynb_checkpoints)."""
    return sorted(
        name for name in names if is_picture(name) and not any(p.startswith(".") for p in PurePosixPath(name).parts)
    )
