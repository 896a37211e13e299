"""The cells of a .csv file with a header line."""

import csv
from pathlib import Path

from l2b_data.errors import DataError


def read_csv_rows(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header, and the rows that are not blank, each with its line in the file; ([], []) of an empty file.

    Raises DataError where it cannot be read, as UTF-8 or as a table.
    """
    try:
        with open(path, newline="", encoding="utf-8-sig") as handle:
            reader = csv.reader(handle, strict=True)
            header = next(reader, [])
            return header, [(reader.line_num, row) for row in reader if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: cannot be read as a table ({error}); save it as .csv in UTF-8") from error
