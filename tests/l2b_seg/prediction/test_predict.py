"""`l2b-seg predict`: the input's own grid and geometry, broken inputs, exit codes."""

import json
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
import torch
import yaml
from PIL import Image
from safetensors.torch import save_file
from torch import nn

from l2b_cli.seg.predict import predict as predict_command
from l2b_data.cases.case_files import mask_files
from l2b_data.cases.dataset import write_dataset_files
from l2b_data.cases.slicing import SliceOptions
from l2b_data.errors import ConfigError, DataError
from l2b_data.images.volume import Volume, read_volume, write_volume
from l2b_run.training.device import choose_device
from l2b_seg.config import Settings
from l2b_seg.networks.build_network import network_of
from l2b_seg.prediction.paths import find_inputs, output_paths
from l2b_seg.prediction.predict import predict, read_image
from l2b_seg.prediction.predictor import Predictor
from l2b_seg.task import Task
from tests.command import call_command
from tests.l2b_data.images.dicom_series import ct_volume, write_series
from tests.l2b_data.images.in_unit import assert_same_header, rewrite_in

SHAPE = (5, 40, 48)
SPACING = (3.1, 0.6, 0.7)


def rotation(degrees, axis):
    angle, axis = np.deg2rad(degrees), np.asarray(axis, float) / np.linalg.norm(axis)
    cross = np.cross(np.eye(3), axis)
    return np.eye(3) + np.sin(angle) * -cross + (1 - np.cos(angle)) * cross @ cross


