"""`l2b-cls corrupt` as a user calls it, and a run on what it wrote."""

import json

from l2b_cli.cls.corrupt import corrupt as command
from l2b_data.samples.image_set import open_image_set
from tests.command import call_command
from tests.l2b_cls.saved_run import save_images


def test_a_copy_with_wrong_pictures(tmp_path):
    images = save_images(tmp_path / "data", count=60)
    code, told, _ = call_command(command, images.root, "--out", tmp_path / "wrong", "--share", 0.2)
    assert code == 0
    assert told.splitlines() == [
        f"{tmp_path / 'wrong'}: of 40 training pictures 4 are exact copies of another one, 4 are of no class",
        "train on it with --noise mistakes; which they are: dataset.json, source.planted",
    ]
    assert len(open_image_set(tmp_path / "wrong").foreign) == 4
    arguments = (images.root, "--out", tmp_path / "one", "--mistakes", "duplicates", "--seed", 5, "--json")
    code, told, said = call_command(command, *arguments)
    assert (code, said) == (0, "")
    assert json.loads(told) == {
        "folder": str(tmp_path / "one"),
        "n_train": 40,
        "duplicates": 4,
        "foreign": 0,
        "share": 0.1,
        "seed": 5,
    }


def test_wrong_usage(tmp_path):
    images = save_images(tmp_path / "data")
    code, _, message = call_command(command, images.root, "--out", tmp_path / "x", "--mistakes", "swapped")
    assert (code, "--mistakes swapped: there are no such pictures" in message) == (2, True)
    code, _, message = call_command(command, tmp_path, "--out", tmp_path / "x")
    assert (code, "is no prepared classification set" in message) == (3, True)
