"""Names in one Unicode form: macOS hands out "é" as two characters, everybody else types one."""

import unicodedata
from pathlib import Path


def composed(text: str) -> str:
    """The text in form NFC, in which all names are compared."""
    return unicodedata.normalize("NFC", text)


def on_disk(path: Path) -> Path:
    """The file that is there under this name in whatever form; `path` itself where there is none."""
    if path.name.isascii() or path.exists() or not path.parent.is_dir():
        return path
    return next((one for one in path.parent.iterdir() if composed(one.name) == composed(path.name)), path)
