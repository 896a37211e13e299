"""Run folders: what a new run may be written to, and what tells runs apart."""

import pytest

from l2b_data.errors import ConfigError, DataError
from l2b_run.folder.read_run import check_evaluation_folder, new_run_faults, read_part


@pytest.mark.parametrize("kept", ["summary.json", "report.html", "model.safetensors", "encoder.safetensors"])
def test_a_folder_with_files_of_the_users_own_is_left_alone(tmp_path, kept):
    assert new_run_faults(tmp_path / "new" / "run") == []
    (tmp_path / "notes.txt").touch()
    assert new_run_faults(tmp_path) == []
    (tmp_path / kept).touch()
    assert new_run_faults(tmp_path) == [
        f"--out {tmp_path}: {kept} would be lost, which no run has left there: name a folder of its own"
    ]
    (tmp_path / "log.txt").touch()  # a run that ended in its first epoch
    assert new_run_faults(tmp_path) == []
    (tmp_path / "checkpoint_latest.pt").touch()
    assert "already holds a run" in new_run_faults(tmp_path)[0]


def test_below_a_file_there_is_no_folder(tmp_path):
    (tmp_path / "file").touch()
    assert new_run_faults(tmp_path / "file") == [f"--out {tmp_path / 'file'}: is a file; name a folder"]
    assert new_run_faults(tmp_path / "file" / "a" / "b") == [
        f"--out {tmp_path / 'file' / 'a' / 'b'}: {tmp_path / 'file'} is a file; name a folder"
    ]


def test_a_part_that_is_absent_is_none_and_a_damaged_one_is_told(tmp_path):
    def read(path):
        if path.read_text() != "whole":
            raise DataError(f"{path.name} is damaged")
        return 7

    faults = []
    for name in ("whole", "half"):
        (tmp_path / name).write_text(name)
    assert [read_part(tmp_path / name, read, faults) for name in ("whole", "none", "half")] == [7, None, None]
    assert faults == ["half is damaged"]


def test_an_evaluation_takes_no_run_folder_and_no_file(tmp_path):
    check_evaluation_folder(tmp_path)
    check_evaluation_folder(tmp_path / "new")
    (tmp_path / "config.yaml").touch()
    with pytest.raises(ConfigError, match=r"is the folder of a run and has a summary\.json of its own"):
        check_evaluation_folder(tmp_path)
    with pytest.raises(ConfigError, match="is a file; name a folder"):
        check_evaluation_folder(tmp_path / "config.yaml")
