"""Hidden files and folders (.ipynb_checkpoints, __MACOSX, .DS_Store): left out of every walk over data."""

import os
from pathlib import Path, PurePosixPath

_LEFT_BEHIND = {"__macosx", "@eadir", "thumbs.db", "desktop.ini"}  # macOS zips, Synology, Windows


def is_hidden(path: PurePosixPath | str) -> bool:
    """Whether any part of a path (below the source, "/" between parts) starts with a dot or is a system's own.

    .ipynb_checkpoints/a.png, .git, .DS_Store, ._a.png, __MACOSX/a.png, @eaDir, Thumbs.db, desktop.ini.
    """
    return any(part.startswith(".") or part.lower() in _LEFT_BEHIND for part in PurePosixPath(path).parts)


def visible_files(folder: Path, *, deep: bool = False) -> list[Path]:
    """Files in `folder`, with `deep` in all folders below it too, sorted; hidden ones left out, links not followed.

    Only what lies below `folder` is judged: the folder itself may be hidden. Empty where it does not exist.
    """
    found: list[Path] = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if deep and not is_hidden(name)]
        found += [Path(place, name) for name in names if not is_hidden(name)]
    return sorted(found)