DIRECTIONS = {
    "identity": np.eye(3),
    "flipped left-right and front-back": np.diag([-1.0, -1.0, 1.0]),
    "left-handed": np.diag([1.0, -1.0, 1.0]),
    "oblique": rotation(17, (1, 2, 3)),
    "oblique and flipped": rotation(-33, (3, 1, 1)) @ np.diag([1.0, 1.0, -1.0]),
    "sagittal": np.array([[0.0, 0.0, -1.0], [1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]),
}


def bright_ellipse():
    """Image with one bright, off-centre ellipse, and where it is."""
    z, y, x = np.indices(SHAPE)
    inside = ((y - 14) / 8) ** 2 + ((x - 30) / 11) ** 2 + ((z - 2) / 9) ** 2 <= 1
    return np.where(inside, 200, 20).astype(np.int16), inside


@pytest.fixture
def brightness():
    """A real predictor whose network is one pixel wide: foreground where the slice is brighter than half its range."""
    network = nn.Conv2d(1, 1, 1)
    nn.init.constant_(network.weight, 20.0)
    nn.init.constant_(network.bias, -10.0)
    return Predictor(network.eval(), SliceOptions(size=96), Task(1, ("ellipse",)), torch.device("cpu"))


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    """A run folder with a small network of random weights, as training leaves it."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    folder.mkdir()
    settings = Settings.model_validate(
        {
            "recipe": "promise12",
            "preset": "cpu",
            "method": "unetpp",
            "slices": {"size": 32},
            "network": {"widths": [2, 2, 2, 2, 2]},
        }
    )
    torch.manual_seed(0)
    (folder / "config.yaml").write_text(yaml.safe_dump(settings.model_dump(mode="json")))
    weights = {name: tensor.contiguous() for name, tensor in network_of(settings).state_dict().items()}
    save_file(weights, folder / "model.safetensors")
    return folder


@pytest.fixture
def images(tmp_path):
    folder = tmp_path / "images"
    for case, seed in (("Case00", 0), ("Case01", 1), ("Case02", 2)):
        noise = np.random.default_rng(seed).normal(100, 30, SHAPE).astype(np.float32)
        write_volume(Volume(noise, spacing_mm=SPACING, origin=(4.0, 5.0, 6.0)), folder / f"{case}_0000.nii.gz")
    return folder


def run(*arguments):
    """Exit code, stdout and message of the command, by the shell's rule: an L2BError is its exit code."""
    return call_command(predict_command, *arguments)


@pytest.mark.parametrize("name", DIRECTIONS)
@pytest.mark.parametrize("suffix", [".nii.gz", ".mha", ".nrrd"])
def test_mask_lies_where_the_image_does(tmp_path, brightness, name, suffix):
    array, inside = bright_ellipse()
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(SPACING[::-1])
    image.SetOrigin((-101.25, 33.5, 7.125))
    image.SetDirection(DIRECTIONS[name].ravel().tolist())
    source = tmp_path / "in" / f"Case07{suffix}"
    source.parent.mkdir()
    sitk.WriteImage(image, str(source))

    inputs = find_inputs(source)
    predict(brightness, inputs, output_paths(inputs, tmp_path / "out"))
    written = tmp_path / "out" / "Case07.nii.gz"
    mask, original = sitk.ReadImage(str(written)), sitk.ReadImage(str(source))
    assert mask.GetSize() == original.GetSize()
    for get in ("GetSpacing", "GetOrigin", "GetDirection"):
        np.testing.assert_allclose(getattr(mask, get)(), getattr(original, get)(), atol=1e-6)
    # nibabel's affine, RAS, from ITK's LPS geometry by hand
    affine = np.eye(4)
    affine[:3, :3] = np.diag([-1, -1, 1]) @ DIRECTIONS[name] @ np.diag(SPACING[::-1])
    affine[:3, 3] = np.diag([-1, -1, 1]) @ np.array([-101.25, 33.5, 7.125])
    np.testing.assert_allclose(nib.load(written).affine, affine, atol=1e-6)
    found = sitk.GetArrayFromImage(mask)
    assert found.dtype == np.uint8
    assert set(np.unique(found)) == {0, 1}
    overlap = 2 * (found.astype(bool) & inside).sum() / (found.sum() + inside.sum())
    assert overlap > 0.97  # resampling to 96 x 96 and back


@pytest.mark.parametrize("name", DIRECTIONS)
@pytest.mark.parametrize("codes", [(1, 1), (0, 1), (1, 0)], ids=["both", "sform alone", "qform alone"])
def test_affine_survives_from_nifti_to_nifti(tmp_path, brightness, name, codes):
    """float32 affines with no short binary form, one and the same file format: equal to 1e-6 for both readers."""
    array, _ = bright_ellipse()
    affine = np.eye(4)
    affine[:3, :3] = DIRECTIONS[name] @ np.diag([0.624999, 0.7654321, 3.6123])
    affine[:3, 3] = (-187.654321, 12.3456789, -45.6789)
    image = nib.Nifti1Image(array.transpose(2, 1, 0), affine)
    image.set_qform(affine, code=codes[0])
    image.set_sform(affine if codes[1] else None, code=codes[1])
    nib.save(image, tmp_path / "a.nii.gz")
    inputs = find_inputs(tmp_path / "a.nii.gz")
    predict(brightness, inputs, output_paths(inputs, tmp_path / "mask.nii"))
    mask, original = nib.load(tmp_path / "mask.nii"), nib.load(tmp_path / "a.nii.gz")
    assert mask.shape == array.shape[::-1]
    np.testing.assert_allclose(mask.affine, original.affine, rtol=0, atol=1e-6)
    theirs = sitk.ReadImage(str(tmp_path / "mask.nii")), sitk.ReadImage(str(tmp_path / "a.nii.gz"))
    for get in ("GetSpacing", "GetOrigin", "GetDirection"):
        np.testing.assert_allclose(*(getattr(volume, get)() for volume in theirs), rtol=0, atol=1e-6)


def test_mirroring_averages_a_lopsided_network(brightness):
    array, _ = bright_ellipse()
    shifted = nn.Sequential(nn.ZeroPad2d((12, -12, 0, 0)), brightness.model)  # answers 12 pixels too far right
    lopsided = replace(brightness, model=shifted)
    plain = lopsided.predict_volume([Volume(array.astype(np.float32))])
    both = lopsided.predict_volume([Volume(array.astype(np.float32))], mirror=True)
    mirrored = lopsided.predict_volume([Volume(array[:, :, ::-1].astype(np.float32))])[..., ::-1]
    np.testing.assert_allclose(both, (plain + mirrored) / 2, atol=1e-5)
    assert np.abs(both - plain).max() > 0.4


def test_folder_through_the_command_with_a_real_network(run_folder, images, tmp_path):
    code, text, _ = run(run_folder, images, tmp_path / "out", "--device", "cpu", "--tta")
    assert code == 0
    assert text.split() == [str(tmp_path / "out" / f"Case0{n}.nii.gz") for n in range(3)]
    for n in range(3):
        mask, image = read_volume(tmp_path / "out" / f"Case0{n}.nii.gz"), read_volume(images / f"Case0{n}_0000.nii.gz")
        assert mask.same_grid(image) == []


def test_skip_existing_leaves_masks_as_they_are(run_folder, images, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "Case01.nii.gz").write_bytes(b"mine")
    code, text, _ = run(run_folder, images, out, "--skip-existing", "--json", "--device", "cpu")
    assert code == 0
    assert json.loads(text)["skipped"] == ["Case01"]
    assert list(json.loads(text)["written"]) == ["Case00", "Case02"]
    assert (out / "Case01.nii.gz").read_bytes() == b"mine"
    run(run_folder, images, out, "--device", "cpu")
    assert read_volume(out / "Case01.nii.gz").array.shape == SHAPE


def test_broken_inputs_among_others_are_listed(run_folder, images, tmp_path):
    cut = images / "Case00_0000.nii.gz"
    cut.write_bytes(cut.read_bytes()[:-100])
    holes = np.full(SHAPE, np.nan, np.float32)
    write_volume(Volume(holes, spacing_mm=SPACING), images / "Case02_0000.nii.gz")
    code, text, message = run(run_folder, images, tmp_path / "out", "--device", "cpu")
    assert code == 4
    assert "2 of 3 inputs" in message
    assert str(cut) in message
    assert "Case02_0000.nii.gz: 9600 voxels are NaN" in message
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["Case01.nii.gz"]
    assert text.split() == [str(tmp_path / "out" / "Case01.nii.gz")]
    code, _, message = run(run_folder, cut, tmp_path / "single", "--device", "cpu")
    assert code == 3
    assert str(cut) in message
    assert not (tmp_path / "single").exists()


def break_files(folder):
    """Files broken in every way, and one that is whole: case id -> what its message must say."""
    whole = (folder / "whole.nii.gz").read_bytes()
    (folder / "cut.nii.gz").write_bytes(whole[:-100])
    (folder / "flipped.nii.gz").write_bytes(whole[:500] + bytes([whole[500] ^ 1]) + whole[501:])
    (folder / "empty.nii").write_bytes(b"")
    header = nib.Nifti1Header()
    header.set_data_shape((10_000, 10_000, 10_000))
    (folder / "huge.nii").write_bytes(header.binaryblock + bytes(1000))
    outside = folder.parent / "outside.raw"
    outside.write_bytes(bytes(8))
    mhd = "ObjectType = Image\nNDims = 3\nDimSize = 2 2 2\nElementType = MET_UCHAR\nElementDataFile = ../outside.raw\n"
    (folder / "outside.mhd").write_text(mhd)
    write_volume(Volume(np.full(SHAPE, np.nan, np.float32)), folder / "holes.nrrd")
    Image.new("RGB", (40, 40)).save(folder / "colour.png")
    Image.new("L", (40, 40)).save(folder / "half.png")
    (folder / "half.png").write_bytes((folder / "half.png").read_bytes()[:60])
    (folder / "text.tif").write_text("no picture")
    names = {name: name for name in ("cut.nii.gz", "flipped.nii.gz", "huge.nii", "half.png", "text.tif")}
    texts = {"empty": "empty (0 bytes)", "outside": "outside.raw", "holes": "9600 voxels are NaN"}
    colour = {"colour": "3 channels, the run was trained on 1"}
    return {name.split(".")[0]: text for name, text in names.items()} | texts | colour


def test_every_kind_of_broken_file_is_named_and_the_rest_is_predicted(run_folder, images, tmp_path):
    (images / "Case00_0000.nii.gz").rename(images / "whole.nii.gz")
    for other in images.glob("Case*"):
        other.unlink()
    expected = break_files(images)
    code, text, message = run(run_folder, images, tmp_path / "out", "--device", "cpu")
    assert code == 4
    assert text.split() == [str(tmp_path / "out" / "whole.nii.gz")]
    lines = dict(line.strip().split(": ", 1) for line in message.splitlines()[1:])
    assert lines.keys() == expected.keys()
    for case, part in expected.items():
        assert part in lines[case], case
    (images / "whole.nii.gz").unlink()
    code, text, message = run(run_folder, images, tmp_path / "none", "--device", "cpu")
    assert (code, text) == (3, "")
    assert all(part in message for part in expected.values())
    assert not (tmp_path / "none").exists()


def test_prepared_data_set_by_split(run_folder, images, tmp_path):
    data = tmp_path / "data"
    (data / "imagesTr").mkdir(parents=True)
    for path in images.iterdir():
        path.rename(data / "imagesTr" / path.name)
    splits = {"train": ["Case00"], "meta": [], "test": ["Case02"]}
    labels = {"background": 0, "gland": 1}
    write_dataset_files(
        data, name="toy", channels=["MR"], labels=labels, splits=splits, spacing_unit="mm", how={}, source={}
    )
    assert list(find_inputs(data)) == ["Case02"]
    assert list(find_inputs(data, split="all")) == ["Case00", "Case02"]
    with pytest.raises(DataError, match=r"split 'meta'"):
        find_inputs(data, split="meta")
    assert run(run_folder, data, tmp_path / "out", "--device", "cpu", "--split", "train")[0] == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["Case00.nii.gz"]


def test_promise12_folder_leaves_the_masks_out(tmp_path):
    for name in ("Case00", "Case00_segmentation", "Case01"):
        write_volume(Volume(np.ones(SHAPE, np.uint8)), tmp_path / f"{name}.mha")
    assert list(find_inputs(tmp_path)) == ["Case00", "Case01"]


def test_nothing_is_written_over_an_image(images):
    plain = images.parent / "plain" / "Case00.nii.gz"
    plain.parent.mkdir()
    (images / "Case00_0000.nii.gz").rename(plain)
    for out in (plain.parent, plain):
        with pytest.raises(ConfigError, match="replace their images"):
            output_paths(find_inputs(plain), out)
    with pytest.raises(ConfigError, match="masks would lie among the images"):
        output_paths(find_inputs(images), images)
    with pytest.raises(ConfigError, match="one file for 2 inputs"):
        output_paths(find_inputs(images), images.parent / "mask.nii.gz")


def test_wrong_arguments(run_folder, images, tmp_path):
    assert run(tmp_path / "norun", images, tmp_path / "out")[0] == 3
    assert run(run_folder, tmp_path / "nowhere", tmp_path / "out")[0] == 3
    assert run(run_folder, images, tmp_path / "out", "--device", "tpu")[0] == 2
    assert run(run_folder, images, tmp_path / "out", "--split", "dev")[0] == 2
    with pytest.raises(ConfigError, match="cuda:99"):
        choose_device("cuda:99")
    assert choose_device("auto").type in ("cpu", "cuda")
    assert not (tmp_path / "out").exists()


def test_what_is_no_image_of_the_run_is_refused(tmp_path):
    array = np.ones(SHAPE, np.float32)
    write_volume(Volume(array), tmp_path / "a_0000.nii")
    array[0, 0, :3] = np.inf
    write_volume(Volume(array), tmp_path / "a_0001.nii")
    write_volume(Volume(array[:2], spacing_mm=(2.0, 1.0, 1.0)), tmp_path / "a_0002.nii")
    first, second, third = (tmp_path / f"a_000{n}.nii" for n in range(3))
    with pytest.raises(DataError, match=r"a_0001\.nii: 3 voxels are NaN"):
        read_image([second], 1)
    with pytest.raises(DataError, match=r"a_0000\.nii, .*a_0001\.nii: 3 voxels of channel 1 are NaN"):
        read_image([first, second], 2)
    with pytest.raises(DataError, match=r"channel 1 differs .* shape 5x40x48 against 2x40x48.*spacing_mm"):
        read_image([first, third], 2)
    with pytest.raises(DataError, match=r"2 channels, the run was trained on 1"):
        read_image([first, second], 1)
    with pytest.raises(DataError, match=r"1 channel, the run was trained on 3; .* CASE_0002, or RGB"):
        read_image([first], 3)


def test_channels_of_a_folder_and_beside_a_file(tmp_path):
    for name in ("b_0001", "b_0000", "a_0000", "a_0001", "a_0002", "plain", "numbered_0007"):
        write_volume(Volume(np.ones(SHAPE, np.uint8)), tmp_path / f"{name}.mha")
    found = {case: [path.name for path in files] for case, files in find_inputs(tmp_path).items()}
    assert found == {
        "a": ["a_0000.mha", "a_0001.mha", "a_0002.mha"],
        "b": ["b_0000.mha", "b_0001.mha"],
        "numbered_0007": ["numbered_0007.mha"],
        "plain": ["plain.mha"],
    }
    alone = tmp_path / "a_0000.mha"
    assert find_inputs(alone) == {"a": [alone]}
    assert [path.name for path in find_inputs(alone, channels=2)["a"]] == ["a_0000.mha", "a_0001.mha"]
    assert len(find_inputs(alone, channels=5)["a"]) == 3
    (tmp_path / "a_0001.mha").unlink()
    with pytest.raises(DataError, match=r"channel left out.*\n  a: _0000, _0002"):
        find_inputs(tmp_path)
    write_volume(Volume(np.ones(SHAPE, np.uint8)), tmp_path / "b_0000.nii.gz")
    with pytest.raises(DataError, match=r"b_0000\.mha, b_0000\.nii\.gz"):
        find_inputs(tmp_path)


def test_pictures_that_a_camera_counted_are_images_of_their_own(tmp_path):
    for number in range(4):
        Image.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / f"IMG_000{number}.png")
    whole = [f"IMG_000{number}" for number in range(4)]
    for channels in (1, 3):
        assert list(find_inputs(tmp_path, channels=channels)) == whole
        assert find_inputs(tmp_path / "IMG_0000.png", channels=channels) == {"IMG_0000": [tmp_path / "IMG_0000.png"]}
    assert list(find_inputs(tmp_path, channels=4)) == ["IMG"]
    (tmp_path / "IMG_0003.png").unlink()
    assert [len(files) for files in find_inputs(tmp_path, channels=3).values()] == [3]
    assert len(find_inputs(tmp_path / "IMG_0000.png", channels=3)["IMG"]) == 3


