"""Lists in text files."""

import pytest

from l2b_data.errors import DataError
from l2b_data.files.text_lines import read_lines


def test_lines(tmp_path):
    path = tmp_path / "list.txt"
    path.write_bytes("\ufeff a.png \r\n\n\tb c.png".encode())
    assert read_lines(path) == ["a.png", "b c.png"]
    path.write_bytes(b"\xff")
    for wrong in (path, tmp_path / "none.txt"):
        with pytest.raises(DataError, match=r"\.txt: cannot be read"):
            read_lines(wrong)
