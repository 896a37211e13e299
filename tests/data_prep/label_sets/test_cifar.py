"""CIFAR-10 and CIFAR-100 from folder, archive and download; human labels; and what is refused."""

import hashlib
import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from data_prep.label_sets.cifar import prepare_cifar
from data_prep.label_sets.cifar_files import CIFAR10, CIFAR100, fetch_cifar, read_cifar
from l2b_data.errors import ConfigError, DataError
from tests.data_prep.fetch.test_download import server
from tests.data_prep.fetch.test_safe_pickle import Runs
from tests.data_prep.published import CIFAR10_NAMES, cifar_batch, pack, write_cifar10, write_cifar100


def md5_of(path):
    return hashlib.md5(path.read_bytes()).hexdigest()


def human_table(labels, **change):
    """CIFAR-10N's entries for `labels`: every set wrong in another place."""
    names = ("clean_label", "aggre_label", "worse_label", "random_label1", "random_label2", "random_label3")
    table = {name: np.array(labels) for name in names}
    for place, name in enumerate(names[1:]):
        table[name][place] = (table[name][place] + 1) % 10
    return table | change


def test_folder_in_published_order(tmp_path):
    root = write_cifar10(tmp_path)
    lines = []
    made = prepare_cifar(CIFAR10, tmp_path, tmp_path / "out", say=lines.append)
    assert made.classes == CIFAR10_NAMES
    assert (made.name, len(made), made.size, made.channels) == ("CIFAR-10", 120, (32, 32), 3)
    batch = pickle.loads((root / "data_batch_2").read_bytes())
    assert made.labels[20:40].tolist() == batch[b"labels"]
    stored = made.images([21])[0]
    assert stored[3, 5].tolist() == [int(batch[b"data"][1, plane * 1024 + 3 * 32 + 5]) for plane in range(3)]
    assert made.indices("test").tolist() == list(range(100, 120))
    assert made.names[0] == "train_00000"
    assert made.names[119] == "test_00019"
    assert any("no published checksum" in line for line in lines)
    assert "warning: 100 train images; published are 50,000" in lines
    for source in (root, tmp_path):
        parts, _ = read_cifar(CIFAR10, source)
        np.testing.assert_array_equal(parts["train"][0], made.images(range(100)))