def test_masks_beside_their_images_are_left_out_whatever_their_ending(tmp_path):
    for name in ("a", "a_mask", "b_0000", "b_seg", "c_label"):
        write_volume(Volume(np.ones(SHAPE, np.uint8)), tmp_path / f"{name}.mha")
    assert list(find_inputs(tmp_path)) == ["a", "b", "c_label"]


def test_a_volume_of_two_axes_has_a_mask_of_two(tmp_path, brightness):
    array, _ = bright_ellipse()
    affine = np.diag([-0.7, -0.6, 1.0, 1.0])
    affine[:3, 3] = 12.0, -3.0, 5.0
    nib.save(nib.Nifti1Image(array[2].T, affine), tmp_path / "flat.nii.gz")
    sitk.WriteImage(sitk.GetImageFromArray(array[2]), str(tmp_path / "plane.mha"))
    inputs = find_inputs(tmp_path)
    predict(brightness, inputs, output_paths(inputs, tmp_path / "out"))
    for name in ("flat", "plane"):
        assert nib.load(tmp_path / "out" / f"{name}.nii.gz").shape == array[2].T.shape
    np.testing.assert_allclose(nib.load(tmp_path / "out" / "flat.nii.gz").affine, affine, atol=1e-6)
    plane = find_inputs(tmp_path / "plane.mha")
    predict(brightness, plane, output_paths(plane, tmp_path / "mask.mha"))
    assert sitk.ReadImage(str(tmp_path / "mask.mha")).GetSize() == array[2].T.shape


