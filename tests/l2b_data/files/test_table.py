"""Tables in files."""

import pytest

from l2b_data.errors import DataError
from l2b_data.files.table import read_csv_rows, write_table


def test_header_rows_and_empty_fields(tmp_path):
    write_table(tmp_path / "t.csv", [{"a": 1, "b": "x, y"}, {"a": None, "b": 0.5}], ["b", "a"])
    assert (tmp_path / "t.csv").read_text() == 'b,a\n"x, y",1\n0.5,\n'
    write_table(tmp_path / "t.csv", [], ["b", "a"])
    assert (tmp_path / "t.csv").read_text() == "b,a\n"


def test_rows_know_their_lines(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('\ufeffa,b\n\n1,"x\ny"\n2,\n', encoding="utf-8")
    assert read_csv_rows(path) == (["a", "b"], [(4, ["1", "x\ny"]), (5, ["2", ""])])
    path.write_text("")
    assert read_csv_rows(path) == ([], [])


@pytest.mark.parametrize("content", [b"a,b\n\xff,1\n", b'a\n"1\n', None])
def test_no_table(tmp_path, content):
    if content is not None:
        (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(DataError, match=r"t\.csv: cannot be read as a table .*; save it as \.csv in UTF-8"):
        read_csv_rows(tmp_path / "t.csv")
