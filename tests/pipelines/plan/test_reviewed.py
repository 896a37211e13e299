"""The samples of a run under reviewed labels."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from l2b_cls.run_data import read_run_data, write_run_data
from l2b_data.errors import ConfigError, DataError
from l2b_data.review.manifest import FORMAT, MANIFEST
from l2b_data.samples.reviewed_labels import write_reviewed_labels
from l2b_data.samples.write_image_set import write_image_set
from pipelines.plan.classification import CLASSIFICATION
from pipelines.plan.request import TrainRequest, plan

CLASSES = ["cat", "dog"]
N, TEST = 40, 8


def make_set(root, own):
    images = np.random.default_rng(0).integers(0, 255, (N + TEST, 8, 8, 1), dtype=np.uint8)
    return write_image_set(
        root,
        name="pets",
        images=images,
        labels=np.arange(N + TEST) % 2,
        split=["train"] * N + ["test"] * TEST,
        classes=CLASSES,
        names=[f"{number}.png" for number in range(N + TEST)],
        source={"dataset": "folder"} if own else {},
    )


@pytest.fixture
def made(tmp_path):
    """plan(method, *overrides, own=..., labels=...) of a set whose review turned 0 and 7 and excluded 5 and 8."""

    def planned(method="ce", *overrides, own=False, **over):
        images = make_set(tmp_path / f"set_{own}", own) if not (tmp_path / f"set_{own}").exists() else None
        folder = tmp_path / "reviewed"
        if not folder.exists():
            folder.mkdir()
            turned = {0: 1, 7: 0}
            rows = [(n, turned.get(n, n % 2)) for n in range(N // 2) if n not in (5, 8)]
            write_reviewed_labels(
                folder, ({"name": f"{n}.png", "label": CLASSES[k], "given": "", "decision": ""} for n, k in rows)
            )
            manifest = {"format": FORMAT, "excluded": ["5.png", "8.png"], "cases": {}}
            (folder / MANIFEST).write_text(json.dumps(manifest))
        said = []
        asked = {"labels": str(folder), "preset": "cpu", "device": "cpu", "out": tmp_path / "run"} | over
        sizes = ["data.meta_size=4", *overrides]
        request = TrainRequest("images", tmp_path / f"set_{own}", method, overrides=sizes, **asked)
        return SimpleNamespace(data=plan(request, CLASSIFICATION, say=said.append).data, said=said, images=images)

    return planned


def test_reviewed_labels_train_and_excluded_samples_do_not(made, tmp_path):
    found = made()
    data = found.data
    assert sorted([*data.train, *data.meta]) == [n for n in range(N) if n not in (5, 8)]
    assert [n for n, given in zip(data.train.tolist(), data.given.tolist(), strict=True) if given != n % 2] == [0, 7]
    np.testing.assert_array_equal(data.clean, data.train % 2)  # the set vouches for them
    assert data.evaluation.tolist() == list(range(N, N + TEST))
    assert f"labels of {tmp_path / 'reviewed'}: 2 of {len(data.train)} are others than the set's" in found.said
    assert f"2 samples excluded by {tmp_path / 'reviewed'}/{MANIFEST}: 5.png, 8.png" in found.said
    told = {key: data.noise[key] for key in ("noise", "reviewed", "changed", "excluded", "effective_rate")}
    assert told == {
        "noise": "labels:reviewed",
        "reviewed": int((data.train < N // 2).sum()),
        "changed": 2,
        "excluded": ["5.png", "8.png"],
        "effective_rate": 2 / len(data.train),
    }


def test_labels_nobody_vouches_for(made):
    data = made(own=True).data
    assert set(data.clean.tolist()) == {-1}
    assert (data.noise["changed"], data.noise["effective_rate"]) == (2, None)


def test_clean_samples_judge_by_their_own_labels(made):
    data = made("l2b", "data.meta_size=20", "data.keep_meta_in_train=true").data
    assert set(data.meta) <= set(data.train)
    np.testing.assert_array_equal(data.meta_labels, data.meta % 2)
    assert not set(data.meta.tolist()) & {5, 8}
    same = made("l2b", "data.meta_size=20", "data.keep_meta_in_train=true", labels=None).data
    assert set(same.meta.tolist()) - {5, 8} == set(data.meta.tolist())  # the draw does not depend on the review
    given = made("l2b", "data.meta_size=20", "data.keep_meta_in_train=true", "meta.source=given").data
    places = np.searchsorted(given.train, given.meta)
    np.testing.assert_array_equal(given.meta_labels, given.given[places])


@pytest.mark.parametrize("own", [False, True])
def test_found_again_from_the_run(made, tmp_path, own):
    data = made(own=own).data
    write_run_data(tmp_path, data)
    again = read_run_data(tmp_path)
    for name in ("train", "given", "clean", "meta", "evaluation"):
        np.testing.assert_array_equal(getattr(again, name), getattr(data, name))
    assert again.noise == data.noise


def test_what_is_refused(made, tmp_path):
    with pytest.raises(ConfigError, match=r"--noise symmetric:0.4 and --labels .*: .* leave one out"):
        made(noise="symmetric:0.4")
    path = tmp_path / "reviewed" / MANIFEST
    (tmp_path / "reviewed" / "labels.csv").write_text("name,label\n")
    path.write_text(json.dumps({"format": FORMAT, "excluded": [f"{n}.png" for n in range(N)], "cases": {}}))
    with pytest.raises(DataError, match="its review excludes every training sample"):
        made()


def test_the_runs_folder_is_named_by_the_labels(made, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made()
    asked = {"labels": str(tmp_path / "reviewed"), "preset": "cpu", "device": "cpu"}
    request = TrainRequest("images", tmp_path / "set_False", "ce", overrides=["data.meta_size=4"], **asked)
    planned = plan(request, CLASSIFICATION)
    assert str(planned.out) == "runs/images_ce_reviewed_s0"
