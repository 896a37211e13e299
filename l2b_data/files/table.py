"""Tables as .csv files with a header line: rows written, cells read."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from l2b_data.errors import DataError
from l2b_data.files.atomic import write_text
from l2b_data.files.unicode_form import composed


def write_table(path: Path, rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """A .csv with a header and a line a row, whole or not at all; None is an empty field.

    Raises L2BError where the file cannot be written.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())


def table_text(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A header and a line a row as the text of a .csv; None is an empty field."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


def read_csv_rows(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header, and the rows that are not blank, each with its line in the file; ([], []) of an empty file.

    Cells are in form NFC.

    Raises DataError where it cannot be read, as UTF-8 or as a table.
    """
    try:
        with open(path, newline="", encoding="utf-8-sig") as handle:
            reader = csv.reader(handle, strict=True)
            header = next(reader, [])
            return header, [(reader.line_num, [composed(cell) for cell in row]) for row in reader if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: cannot be read as a table ({error}); save it as .csv in UTF-8") from error