@pytest.fixture
def colours():
    """Two classes by colour: red above the rest is class 1, blue class 2, else background; probabilities near 1."""
    network = nn.Conv2d(3, 3, 1)
    with torch.no_grad():
        network.weight.copy_(torch.tensor([[0.0, 0, 0], [40, -40, -40], [-40, -40, 40]])[..., None, None])
        network.bias.copy_(torch.tensor([0.0, -10, -10]))
    options = SliceOptions(size=96, crop=1.0)
    return Predictor(network.eval(), options, Task(3, ("red", "blue")), torch.device("cpu"))


def red_and_blue(height=60, width=90):
    """RGB uint8 (H, W, 3): a red and a blue square on dark grey, and the label map (H, W)."""
    labels = np.zeros((height, width), np.uint8)
    labels[10:30, 5:40], labels[30:55, 50:85] = 1, 2
    picture = np.zeros((height, width, 3), np.uint8)
    picture[labels == 1, 0], picture[labels == 2, 2] = 250, 250
    picture[0, 0] = 255  # all channels have one range
    return picture, labels


@pytest.mark.parametrize(
    ("suffix", "written"), [(".png", ".png"), (".jpg", ".png"), (".bmp", ".png"), (".tif", ".tif")]
)
def test_picture_in_mask_picture_out(tmp_path, colours, suffix, written):
    picture, labels = red_and_blue()
    source = tmp_path / "in" / f"lesion{suffix}"
    source.parent.mkdir()
    Image.fromarray(picture).save(source)
    inputs = find_inputs(source.parent, channels=3)
    predict(colours, inputs, output_paths(inputs, tmp_path / "out"))
    assert [path.name for path in (tmp_path / "out").iterdir()] == [f"lesion{written}"]
    with Image.open(tmp_path / "out" / f"lesion{written}") as mask:
        assert (mask.size, mask.mode) == ((90, 60), "L")
        found = np.asarray(mask)
    assert set(np.unique(found)) == {0, 1, 2}
    for label in (1, 2):
        overlap = 2 * ((found == label) & (labels == label)).sum() / ((found == label).sum() + (labels == label).sum())
        assert overlap > 0.9, label


