"""The lines of a list in a text file."""

from pathlib import Path

from l2b_data.errors import DataError
from l2b_data.files.unicode_form import composed


def read_lines(path: Path) -> list[str]:
    """Lines in form NFC without the spaces around them and without blank ones. Raises DataError: no text in UTF-8."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read ({error})") from error
    return [line.strip() for line in composed(text).splitlines() if line.strip()]
