"""Which cases and masks a run reads, from what the user names."""

import json

import pytest

from l2b_data.errors import ConfigError, DataError
from l2b_data.review.manifest import FORMAT, MANIFEST
from l2b_seg.config import DataSettings
from pipelines.plan.cases import resolve_data
from pipelines.plan.request import TrainRequest, plan
from pipelines.plan.segmentation import SEGMENTATION
from tests.l2b_seg.tiny import NOISY, make_colour, make_dataset


def test_own_masks_by_default_and_by_name(tmp_path):
    root = make_dataset(tmp_path / "data").root
    found = {}
    for name, over in {
        "default": {},
        "labelsTr": {"labels": "labelsTr"},
        "noisy": {"labels": NOISY},
        "clean": {"noise": "clean"},
    }.items():
        request = TrainRequest("folder", root, preset="cpu", device="cpu", out=tmp_path / "run", **over)
        planned = plan(request, SEGMENTATION)
        found[name] = planned.data.labels
        assert (planned.settings.task.channels, planned.settings.task.classes) == (["T2"], ["prostate"])
    assert found == {"default": "labelsTr", "labelsTr": "labelsTr", "noisy": NOISY, "clean": "labelsTr"}
    assert sorted(path.name for path in root.iterdir() if path.is_dir()) == ["imagesTr", "labelsTr", NOISY]


def test_task_of_the_data_set_and_name_of_the_run(tmp_path):
    request = TrainRequest("lesions", make_colour(tmp_path / "data").root, preset="cpu", device="cpu")
    planned = plan(request, SEGMENTATION)
    assert planned.settings.task.channels == ["R", "G", "B"]
    assert planned.settings.task.classes == ["lesion", "core"]
    assert str(planned.out) == "runs/lesions_l2b_clean_s0"


def test_tuning_cases_split_no_group(tmp_path):
    dataset = make_colour(tmp_path / "data")
    for seed in range(4):
        settings = DataSettings(tuning_cases=3, split_seed=seed)
        data = resolve_data(dataset.root, settings, noise="clean")
        assert len(data.evaluation) == 4  # groups of two
        assert sorted(data.train + data.evaluation) == dataset.splits["train"]
        assert not {dataset.groups[case] for case in data.train} & {dataset.groups[case] for case in data.evaluation}
    with pytest.raises(ConfigError, match="tuning_cases 5: no training case is left"):
        resolve_data(dataset.root, DataSettings(tuning_cases=5), noise="clean")


def test_a_raw_folder_is_sent_to_prepare(tmp_path):
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.png").write_bytes(b"x")
    with pytest.raises(DataError, match="l2b-seg prepare"):
        plan(TrainRequest("folder", tmp_path / "pictures", preset="cpu", out=tmp_path / "run"), SEGMENTATION)


def test_noise_and_given_masks_together_are_refused(tmp_path):
    root = make_dataset(tmp_path / "data").root
    request = TrainRequest("folder", root, noise="L1", labels=NOISY, preset="cpu", device="cpu", out=tmp_path / "run")
    with pytest.raises(ConfigError, match=f"--noise L1 and --labels {NOISY}: .* leave one out"):
        plan(request, SEGMENTATION)
    assert sorted(path.name for path in root.iterdir() if path.is_dir()) == ["imagesTr", "labelsTr", NOISY]


def reviewed(dataset, folder, *excluded):
    """A folder of reviewed masks of the training cases that are not excluded, and its manifest."""
    folder.mkdir()
    for case in set(dataset.splits["train"]) - set(excluded):
        (folder / f"{case}.nii.gz").write_bytes(dataset.label_path(case).read_bytes())
    (folder / MANIFEST).write_text(json.dumps({"format": FORMAT, "excluded": list(excluded), "cases": {}}))
    return folder


@pytest.mark.parametrize("inside", [True, False])
def test_what_a_review_excluded_is_left_out(tmp_path, inside):
    dataset = make_dataset(tmp_path / "data")
    train, meta, test = (dataset.splits[part] for part in ("train", "meta", "test"))
    folder = reviewed(dataset, (dataset.root if inside else tmp_path) / "reviewed", train[0], meta[1])
    labels = "reviewed" if inside else str(folder)
    said = []
    data = resolve_data(dataset.root, DataSettings(), noise="clean", labels=labels, say=said.append)
    assert (data.train, data.meta, data.evaluation) == (train[1:], meta[:1], test)
    assert (data.labels, data.noise) == (labels, {"labels": labels, "excluded": [train[0], meta[1]]})
    assert said == [f"2 cases excluded by {labels}/{MANIFEST}: {train[0]}, {meta[1]}"]
    tuned = resolve_data(dataset.root, DataSettings(tuning_cases=1), noise="clean", labels=labels)
    assert set(tuned.train) | set(tuned.evaluation) == set(train[1:])


def test_a_review_that_leaves_nothing(tmp_path):
    dataset = make_dataset(tmp_path / "data")
    folder = reviewed(dataset, tmp_path / "reviewed", *dataset.splits["train"])
    with pytest.raises(DataError, match="every training case is excluded; leave some in"):
        resolve_data(dataset.root, DataSettings(), noise="clean", labels=str(folder))
    (folder / MANIFEST).write_text("{}")
    with pytest.raises(DataError, match="no manifest of a review"):
        resolve_data(dataset.root, DataSettings(), noise="clean", labels=str(folder))
