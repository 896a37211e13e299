"""Zips that try to write elsewhere, or more than they say."""

import stat
import zipfile

import pytest

from data_prep.fetch.archive import archive_names, extract_files
from l2b_data.errors import DataError


def make_zip(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


def extract(path, folder, **options):
    return extract_files(path, folder, keep=lambda name: name.endswith(".raw"), **options)


def test_only_wanted_members_by_plain_name(tmp_path):
    path = make_zip(tmp_path / "a.zip", [("a/b/x.raw", b"1"), ("c/x.raw", b"2"), ("y.raw", b"3"), ("a/z.txt", b"4")])
    files = extract(path, tmp_path / "out")
    found = {str(file.relative_to(tmp_path / "out")): file.read_bytes() for file in files}
    assert found == {"0000/y.raw": b"3", "0001/x.raw": b"1", "0002/x.raw": b"2"}
    assert sorted(p for p in (tmp_path / "out").rglob("*") if p.is_file()) == sorted(files)


@pytest.mark.parametrize("name", ["../x.raw", "a/../../x.raw", "/x.raw", "..\\x.raw", "C:/x.raw", "../notes.txt"])
def test_names_that_lead_outside(tmp_path, name):
    path = make_zip(tmp_path / "a.zip", [("fine.raw", b"1"), (name, b"2")])
    with pytest.raises(DataError, match="outside"):
        extract(path, tmp_path / "out")
    assert [p.name for p in tmp_path.iterdir()] == ["a.zip"]


def test_links(tmp_path):
    info = zipfile.ZipInfo("x.raw")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(DataError, match="is a link"):
        extract(make_zip(tmp_path / "a.zip", [(info, b"/etc/passwd")]), tmp_path / "out")


def test_cap_on_the_sum(tmp_path):
    path = make_zip(tmp_path / "a.zip", [("x.raw", bytes(600)), ("y.raw", bytes(600))])
    with pytest.raises(DataError, match="1,200 bytes, more than the cap of 1,000"):
        extract(path, tmp_path / "out", max_bytes=1000)


def test_member_longer_than_it_declares(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.raw", bytes(100_000))
    data = path.read_bytes()
    path.write_bytes(data.replace((100_000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    with pytest.raises(DataError, match=r"a\.zip"):
        extract(path, tmp_path / "out")
    assert not [p for p in (tmp_path / "out").rglob("*") if p.is_file()]


def test_damaged_member(tmp_path):
    path = make_zip(tmp_path / "a.zip", [("x.raw", b"payload-payload")])
    path.write_bytes(path.read_bytes().replace(b"payload-payload", b"payload-pAyload"))
    with pytest.raises(DataError, match="not a readable zip"):
        extract(path, tmp_path / "out")


def test_same_member_twice(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate"):
        path = make_zip(tmp_path / "a.zip", [("x.raw", b"1"), ("x.raw", b"2")])
    with pytest.raises(DataError, match="stands twice"):
        extract(path, tmp_path / "out")


def test_hidden_members_are_left_out(tmp_path):
    members = [("a/x.raw", b"1"), ("__MACOSX/a/x.raw", b"2"), ("a/.copies/y.raw", b"3"), ("a/._x.raw", b"4")]
    path = make_zip(tmp_path / "a.zip", members)
    assert archive_names(path) == ["x.raw"]
    assert [file.read_bytes() for file in extract(path, tmp_path / "out")] == [b"1"]