def test_channel_files_and_one_colour_picture_give_one_mask(tmp_path, colours):
    picture, _ = red_and_blue()
    Image.fromarray(picture).save(tmp_path / "rgb.png")
    for channel in range(3):
        Image.fromarray(picture[..., channel]).save(tmp_path / f"split_000{channel}.png")
    inputs = find_inputs(tmp_path, channels=3)
    result = predict(colours, inputs, output_paths(inputs, tmp_path / "out"))
    assert result.written == ["rgb", "split"]
    assert (tmp_path / "out" / "rgb.png").read_bytes() == (tmp_path / "out" / "split.png").read_bytes()
    Image.fromarray(picture[..., 0]).save(tmp_path / "grey.png")
    inputs = find_inputs(tmp_path, channels=3)
    result = predict(colours, inputs, output_paths(inputs, tmp_path / "again"))
    assert list(result.failed) == ["grey"]
    assert "grey.png: 1 channel, the run was trained on 3" in result.failed["grey"]


def test_probabilities_of_several_classes(tmp_path, colours):
    Image.fromarray(red_and_blue()[0]).save(tmp_path / "a.png")
    inputs = find_inputs(tmp_path / "a.png", channels=3)
    outputs = output_paths(inputs, tmp_path / "out", classes=2, probabilities=True)
    predict(colours, inputs, outputs)
    with np.load(tmp_path / "out" / "a_probability.npz", allow_pickle=False) as stored:
        assert list(stored["classes"]) == ["background", "red", "blue"]
        probabilities = stored["probabilities"]
    assert (probabilities.shape, probabilities.dtype) == ((3, 1, 60, 90), np.float16)
    np.testing.assert_allclose(probabilities.astype(float).sum(0), 1, atol=2e-3)
    with Image.open(tmp_path / "out" / "a.png") as mask:
        assert (np.asarray(mask) == probabilities[:, 0].argmax(0)).all()


