"""Tables of reviewed labels: written by a review, or by anyone."""

import json

import numpy as np
import pytest

from l2b_data.errors import DataError
from l2b_data.review.manifest import FORMAT, MANIFEST
from l2b_data.samples.reviewed_labels import read_reviewed_labels, write_reviewed_labels
from l2b_data.samples.write_image_set import write_image_set

CLASSES = ["cat", "dog"]


@pytest.fixture
def images(tmp_path):
    return write_image_set(
        tmp_path / "set",
        name="pets",
        images=np.zeros((5, 4, 4, 1), np.uint8),
        labels=np.array([0, 1, 0, 1, 0]),
        split=["train"] * 4 + ["test"],
        classes=CLASSES,
        names=["a", "b", "c", "d", "a, test"],
    )


def review(folder, rows, excluded=()):
    folder.mkdir()
    write_reviewed_labels(folder, ({"name": a, "label": b, "given": b, "decision": ""} for a, b in rows))
    manifest = {"format": FORMAT, "excluded": list(excluded), "cases": {}}
    (folder / MANIFEST).write_text(json.dumps(manifest))
    return folder


def test_the_folder_of_a_review(images, tmp_path):
    found = read_reviewed_labels(review(tmp_path / "r", [("a", "dog"), ("c", "cat")], ["d"]), images)
    assert found.labels.tolist() == [1, 1, 0, 1, 0]
    assert found.reviewed.tolist() == [True, False, True, False, False]
    assert found.excluded.tolist() == [False, False, False, True, False]


def test_a_table_of_ones_own(images, tmp_path):
    (tmp_path / "own.csv").write_text('label,who,name\ndog,me,a\ncat,me,"a, test"\n')
    found = read_reviewed_labels(tmp_path / "own.csv", images)
    assert found.labels.tolist() == [1, 1, 0, 1, 0]
    assert not found.excluded.any()


def test_all_faults_at_once(images, tmp_path):
    rows = [("a", "owl"), ("x", "cat"), ("b", "dog"), ("b", "cat"), ("d", "dog")]
    with pytest.raises(DataError) as error:
        read_reviewed_labels(review(tmp_path / "r", rows, ["d", "y"]), images)
    assert str(error.value).splitlines() == [
        f"{tmp_path / 'r' / 'labels.csv'}:",
        "  line 2: a: label 'owl': the classes are cat, dog",
        f"  no sample of {images.root}: x, y",
        "  there twice (or excluded as well): b, d",
    ]


def test_names_of_several_samples(images, tmp_path):
    path = images.root / "labels.csv"
    path.write_text(path.read_text().replace(",b,", ",a,"))
    twice = type(images)(**{**vars(images), "names": ["a", "a", "c", "d", "e"]})
    with pytest.raises(DataError, match=r"a name of several samples of .*: a"):
        read_reviewed_labels(review(tmp_path / "r", [("a", "cat")]), twice)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,given\na,cat\n", "no column label of its own in its first line"),
        ("name,name,label\na,a,cat\n", "no column name of its own"),
        ("", "no column name and label"),
        ("name,label\na\n", "line 2: another number of cells than the first line's 2"),
    ],
)
def test_what_is_no_such_table(images, tmp_path, text, message):
    (tmp_path / "own.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        read_reviewed_labels(tmp_path / "own.csv", images)


@pytest.mark.parametrize("name", ["none", "set"])
def test_no_table(images, tmp_path, name):
    (images.root / "labels.csv").unlink()
    with pytest.raises(DataError, match=r"no folder of a review and no \.csv with the columns name and label"):
        read_reviewed_labels(tmp_path / name, images)
