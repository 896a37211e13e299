"""prepare, check and corrupt as a user calls them: exit codes, stdout for results, stderr for progress."""

import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from l2b_cli.seg.check import check
from l2b_cli.seg.corrupt import corrupt
from l2b_cli.seg.main import PREPARE
from l2b_cli.shared.make_app import make_group
from l2b_data.errors import ConfigError, DataError
from l2b_data.images.volume import Volume, read_volume, write_volume
from tests.data_prep.conftest import challenge, prepared  # noqa: F401 - fixtures
from tests.data_prep.fetch.test_download import server
from tests.data_prep.mask_sets.test_promise12 import SOME, zip_folder
from tests.data_prep.own_data import write_volumes

app = typer.Typer()
app.add_typer(make_group("prepare", "", PREPARE))
app.command()(check)
app.command()(corrupt)


def call(*arguments, **options):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], **options)


def test_prepare_corrupt_check(challenge, tmp_path):  # noqa: F811
    source, out = challenge([*SOME, 6, 7, 8], shape=(8, 96, 96)), tmp_path / "out"
    done = call("prepare", "promise12", "--source", source, "--out", out)
    assert done.exit_code == 0
    assert done.stdout == f"{out}: 6 train, 1 meta, 2 test cases; classes 1 prostate; channels T2; distances in mm\n"
    assert "[9/9] Case13 8x96x96" in done.stderr

    sheet = tmp_path / "sheet.png"
    done = call("corrupt", out, "--level", "L3", "--workers", "2", "--sheet", sheet, env={"COLUMNS": "80"})
    assert done.exit_code == 0
    table, _, _ = done.stdout.partition(str(out))
    assert max(map(len, table.splitlines())) <= 80
    assert re.search(r"L3 +0 +0\.8031 .* \d+ of \d+ +\d+\.\d s", table)
    assert "labelsTr_noisy_L3_s0" in done.stdout
    assert "length factor" in done.stderr
    assert sheet.stat().st_size > 10_000
    done = call("corrupt", out, "--level", "L3", "--json")
    row = json.loads(done.stdout)
    assert row["achieved_dice"] == pytest.approx(0.8031, abs=0.005)
    assert row["cases"] == 6
    assert row["seconds"] < 60

    done = call("check", out, "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["faults"] == []


def test_check_lists_and_fails(prepared):  # noqa: F811
    dataset = prepared(2)
    dataset.image_path("case0").unlink()
    mask = read_volume(dataset.label_path("case1"))
    write_volume(mask.with_array(np.zeros_like(mask.array)), dataset.label_path("case1"))
    done = call("check", dataset.root)
    assert isinstance(done.exception, DataError)
    assert f"error missing case0 {dataset.image_path('case0')}: no such file" in done.stdout
    assert "warning empty_mask case1" in done.stdout
    assert "5 cases, 1 fault, 1 warning" in done.stdout
    found = json.loads(call("check", dataset.root, "--json").stdout)["faults"]
    assert [(row["kind"], row["severity"]) for row in found] == [("missing", "error"), ("empty_mask", "warning")]


def test_a_data_set_that_cannot_be_opened_is_a_finding_for_programs_too(tmp_path):
    done = call("check", tmp_path / "nowhere", "--json")
    assert isinstance(done.exception, DataError)
    (fault,) = json.loads(done.stdout)["faults"]
    assert (fault["kind"], fault["severity"], "no such folder" in fault["message"]) == ("unreadable", "error", True)


def test_json_of_prepare_and_split_options(challenge, tmp_path):  # noqa: F811
    arguments = ("--split", "random", "--seed", 3, "--test-cases", 1, "--spacing-unit", "voxel", "--json")
    done = call("prepare", "promise12", "--source", challenge(SOME), "--out", tmp_path / "out", *arguments)
    counts = {"train": 2, "meta": 3, "test": 1}
    expected = {"out": str(tmp_path / "out"), "cases": counts, "spacing_unit": "voxel"}
    assert json.loads(done.stdout) == expected | {"classes": {"prostate": 1}, "channels": ["T2"]}


def test_own_pictures_prepared_checked_and_fixed(tmp_path):
    images, masks = write_volumes(tmp_path / "raw", [f"p{number}" for number in range(8)])
    lost = masks / "p3.nii.gz"
    write_volume(Volume(read_volume(lost).array), lost)
    done = call("prepare", "folder", "--images", images, "--labels", masks, "--out", tmp_path / "out")
    assert isinstance(done.exception, DataError)
    assert "p3: " in str(done.exception)
    assert "image and mask differ in spacing_mm" in str(done.exception)
    done = call("check", "--images", images, "--labels", masks)
    assert isinstance(done.exception, DataError)
    assert f"error geometry p3 {lost}: image and mask differ in spacing_mm" in done.stdout
    done = call("check", "--images", images, "--labels", masks, "--fix-header")
    assert done.exit_code == 0
    assert "fixed p3: spacing_mm (3, 0.5, 0.6) of the image in place of (1, 1, 1)" in done.stdout
    assert f"copies are in {tmp_path / 'raw' / 'masks_fixed'}, with the sound masks" in done.stdout
    assert not read_volume(lost).same_grid(Volume(read_volume(lost).array))
    assert isinstance(call("check", "--images", images, "--labels", masks, "--in-place").exception, ConfigError)
    masks = tmp_path / "raw" / "masks_fixed"
    arguments = ("--label-values", "background=0,gland=1+2", "--meta-cases", "p1,p2", "--test-cases", "p7")
    done = call("prepare", "folder", "--images", images, "--labels", masks, "--out", tmp_path / "out", *arguments)
    assert done.stdout.endswith(": 5 train, 2 meta, 1 test cases; classes 1 gland; channels image; distances in mm\n")
    assert call("check", tmp_path / "out").exit_code == 0
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_headers_are_not_fixed_under_noisy_masks(prepared):  # noqa: F811
    dataset = prepared(2)
    assert call("check", dataset.root, "--fix-header").exit_code == 0
    call("corrupt", dataset.root, "--level", "L2", "--no-calibrate")
    call("corrupt", dataset.root, "--mistakes", "mirrored")
    done = call("check", dataset.root, "--fix-header")
    assert isinstance(done.exception, DataError)
    assert "labelsTr_mistakes_s0, labelsTr_noisy_L2-uncalibrated_s0" in str(done.exception)


def test_check_of_one_thing_at_a_time(tmp_path):
    for arguments in ((), (tmp_path, "--images", tmp_path), ("--images", tmp_path), ("--labels", tmp_path)):
        done = call("check", *arguments)
        assert isinstance(done.exception, ConfigError)
        assert "either a prepared data set, or --images and --labels" in str(done.exception)


def test_several_zips(challenge, tmp_path):  # noqa: F811
    parts = [challenge(SOME[::2], name="a"), challenge(SOME[1::2], name="b")]
    sources = [zip_folder(part, tmp_path / f"{part.name}.zip") for part in parts]
    done = call("prepare", "promise12", "--source", sources[0], "--source", sources[1], "--out", tmp_path / "out")
    assert "3 train, 1 meta, 2 test cases" in done.stdout


def test_source_or_download(tmp_path):
    for arguments in ((), ("--download", "--source", tmp_path)):
        done = call("prepare", "promise12", "--out", tmp_path / "out", *arguments)
        assert isinstance(done.exception, ConfigError)
        assert "either" in str(done.exception)


def test_download_of_another_file_is_refused(tmp_path):
    """The address can be changed (environment), what is accepted cannot: the published md5 decides."""
    with server(b"not the data") as (url, seen):
        done = call(
            *("prepare", "promise12", "--download", "--out", tmp_path / "out", "--download-dir", tmp_path / "cache"),
            env={"L2B_ZENODO_URL": url.rsplit("/", 1)[0]},
        )
    assert len(seen) == 1
    assert isinstance(done.exception, DataError)
    assert "f6d23994117c989daf07e5291edd0aea" in str(done.exception)
    assert not (tmp_path / "out").exists()


def test_downloads_are_kept_in_the_cache(own_cache, tmp_path):
    with server(b"not the data") as (url, _):
        arguments = ("prepare", "promise12", "--download", "--out", tmp_path / "out")
        call(*arguments, env={"L2B_ZENODO_URL": url.rsplit("/", 1)[0]})
    assert own_cache.is_dir()


def test_unknown_level_and_missing_data(prepared, tmp_path):  # noqa: F811
    done = call("corrupt", prepared(2).root, "--level", "L7")
    assert isinstance(done.exception, ConfigError)
    assert str(done.exception) == "--level L7: one of L1, L2, L3"
    for verb in (("check",), ("corrupt", "--level", "L1")):
        done = call(*verb, tmp_path / "nothing")
        assert isinstance(done.exception, DataError)


def test_modules_load_nothing_heavy():
    heavy = ["numpy", "torch", "monai", "SimpleITK", "nibabel", "scipy", "matplotlib", "pooch", "pydantic"]
    code = "import sys, l2b_cli.seg.main, l2b_cli.seg.check, l2b_cli.seg.corrupt; "
    code += f"print([name for name in {heavy!r} if name in sys.modules])"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.strip() == "[]"