def test_archive_is_checked_and_not_unpacked(tmp_path):
    archive = pack(write_cifar10(tmp_path / "raw"), tmp_path / "cifar-10-python.tar.gz")
    with pytest.raises(DataError, match=f"md5 {md5_of(archive)} is not that of the published .*{CIFAR10.md5}"):
        prepare_cifar(CIFAR10, archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    before = set(tmp_path.rglob("*"))
    made = prepare_cifar(CIFAR10, archive, tmp_path / "out", md5=md5_of(archive))
    assert {path.name for path in set(tmp_path.rglob("*")) - before} == {
        "out",
        "dataset.json",
        "labels.csv",
        "images.npy",
    }
    folder = prepare_cifar(CIFAR10, tmp_path / "raw", tmp_path / "other")
    np.testing.assert_array_equal(made.images(range(120)), folder.images(range(120)))


def test_archive_that_is_damaged(tmp_path):
    archive = pack(write_cifar10(tmp_path / "raw"), tmp_path / "a.tar.gz")
    archive.write_bytes(archive.read_bytes()[:5000])
    with pytest.raises(DataError, match=r"a\.tar\.gz: not a readable \.tar\.gz"):
        read_cifar(CIFAR10, archive, md5=md5_of(archive))
    other = pack(write_cifar100(tmp_path / "raw100"), tmp_path / "b.tar.gz")
    with pytest.raises(DataError, match=r"b\.tar\.gz: holds no batches\.meta, data_batch_1"):
        read_cifar(CIFAR10, other, md5=md5_of(other))


def test_cifar100_downloaded_from_this_machine(tmp_path):
    body = pack(write_cifar100(tmp_path / "raw"), tmp_path / "made.tar.gz").read_bytes()
    md5 = hashlib.md5(body).hexdigest()
    with server(body, cuts=(len(body) // 2,)) as (url, seen):
        base = url.rsplit("/", 1)[0]
        archive = fetch_cifar(CIFAR100, tmp_path / "cache", base_url=base, md5=md5)
    assert len(seen) == 2
    assert archive.name == "cifar-100-python.tar.gz"
    made = prepare_cifar(CIFAR100, archive, tmp_path / "out", md5=md5)
    assert made.classes[42] == "name42"
    assert [len(made.indices(split)) for split in ("train", "test")] == [300, 300]
    with server(body) as (url, _), pytest.raises(DataError, match=f"instead of {CIFAR100.md5}"):
        fetch_cifar(CIFAR100, tmp_path / "cache2", base_url=url.rsplit("/", 1)[0])
    assert list((tmp_path / "cache2").iterdir()) == []


def test_human_labels_become_label_sets(tmp_path):
    write_cifar10(tmp_path)
    labels = read_cifar(CIFAR10, tmp_path)[0]["train"][1]
    path = tmp_path / "CIFAR-10_human.pt"
    table = human_table(labels)
    path.write_bytes(pickle.dumps(table, 2))
    lines = []
    made = prepare_cifar(CIFAR10, tmp_path, tmp_path / "out", human_labels=path, say=lines.append)
    assert list(made.given) == ["human_aggregate", "human_random1", "human_random2", "human_random3", "human_worse"]
    np.testing.assert_array_equal(made.given["human_worse"][:100], table["worse_label"])
    assert (made.given["human_worse"][100:] == -1).all()
    assert "human_random2: 1.00% of the training labels differ" in lines


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"worse_label": np.zeros(3, int)}, r"worse_label: \(3,\) int64 for 100 training images"),
        ({"aggre_label": np.full(100, 10)}, "aggre_label: values 10 to 10, out of range 0 to 9"),
        ({"clean_label": np.zeros(100, int)}, r"clean_label differs from \d+ training labels"),
        ({"random_label1": np.zeros(100)}, "random_label1: .*float64"),
    ],
)
def test_human_labels_of_something_else(tmp_path, change, message):
    write_cifar10(tmp_path)
    table = human_table(read_cifar(CIFAR10, tmp_path)[0]["train"][1], **change)
    (tmp_path / "human.pt").write_bytes(pickle.dumps(table, 2))
    with pytest.raises(DataError, match=message):
        prepare_cifar(CIFAR10, tmp_path, tmp_path / "out", human_labels=tmp_path / "human.pt")
    for content in ({"clean_label": np.zeros(100, int)}, [1, 2]):
        (tmp_path / "human.pt").write_bytes(pickle.dumps(content, 2))
        with pytest.raises(DataError, match="not the file of human labels"):
            prepare_cifar(CIFAR10, tmp_path, tmp_path / "out", human_labels=tmp_path / "human.pt")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data_batch_3": None}, "holds no data_batch_3"),
        ({"data_batch_3": b"\x80\x02}"}, "data_batch_3: not a readable pickle"),
        ({"data_batch_3": {"other": 1}}, "no entry 'data'"),
        ({"test_batch": {"data": np.zeros((2, 3072)), "labels": [0, 1]}}, r"\(2, 3072\) float64 instead of"),
        ({"test_batch": {"data": np.zeros((2, 10), np.uint8), "labels": [0, 1]}}, r"\(2, 10\) uint8"),
        ({"test_batch": cifar_batch(3, 10, seed=0) | {b"labels": [0, 10, -1]}}, r"2 labels out of range 0 to 9: 10"),
        ({"test_batch": cifar_batch(3, 10, seed=0) | {b"labels": [0, 1]}}, r"labels are \(2,\) int64 for 3"),
        ({"batches.meta": {"label_names": ["a"]}}, "1 class names instead of 10"),
    ],
)
def test_batches_that_are_none(tmp_path, change, message):
    write_cifar10(tmp_path, **change)
    with pytest.raises(DataError, match=message):
        prepare_cifar(CIFAR10, tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_batch_that_would_run_code(tmp_path):
    write_cifar10(tmp_path, data_batch_4={"data": Runs(tmp_path / "ran"), "labels": []})
    with pytest.raises(DataError, match=r"data_batch_4: asks for .*open.*nothing was run"):
        prepare_cifar(CIFAR10, tmp_path, tmp_path / "out")
    archive = pack(tmp_path / "cifar-10-batches-py", tmp_path / "a.tar.gz")
    with pytest.raises(DataError, match=r"data_batch_4: asks for .*open.*nothing was run"):
        prepare_cifar(CIFAR10, archive, tmp_path / "out", md5=md5_of(archive))
    assert not (tmp_path / "ran").exists()


def test_where_it_cannot_go(tmp_path):
    write_cifar10(tmp_path)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "kept").touch()
    with pytest.raises(ConfigError, match="not an empty folder"):
        prepare_cifar(CIFAR10, tmp_path, tmp_path / "out")
    with pytest.raises(DataError, match="no such file or folder"):
        prepare_cifar(CIFAR10, tmp_path / "none", tmp_path / "out2")


@pytest.mark.real
def test_real_human_labels_have_the_published_rates(tmp_path):
    if "L2B_TEST_DATA" not in os.environ:
        pytest.skip("L2B_TEST_DATA names no data folder")
    folder = Path(os.environ["L2B_TEST_DATA"]) / "cifar10"
    from data_prep.label_sets.cifar import read_human_labels

    clean = np.load(folder / "clean_label.npy", allow_pickle=False)
    found = read_human_labels(CIFAR10, folder / "CIFAR-10_human.pt", clean)
    rates = {name: round(100 * float((labels != clean).mean()), 2) for name, labels in found.items()}
    assert rates == {
        "human_aggregate": 9.01,
        "human_random1": 17.23,
        "human_random2": 18.12,
        "human_random3": 17.64,
        "human_worse": 40.21,
    }
    with pytest.raises(DataError, match="this is not the file"):
        read_human_labels(CIFAR100, folder / "CIFAR-10_human.pt", clean)
