"""A folder of broken files: `check` names each, `prepare` and `train` refuse, `predict` goes on and lists them."""

import gzip
import json
from functools import partial

import numpy as np
import pytest
import typer
import yaml
from safetensors.torch import save_file

from l2b_cli.seg.check import check
from l2b_cli.seg.main import PREPARE
from l2b_cli.seg.predict import predict
from l2b_cli.seg.train import train
from l2b_cli.shared.make_app import make_group
from l2b_data.images.volume import Volume, read_volume, write_volume
from l2b_seg.networks.build_network import network_of
from tests.command import call_app
from tests.data_prep.own_data import volume_pair
from tests.l2b_cli.seg.test_train import RECIPE
from tests.l2b_data.images.write_any import write_any
from tests.l2b_seg.tiny import TRAIN, make_dataset, make_settings

app = typer.Typer()
app.add_typer(make_group("prepare", "", PREPARE))
for command in (check, train, predict):
    app.command()(command)


call = partial(call_app, app)


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])


def flip_byte(path):
    """One bit of the compressed voxels; a reader that stops after the bytes it needs does not see the checksum."""
    data = bytearray(path.read_bytes())
    data[-6] ^= 1
    path.write_bytes(bytes(data))


def ask_for_too_much(path):
    """A header that asks for 10,000 x 10,000 x 10,000 voxels over the few that follow."""
    packed = path.name.endswith(".gz")
    data = bytearray(gzip.decompress(path.read_bytes()) if packed else path.read_bytes())
    data[42:48] = np.full(3, 10_000, "<i2").tobytes()
    path.write_bytes(gzip.compress(bytes(data)) if packed else bytes(data))


def with_nan(path):
    volume = read_volume(path)
    array = volume.array.astype(np.float32)
    array[1, 2, 3] = np.nan
    write_volume(volume.with_array(array), path)


def empty(path):
    path.write_bytes(b"")


def other_shape(path):
    volume = read_volume(path)
    write_volume(Volume(volume.array[:, 1:], volume.spacing_mm, volume.origin, volume.direction), path)


def point_outside(path):
    """An .mhd whose data file is in another folder, where sound data are."""
    raw = path.with_suffix(".raw")
    raw.rename(path.parent.parent / raw.name)
    path.write_text(path.read_text().replace(f"= {raw.name}", f"= ../{raw.name}"))


IMAGES = {  # case: suffix, damage to the image, words of the fault
    "cut": (".nii", cut, "truncated"),
    "cut_gz": (".nii.gz", cut, "gzip"),
    "flipped": (".nii.gz", flip_byte, "gzip stream"),
    "huge": (".nii", ask_for_too_much, "1,000,000,000,000 voxels"),
    "huge_gz": (".nii.gz", ask_for_too_much, "1,000,000,000,000 voxels"),
    "outside": (".mhd", point_outside, "not a plain file name"),
    "nan": (".nii.gz", with_nan, "NaN or infinite"),
    "empty": (".nii.gz", empty, "0 bytes"),
}


def write_folders(root):
    """images and masks: three sound cases, those of IMAGES, and one whose mask has another shape."""
    damaged = {**IMAGES, "shape": (".nii.gz", None, "shape"), **{f"sound{n}": (".mha", None, "") for n in range(3)}}
    for number, (case, (suffix, damage, _)) in enumerate(damaged.items()):
        (image,), mask = volume_pair(number)
        path = root / "images" / f"{case}{suffix}"
        write_any(image, path)
        write_volume(mask, root / "masks" / f"{case}.nii.gz")
        if damage is not None:
            damage(path)
    other_shape(root / "masks" / "shape.nii.gz")
    return root / "images", root / "masks"


@pytest.fixture
def folders(tmp_path):
    return write_folders(tmp_path / "raw")


def test_check_names_each(folders):
    images, masks = folders
    code, text, _ = call("check", "--images", images, "--labels", masks, "--json")
    assert code == 3
    faults = [row for row in json.loads(text)["faults"] if row["severity"] == "error"]
    expected = {**{case: words for case, (_, _, words) in IMAGES.items()}, "shape": "image and mask differ in shape"}
    assert {row["case"] for row in faults} == set(expected)
    for case, words in expected.items():
        assert any(row["case"] == case and words in row["message"] for row in faults), case


def test_prepare_refuses_all_at_once(folders, tmp_path):
    images, masks = folders
    code, _, message = call("prepare", "folder", "--images", images, "--labels", masks, "--out", tmp_path / "out")
    assert code == 3
    assert "9 faults; nothing was written" in message
    assert all(f"\n  {case}: " in message for case in (*IMAGES, "shape"))
    assert not (tmp_path / "out").exists()


def test_predict_goes_on_and_lists(folders, tmp_path):
    images, _ = folders
    settings, run, out = make_settings("unetpp"), tmp_path / "run", tmp_path / "masks"
    run.mkdir()
    (run / "config.yaml").write_text(yaml.safe_dump(settings.model_dump(mode="json")))
    weights = {name: tensor.contiguous() for name, tensor in network_of(settings).state_dict().items()}
    save_file(weights, run / "model.safetensors")
    code, _, message = call("predict", run, images, out, "--device", "cpu")
    assert code == 4
    assert f"{len(IMAGES)} of 12 inputs" in message
    for case, (suffix, _, _) in IMAGES.items():
        assert f"{case}{suffix}" in message
    names = sorted(path.name.split(".")[0] for path in out.iterdir())
    assert names == ["shape", "sound0", "sound1", "sound2"]
    for name in ("huge.nii", "outside.mhd"):
        code, _, message = call("predict", run, images / name, tmp_path / "single", "--device", "cpu")
        assert code == 3
        assert name in message
    assert not (tmp_path / "single").exists()


PREPARED = (cut, flip_byte, ask_for_too_much, with_nan, empty)


@pytest.mark.parametrize("damage", [*PREPARED, other_shape])
@pytest.mark.parametrize("part", ["image", "mask"])
def test_train_refuses_a_damaged_data_set_that_check_names(tmp_path, damage, part):
    dataset = make_dataset(tmp_path / "data")
    case = TRAIN[1]
    path = dataset.image_path(case) if part == "image" else dataset.label_path(case)
    damage(path)
    code, text, _ = call("check", dataset.root)
    assert code == 3
    assert f" {case} " in text
    assert str(dataset.label_path(case) if damage is other_shape else path) in text
    (tmp_path / "tiny.yaml").write_text(RECIPE)
    arguments = ("--data", dataset.root, "--labels", "labelsTr", "--method", "unetpp", "--preset", "cpu")
    code, _, message = call(
        "train", tmp_path / "tiny.yaml", *arguments, "--device", "cpu", "--set", "epochs=1", "--out", tmp_path / "run"
    )
    assert code == 3
    assert case in message
    assert not (tmp_path / "run" / "model.safetensors").exists()
