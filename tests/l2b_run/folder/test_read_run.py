"""Run folders: what a new run may be written to, and what tells runs apart."""

import pytest

from l2b_run.folder.read_run import new_run_faults


@pytest.mark.parametrize("kept", ["summary.json", "report.html", "model.safetensors"])
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
