"""Tables in files."""

from l2b_data.files.table import write_table


def test_header_rows_and_empty_fields(tmp_path):
    write_table(tmp_path / "t.csv", [{"a": 1, "b": "x, y"}, {"a": None, "b": 0.5}], ["b", "a"])
    assert (tmp_path / "t.csv").read_text() == 'b,a\n"x, y",1\n0.5,\n'
    write_table(tmp_path / "t.csv", [], ["b", "a"])
    assert (tmp_path / "t.csv").read_text() == "b,a\n"
