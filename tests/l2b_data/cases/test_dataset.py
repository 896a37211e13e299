"""The prepared data set: what is written is read, and all that is wrong comes in one message."""

import json

import pytest

from l2b_data.cases.dataset import Dataset, plain_case_id, write_dataset_files
from l2b_data.errors import ConfigError, DataError

SPLITS = {"train": ["b", "a"], "meta": ["m"], "test": ["t"]}


def write(root, **changes):
    arguments = {
        "name": "Toy",
        "channels": ["T2"],
        "labels": {"background": 0, "prostate": 1},
        "splits": SPLITS,
        "spacing_unit": "voxel",
        "how": {"text": "by hand"},
        "source": {},
    } | changes
    write_dataset_files(root, **arguments)


def test_written_and_opened(tmp_path):
    write(tmp_path)
    dataset = Dataset.open(str(tmp_path))
    assert dataset.splits == SPLITS
    assert dataset.cases == ["b", "a", "m", "t"]
    assert dataset.labels == {"background": 0, "prostate": 1}
    assert dataset.spacing_unit == "voxel"
    assert dataset.image_path("a") == tmp_path / "imagesTr" / "a_0000.nii.gz"
    assert dataset.label_path("a") == tmp_path / "labelsTr" / "a.nii.gz"
    noisy = dataset.noisy_folder("L2", 3)
    assert dataset.label_path("a", noisy) == tmp_path / "labelsTr_noisy_L2_s3" / "a.nii.gz"
    info = json.loads((tmp_path / "dataset.json").read_text())
    assert info["numTraining"] == 4
    assert info["channel_names"] == {"0": "T2"}
    assert info["file_ending"] == ".nii.gz"


def test_channels_classes_and_groups(tmp_path):
    write(tmp_path / "one")
    one = Dataset.open(tmp_path / "one")
    assert (one.channels, one.classes, one.groups) == (["T2"], {"prostate": 1}, {})
    labels = {"lesion": 2, "background": 0, "gland": 1}
    write(tmp_path / "more", channels=["T2", "ADC"], labels=labels, groups={"a": "p1", "b": "p1"})
    more = Dataset.open(tmp_path / "more")
    assert more.channels == ["T2", "ADC"]
    assert list(more.classes.items()) == [("gland", 1), ("lesion", 2)]
    assert [path.name for path in more.image_paths("a")] == ["a_0000.nii.gz", "a_0001.nii.gz"]
    assert more.image_path("a", 1) == more.image_paths("a")[1]
    assert more.groups == {"a": "p1", "b": "p1"}
    write(tmp_path / "how", how={"text": "by hand", "groups": {"a": "p1"}}, labels={"background": 0, "lesion": 255})
    how = Dataset.open(tmp_path / "how")
    assert (how.groups, how.classes) == ({"a": "p1"}, {"lesion": 255})
    info = json.loads((tmp_path / "how" / "dataset.json").read_text())
    del info["channel_names"]
    (tmp_path / "how" / "dataset.json").write_text(json.dumps(info))
    assert Dataset.open(tmp_path / "how").channels == ["image"]


@pytest.mark.parametrize(
    ("key", "value", "match"),
    [
        ("labels", {"background": 0}, "must number the classes 1, 2"),
        ("labels", {"background": 0, "a": 1, "b": 3}, "must number the classes 1, 2"),
        ("labels", {"background": 0, "a": 1, "b": 1}, "must number the classes 1, 2"),
        ("labels", {"background": 0, "a": -1}, "must number the classes 1, 2"),
        ("labels", {"background": 0, "whole": [1, 2]}, "no table of name: number"),
        ("labels", {"background": 0} | {f"c{k}": k for k in range(1, 257)}, "up to 255"),
        ("channel_names", {}, "channel_names"),
        ("channel_names", {"0": "a", "2": "b"}, "channel_names"),
        ("channel_names", ["T2"], "channel_names"),
        ("groups", {"a": 3}, "groups"),
    ],
)
def test_faults_of_labels_channels_and_groups(tmp_path, key, value, match):
    write(tmp_path)
    info = json.loads((tmp_path / "dataset.json").read_text()) | {key: value}
    (tmp_path / "dataset.json").write_text(json.dumps(info))
    with pytest.raises(DataError, match=match):
        Dataset.open(tmp_path)


def test_all_faults_in_one_message(tmp_path):
    (tmp_path / "dataset.json").write_text(json.dumps({"labels": {"prostate": 1}, "spacing_unit": "inch"}))
    (tmp_path / "splits.json").write_text(json.dumps({"train": ["../x"], "meta": "m"}))
    with pytest.raises(DataError) as caught:
        Dataset.open(tmp_path)
    for part in ("background: 0", "'inch'", "'../x'", "meta 'm'", "test None"):
        assert part in str(caught.value)


@pytest.mark.parametrize("text", ["", "[1]", "{", "{}", "\xff"])
def test_json_that_is_none(tmp_path, text):
    write(tmp_path)
    (tmp_path / "splits.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(DataError, match=r"splits\.json"):
        Dataset.open(tmp_path)


def test_absent(tmp_path):
    with pytest.raises(DataError, match="no such folder"):
        Dataset.open(tmp_path / "nothing")
    with pytest.raises(DataError, match=r"(?s)dataset\.json is missing.*splits\.json is missing"):
        Dataset.open(tmp_path)


def test_unit_is_checked_before_writing(tmp_path):
    with pytest.raises(ConfigError, match="inch"):
        write(tmp_path, spacing_unit="inch")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("case", "plain"), [("Case00", True), ("a b", True), ("", False), (".x", False), ("a/b", False), ("a\n", False)]
)
def test_case_ids(case, plain):
    assert plain_case_id(case) is plain


def test_values_of_the_users_masks(tmp_path):
    labels = {"background": 0, "core": 1, "rim": 2}
    write(tmp_path / "same", labels=labels, values=[0, 1, 2])
    assert "mask_values" not in json.loads((tmp_path / "same" / "dataset.json").read_text())
    assert Dataset.open(tmp_path / "same").values == [0, 1, 2]
    write(tmp_path / "own", labels=labels, values=[0, 2, 1])
    assert Dataset.open(tmp_path / "own").values == [0, 2, 1]
    write(tmp_path / "by_hand", labels={"background": 0, "lesion": 255})
    assert Dataset.open(tmp_path / "by_hand").values == [0, 255]
    path = tmp_path / "own" / "dataset.json"
    info = json.loads(path.read_text())
    for wrong in ({"background": 0, "core": 2}, labels | {"rim": 1}, labels | {"rim": "2"}, [0, 2, 1]):
        path.write_text(json.dumps(info | {"mask_values": wrong}))
        with pytest.raises(DataError, match=r"mask_values .* gives no whole number of its own to each of the labels"):
            Dataset.open(tmp_path / "own")
