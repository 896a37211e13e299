"""JSON objects from files that need not be what they seem."""

import pytest

from l2b_data.errors import DataError
from l2b_data.files.json_object import json_object_or_fault, read_json_object


@pytest.mark.parametrize("start", ["", "\ufeff"], ids=["plain", "byte order mark"])
def test_an_object(tmp_path, start):
    path = tmp_path / "a.json"
    path.write_text(f'{start}{{"a": [1, "ä"]}}', encoding="utf-8")
    assert read_json_object(path, way_out="") == {"a": [1, "ä"]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"a": 1', "a.json cannot be read: "),
        (b'{"a": "\xff"}', "a.json cannot be read: "),
        (b"[1]", "a.json holds no JSON object"),
        (b"null", "a.json holds no JSON object"),
    ],
)
def test_no_object(tmp_path, content, message):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_json_object(path, way_out="")


def test_no_file_and_the_way_out(tmp_path):
    with pytest.raises(DataError, match=r"b\.json: no such file; name a run$"):
        read_json_object(tmp_path / "b.json", way_out="name a run")


def test_a_folder_of_that_name(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_json_object(tmp_path, way_out="")


@pytest.mark.parametrize(
    ("content", "found", "faults"),
    [
        ('{"a": 1}', {"a": 1}, []),
        (None, {}, ["a.json is missing"]),
        ("{}", {}, ["PATH holds an empty object"]),
        ("[]", {}, ["PATH holds no JSON object"]),
    ],
)
def test_what_is_wrong_joins_the_other_faults(tmp_path, content, found, faults):
    path, noted = tmp_path / "a.json", ["another fault"]
    if content is not None:
        path.write_text(content)
    assert json_object_or_fault(path, noted) == found
    assert noted == ["another fault", *(text.replace("PATH", str(path)) for text in faults)]


def test_a_key_twice_where_each_may_stand_once(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"a": {"b": 1, "b": 2}, "c": [{"b": 1}, {"b": 2}]}')
    assert read_json_object(path, way_out="")["a"] == {"b": 2}
    with pytest.raises(DataError, match=r"a\.json cannot be read: 'b' stands twice in one object"):
        read_json_object(path, way_out="", once=True)
