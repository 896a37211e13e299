"""Files are whole or absent: after success, an exception, a full disk, and a kill in between."""

# ruff: noqa: PT012 - the body of the context manager under test is the point
import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from l2b_data.errors import ConfigError, L2BError
from l2b_data.files.atomic import atomic_file, atomic_folder, write_json, write_text

ROOT = Path(__file__).parents[2]


def test_text_and_json_round_trip_and_make_parents(tmp_path: Path) -> None:
    write_text(tmp_path / "a" / "b.txt", "ä\n")
    write_json(tmp_path / "c.json", {"dice": None, "cases": ["Case00"]})
    assert (tmp_path / "a" / "b.txt").read_text(encoding="utf-8") == "ä\n"
    assert json.loads((tmp_path / "c.json").read_text()) == {"dice": None, "cases": ["Case00"]}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_json_refuses_what_is_no_json_and_keeps_the_old_file(tmp_path: Path, value: float) -> None:
    write_json(tmp_path / "s.json", 1)
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "s.json", {"hd": value})
    assert (tmp_path / "s.json").read_text() == "1\n"


def test_an_exception_leaves_the_old_file_and_no_temporary(tmp_path: Path) -> None:
    target = tmp_path / "x.bin"
    target.write_bytes(b"old")
    with pytest.raises(RuntimeError, match="half way"), atomic_file(target) as temporary:
        temporary.write_bytes(b"ne")
        raise RuntimeError("half way")
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["x.bin"]


def test_the_temporary_keeps_the_suffixes(tmp_path: Path) -> None:
    # writers choose the format by the name: .nii.gz must stay .nii.gz
    with atomic_file(tmp_path / "c.nii.gz") as temporary:
        assert temporary.name.endswith(".nii.gz")
        temporary.write_bytes(b"x")


def _full(*arguments: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_is_one_message_and_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    target = tmp_path / "summary.json"
    target.write_text("old")
    monkeypatch.setattr(os, call, _full)
    with pytest.raises(L2BError, match=r"no space left .*summary\.json") as caught:
        write_text(target, "new")
    assert caught.value.exit_code == 1
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["summary.json"]


def test_a_full_disk_while_the_writer_writes(tmp_path: Path) -> None:
    with pytest.raises(L2BError, match="no space left"), atomic_file(tmp_path / "a.npy") as temporary:
        temporary.write_bytes(b"half")
        _full()
    assert os.listdir(tmp_path) == []


def test_other_os_errors_pass_unchanged(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError), atomic_file(tmp_path / "a") as temporary:
        temporary.mkdir()
        try:
            temporary.read_bytes()
        finally:
            temporary.rmdir()


def test_what_stands_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ConfigError, match="folder: it is a folder; name a file"):
        write_text(tmp_path / "folder", "b")
    with pytest.raises(ConfigError, match=r"file/b/c: \S+file is a file"):
        write_text(tmp_path / "file" / "b" / "c", "b")
    with pytest.raises(ConfigError, match="is a file"), atomic_folder(tmp_path / "file" / "b"):
        pass
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]


def test_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    with atomic_folder(tmp_path / "data") as temporary:
        (temporary / "a").write_text("a")
        assert not (tmp_path / "data").exists()
    assert os.listdir(tmp_path / "data") == ["a"]
    with pytest.raises(KeyError), atomic_folder(tmp_path / "other") as temporary:
        (temporary / "a").write_text("a")
        raise KeyError
    assert os.listdir(tmp_path) == ["data"]


def test_folder_replaces_an_empty_one_but_not_a_full_one(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with atomic_folder(tmp_path / "empty") as temporary:
        (temporary / "a").write_text("a")
    assert os.listdir(tmp_path / "empty") == ["a"]
    with pytest.raises(OSError, match="not empty"), atomic_folder(tmp_path / "empty") as temporary:
        (temporary / "b").write_text("b")
    assert os.listdir(tmp_path / "empty") == ["a"]
    assert os.listdir(tmp_path) == ["empty"]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_killed_while_writing_the_old_file_stays(tmp_path: Path, number: signal.Signals) -> None:
    target = tmp_path / "checkpoint.bin"
    target.write_bytes(b"old")
    program = (
        "import sys, time\nfrom pathlib import Path\nfrom l2b_data.files.atomic import atomic_file\n"
        "with atomic_file(Path(sys.argv[1])) as temporary:\n"
        "    temporary.write_bytes(b'new')\n    print('written', flush=True)\n    time.sleep(60)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", program, str(target)], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "written\n"
        process.send_signal(number)
        assert process.wait(timeout=30) == -number
    assert target.read_bytes() == b"old"
    write_text(target, "next")  # what the killed process left does not hinder the next writer
    assert target.read_text() == "next"
