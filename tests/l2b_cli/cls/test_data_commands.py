"""prepare and check as a user calls them: exit codes, results on stdout, one message for bad input."""

import json
import pickle
import subprocess
import sys

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from l2b_cli.cls.check import check
from l2b_cli.cls.main import PREPARE
from l2b_cli.shared.make_app import make_group
from l2b_data.errors import ConfigError, DataError
from l2b_data.samples.image_set import open_image_set
from tests.data_prep.fetch.test_download import server
from tests.data_prep.fetch.test_safe_pickle import Runs
from tests.data_prep.label_sets.test_cifar import human_table
from tests.data_prep.label_sets.test_class_folder import classes  # noqa: F401 - fixture
from tests.data_prep.label_sets.test_clothing1m import clothing  # noqa: F401 - fixture
from tests.data_prep.label_sets.test_isic2019 import isic  # noqa: F401 - fixture
from tests.data_prep.label_sets.test_medmnist import write_npz
from tests.data_prep.published import pack, write_cifar10, write_image, write_table

app = typer.Typer()
app.add_typer(make_group("prepare", "", PREPARE))
app.command()(check)


def call(*arguments, **options):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], **options)


def test_cifar10_with_human_labels_then_check(tmp_path):
    write_cifar10(tmp_path)
    labels = np.concatenate(
        [pickle.loads((tmp_path / f"cifar-10-batches-py/data_batch_{n}").read_bytes())[b"labels"] for n in range(1, 6)]
    )
    (tmp_path / "human.pt").write_bytes(pickle.dumps(human_table(labels), 2))
    out = tmp_path / "out"
    done = call("prepare", "cifar10", "--source", tmp_path, "--human-labels", tmp_path / "human.pt", "--out", out)
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        f"{out}: 100 train, 20 test images of 32 x 32, colour",
        "10 classes: airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck",
        "further label sets: human_aggregate, human_random1, human_random2, human_random3, human_worse",
    ]
    assert "no published checksum" in done.stderr
    done = call("check", out)
    assert done.exit_code == 0
    assert done.stdout.splitlines()[0].split() == ["class", "train", "test"]
    assert f"{out}: 120 images, 0 faults, " in done.stdout
    with pytest.raises(ConfigError, match="not an empty folder"):
        raise call("prepare", "cifar10", "--source", tmp_path, "--out", out).exception


def test_download_that_is_not_the_published_file(tmp_path):
    body = pack(write_cifar10(tmp_path / "raw"), tmp_path / "made.tar.gz").read_bytes()
    arguments = ("--out", tmp_path / "out", "--download-dir", tmp_path / "cache")
    with server(body) as (url, seen):
        environment = {"L2B_CIFAR_URL": url.rsplit("/", 1)[0]}
        done = call("prepare", "cifar10", "--download", *arguments, env=environment)
    assert len(seen) == 1
    assert isinstance(done.exception, DataError)
    assert "c58f30108f718f92721af3b95e74349a" in str(done.exception)
    assert not (tmp_path / "out").exists()
    for wrong in ((), ("--download", "--source", tmp_path)):
        with pytest.raises(ConfigError, match="either --source ARCHIVE_OR_FOLDER or --download"):
            raise call("prepare", "cifar100", *wrong, *arguments).exception


def test_downloads_are_kept_in_the_cache(own_cache, tmp_path):
    with server(b"not the data") as (url, _):
        arguments = ("prepare", "cifar10", "--download", "--out", tmp_path / "out")
        call(*arguments, env={"L2B_CIFAR_URL": url.rsplit("/", 1)[0]})
    assert own_cache.is_dir()


def test_isic2019_and_json(isic):  # noqa: F811
    arguments = ("--images", isic / "images", "--labels", isic / "labels.csv", "--size", 16, "--json")
    done = call("prepare", "isic2019", *arguments, "--metadata", isic / "meta.csv", "--out", isic / "out")
    assert json.loads(done.stdout) == {
        "out": str(isic / "out"),
        "images": {"train": 18, "val": 0, "test": 6},
        "classes": ["MEL", "NV", "BCC"],
        "size": [16, 16],
        "channels": 3,
        "label_sets": [],
    }
    assert "[24/24] images" in done.stderr
    lists = isic / "lists"
    lists.mkdir()
    (lists / "train.lst").write_text("ISIC_0000000 ISIC_0000001 ISIC_0000002")
    (lists / "test.lst").write_text("ISIC_0000004 ISIC_0000005 ISIC_0000006")
    done = call("prepare", "isic2019", *arguments, "--lists", lists, "--out", isic / "listed")
    assert json.loads(done.stdout)["images"] == {"train": 3, "val": 0, "test": 3}