def test_probabilities_of_one_class_lie_on_the_images_grid(run_folder, images, tmp_path):
    code, text, _ = run(run_folder, images, tmp_path / "out", "--probabilities", "--json", "--device", "cpu")
    assert code == 0
    assert json.loads(text)["probabilities"]["Case01"] == str(tmp_path / "out" / "Case01_probability.nii.gz")
    probability, mask = (read_volume(tmp_path / "out" / f"Case01{end}.nii.gz") for end in ("_probability", ""))
    assert probability.same_grid(read_volume(images / "Case01_0000.nii.gz")) == []
    assert probability.array.dtype == np.float32
    assert ((probability.array > 0.5) == (mask.array == 1)).all()
    assert list(mask_files(tmp_path / "out")) == ["Case00", "Case01", "Case02"], "no mask, so `evaluate` skips them"
    (tmp_path / "out" / "Case02_probability.nii.gz").unlink()
    text = run(run_folder, images, tmp_path / "out", "--probabilities", "--skip-existing", "--json")[1]
    assert list(json.loads(text)["written"]) == ["Case02"]


def test_where_masks_of_pictures_go(tmp_path):
    inputs = {"a": [tmp_path / "a.jpg"], "b": [tmp_path / "b.TIFF"], "c": [tmp_path / "c.nrrd"]}
    names = {case: output.mask.name for case, output in output_paths(inputs, tmp_path / "out").items()}
    assert names == {"a": "a.png", "b": "b.tif", "c": "c.nii.gz"}
    beside = output_paths(inputs, tmp_path / "out", probabilities=True)
    assert [output.probabilities.name for output in beside.values()] == [
        *("a_probability.npz", "b_probability.npz", "c_probability.nii.gz")
    ]
    picture, volume = {"a": inputs["a"]}, {"c": inputs["c"]}
    assert output_paths(picture, tmp_path / "mask.nii.gz")["a"].mask == tmp_path / "mask.nii.gz"
    for wrong, given in (("mask.jpg", picture), ("mask.bmp", picture), ("mask.png", volume), ("mask.mhd", volume)):
        with pytest.raises(ConfigError, match=wrong):
            output_paths(given, tmp_path / wrong)
    with pytest.raises(ConfigError, match="replace their images"):
        output_paths({"a": [tmp_path / "x.png", tmp_path / "a.png"]}, tmp_path)