def test_clothing1m_medmnist_digits_folder(clothing, classes, tmp_path):  # noqa: F811
    done = call("prepare", "clothing1m", "--source", clothing, "--size", 16, "--out", tmp_path / "c1m")
    assert "28 train, 4 val, 4 test images of 16 x 16, colour" in done.stdout
    write_npz(tmp_path / "pneumoniamnist.npz")
    done = call("prepare", "medmnist", "--source", tmp_path / "pneumoniamnist.npz", "--out", tmp_path / "med")
    assert "8 train, 3 val, 4 test images of 28 x 28, grey\n2 classes: normal, pneumonia" in done.stdout
    done = call("prepare", "digits", "--out", tmp_path / "digits")
    assert "images of 8 x 8, grey" in done.stdout
    arguments = ("--source", classes / "own", "--size", "8x6", "--test-fraction", 0.5)
    done = call("prepare", "folder", *arguments, "--out", tmp_path / "own_set")
    assert "10 train, 10 test images of 8 x 6, colour" in done.stdout
    for size in ("a", "8x", "1x2x3", "0", "9999"):
        done = call("prepare", "folder", "--source", classes / "own", "--size", size, "--out", tmp_path / "x")
        assert isinstance(done.exception, ConfigError)
        assert f"--size {size}: one number" in str(done.exception)


def test_check_lists_and_fails(tmp_path):
    for number in range(30):
        split = "train" if number < 24 else "test"
        write_image(tmp_path / "own" / split / "ab"[number % 2] / f"{number}.png", seed=number % 29)
    root = tmp_path / "set"
    assert call("prepare", "folder", "--source", tmp_path / "own", "--out", root).exit_code == 0
    done = call("check", root)
    assert isinstance(done.exception, DataError)
    names = open_image_set(root).names
    twins = [name for name in names if name.endswith(("/0.png", "/29.png"))]
    assert f"error leakage {twins[1]}: same pixels as {twins[0]}: stands in train (1) and test (1)" in done.stdout or (
        f"error leakage {twins[0]}: same pixels as {twins[1]}: stands in train (1) and test (1)" in done.stdout
    )
    found = json.loads(call("check", root, "--json").stdout)
    assert found["images"] == 30
    assert found["class_counts"] == {"a": {"train": 12, "test": 3}, "b": {"train": 12, "test": 3}}
    assert [(row["kind"], row["severity"]) for row in found["faults"]] == [("leakage", "error")]

    table = (root / "labels.csv").read_text().replace(",0,train", ",5,train")
    (root / "labels.csv").write_text(table)
    done = call("check", root, "--json")
    assert isinstance(done.exception, DataError)
    assert "label out of range 0 to 1 in 12 rows" in json.loads(done.stdout)["faults"][0]["message"]


def shell(*arguments):
    command = [sys.executable, "-m", "l2b_cli.cls.main", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("kind", ["pickle", "table", "class"])
def test_bad_input_is_one_message(tmp_path, kind):
    out = tmp_path / "out"
    if kind == "pickle":
        write_cifar10(tmp_path, data_batch_1={"data": Runs(tmp_path / "ran"), "labels": []})
        done = shell("prepare", "cifar10", "--source", tmp_path, "--out", out)
        assert "nothing was run" in done.stderr
        assert not (tmp_path / "ran").exists()
    else:
        write_image(tmp_path / "own" / "a.png")
        rows = [["a.png", 0], ["b.png", 1]] if kind == "table" else [["a.png", 4]]
        write_table(tmp_path / "labels.csv", ["file", "label"], rows)
        arguments = ("--source", tmp_path / "own", "--table", tmp_path / "labels.csv", "--class-names", "x,y")
        done = shell("prepare", "folder", *arguments, "--out", out)
        expected = "line 3: file b.png is not in" if kind == "table" else "1 image out of class numbers 0 to 1: '4'"
        assert expected in done.stderr.replace("\n", " ")
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert not out.exists()


@pytest.mark.parametrize("arguments", [("prepare", "--help"), ("prepare", "isic2019", "--help"), ("check", "--help")])
def test_help_imports_nothing_heavy(arguments):
    code = (
        "import sys; from l2b_cli.cls.main import app; from typer.testing import CliRunner; "
        f"done = CliRunner().invoke(app, {list(arguments)!r}); "
        "print(done.exit_code, sorted({'torch', 'numpy', 'PIL', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout == "0 []\n", done.stderr