@pytest.mark.parametrize("unit", ["micron", "meter"])
def test_masks_are_in_the_images_unit(tmp_path, brightness, images, unit):
    image = images / "Case00_0000.nii.gz"
    inputs, mask = find_inputs(image), tmp_path / "mask.nii.gz"
    predict(brightness, inputs, output_paths(inputs, tmp_path / "mm.nii.gz"))
    rewrite_in(unit, image)
    predict(brightness, inputs, output_paths(inputs, mask, probabilities=True))
    for path in (mask, tmp_path / "mask_probability.nii.gz"):
        assert_same_header(path, image)
    np.testing.assert_array_equal(read_volume(mask).array, read_volume(tmp_path / "mm.nii.gz").array)


def test_a_dicom_series_has_a_mask_on_its_grid(tmp_path, brightness):
    for name in ("c1", "c2"):
        write_series(tmp_path / "ct" / name, ct_volume())
    inputs = find_inputs(tmp_path / "ct")
    assert inputs == {name: [tmp_path / "ct" / name] for name in ("c1", "c2")}
    assert find_inputs(tmp_path / "ct" / "c1") == {"c1": [tmp_path / "ct" / "c1"]}
    predict(brightness, inputs, output_paths(inputs, tmp_path / "out"))
    assert read_volume(tmp_path / "out" / "c1.nii.gz").same_grid(ct_volume()) == []
    with pytest.raises(ConfigError, match="masks are written as"):
        output_paths(find_inputs(tmp_path / "ct" / "c1"), tmp_path / "mask.dcm")
