"""Slicing: geometry and its inverse, intensities, masks, the cache, faults."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from l2b_data.cases.slices import case_image, load_slices, native_slices
from l2b_data.cases.slicing import SliceOptions, prepare_image, prepare_mask, to_native
from l2b_data.errors import DataError
from l2b_data.images.volume import Volume, write_volume
from tests.l2b_seg.tiny import NOISY, TRAIN, make_colour

COARSE = SliceOptions(size=32)


def image_slices(path, options):
    return native_slices(path, "image", options).array


def mask_slices(path, options, classes=1):
    return native_slices(path, "mask", options, values=range(classes + 1)).array


def smooth_maps(count, height, width):
    y, x = np.mgrid[:height, :width] / max(height, width)
    return np.stack([0.5 + 0.3 * np.sin(3 * y + k) * np.cos(2 * x) for k in range(count)]).astype(np.float32)


@pytest.mark.parametrize("shape", [(48, 48), (47, 61), (33, 32), (150, 21)])
@pytest.mark.parametrize("crop", [1.0, 0.7, 0.51])
def test_native_is_the_inverse_of_slicing(shape, crop):
    """Cropped and resized as an image is (a mask's path without its threshold), then back."""
    maps = smooth_maps(2, *shape)
    options = SliceOptions(size=64, crop=crop)
    spread = maps.max((1, 2)) - maps.min((1, 2))
    there = prepare_image(maps, options)
    # min-max scaled in 256 steps: undo what it did to the values, keep what it did to the geometry
    there = there * spread[:, None, None] + maps.min((1, 2))[:, None, None]
    back = to_native(there, shape, options)
    margins = [round(side * (1 - crop) / 2) for side in shape]
    rows, columns = (slice(m, side - m) for m, side in zip(margins, shape, strict=True))
    assert back.shape == maps.shape
    np.testing.assert_allclose(back[:, rows, columns], maps[:, rows, columns], atol=0.02)
    outside = np.ones(shape, bool)
    outside[rows, columns] = False
    assert not back[:, outside].any()


def test_a_shift_of_one_pixel_would_show():
    """The tolerance above is finer than the field's own step from pixel to pixel at the resolution that counts."""
    maps = smooth_maps(1, 33, 32)
    assert np.abs(np.diff(maps, axis=1)).max() > 0.02


def test_smallest_crop_keeps_a_pixel():
    options = SliceOptions(size=16, crop=0.001)
    assert prepare_image(np.ones((1, 48, 47)), options).shape == (1, 16, 16)
    assert to_native(np.ones((1, 16, 16)), (48, 47), options).sum() > 0


def test_any_foreground_covers_what_half_covers_and_more(tmp_path):
    disc = np.hypot(*(np.mgrid[:48, :48] - 23.7)) < 10.3
    write_volume(Volume(np.stack([disc, np.zeros_like(disc)]).astype(np.uint8) * 3), tmp_path / "m.nii.gz")
    every = mask_slices(tmp_path / "m.nii.gz", COARSE)
    half = mask_slices(tmp_path / "m.nii.gz", SliceOptions(size=32, mask_threshold="half"))
    assert every.dtype == half.dtype == np.uint8
    assert set(np.unique(every)) == {0, 1}
    assert (every >= half).all()
    true_area = disc.sum() * (32 / 48) ** 2
    assert half[0].sum() == pytest.approx(true_area, rel=0.03)
    assert every[0].sum() > 1.1 * true_area
    assert not every[1].any()


def test_minmax_is_in_256_steps_of_the_slice():
    ramp = np.linspace(-7, 400, 32 * 32).reshape(1, 32, 32)
    out = prepare_image(np.concatenate([ramp, 5 * ramp]), COARSE)
    np.testing.assert_allclose(out * 255, np.round(out * 255), atol=1e-3)
    assert out.min() == 0
    assert out.max() == 1
    np.testing.assert_allclose(out[0], out[1])


def test_zscore_clips_a_bright_spot():
    noise = np.random.default_rng(0).normal(300, 40, (1, 32, 32))
    noise[0, 3, 3] = 1e5
    out = prepare_image(noise, SliceOptions(size=32, intensity="zscore"))
    assert abs(out.mean()) < 1e-3
    assert out.std() == pytest.approx(1, abs=1e-3)
    assert out[0, 3, 3] < 4


@settings(max_examples=60, deadline=None)
@given(st.floats(-1e6, 1e6, width=32), st.sampled_from(["minmax", "zscore"]))
def test_constant_slices_become_zero(value, intensity):
    out = prepare_image(np.full((2, 31, 29), value, np.float32), SliceOptions(size=16, intensity=intensity))
    assert not out.any()


def test_cache_follows_the_content_not_the_name(tmp_path, own_cache, monkeypatch):
    path = tmp_path / "a.nii.gz"
    write_volume(Volume(np.arange(2 * 20 * 30, dtype=np.int16).reshape(2, 20, 30)), path)
    found = native_slices(path, "image", COARSE)
    first = found.array
    assert found.cut.shape == (2, 20, 30)
    assert first.dtype == np.float16
    monkeypatch.setattr("l2b_data.cases.slices.read_volume", None)  # a second reading would fail
    again = native_slices(path, "image", COARSE)
    assert isinstance(again.array, np.memmap)
    assert again.cut == found.cut
    assert again.array.filename == first.filename
    (tmp_path / "b.nii.gz").write_bytes(path.read_bytes())
    assert image_slices(tmp_path / "b.nii.gz", COARSE).filename == first.filename
    monkeypatch.undo()
    monkeypatch.setenv("L2B_CACHE", str(own_cache))

    write_volume(Volume(np.arange(3 * 20 * 20, dtype=np.int16).reshape(3, 20, 20) ** 2 % 97), path)
    changed = native_slices(path, "image", COARSE)
    assert changed.cut.shape == (3, 20, 20)
    assert not np.array_equal(changed.array[:2], first)
    assert image_slices(path, SliceOptions(size=48)).shape == (3, 48, 48)
    assert mask_slices(path, COARSE).dtype == np.uint8


@pytest.mark.parametrize("damage", [b"", b"no array", None])
def test_damaged_cache_file_is_made_anew(tmp_path, own_cache, damage):
    path = tmp_path / "a.nii.gz"
    write_volume(Volume(np.arange(2 * 20 * 30, dtype=np.int16).reshape(2, 20, 30)), path)
    good = np.array(image_slices(path, COARSE))
    (stored,) = own_cache.rglob("*.npy")
    stored.write_bytes(stored.read_bytes()[:-50] if damage is None else damage)
    np.testing.assert_array_equal(image_slices(path, COARSE), good)
    assert [path.name for path in own_cache.rglob("*") if path.is_file()] == ["2x20x30x0x1x2x0x0.npy"]
    np.testing.assert_array_equal(np.load(stored), good)


def test_slices_of_cases_in_order(data):
    slices = load_slices(data.dataset, TRAIN[::-1], COARSE, labels=NOISY)
    assert slices.image.shape == slices.mask.shape == (18, 1, 32, 32)
    assert slices.where[:7] == (*((TRAIN[2], index) for index in range(6)), (TRAIN[1], 0))
    alone = load_slices(data.dataset, [TRAIN[1]], COARSE, labels=NOISY)
    assert slices.mask[6:12].equal(alone.mask)
    clean = load_slices(data.dataset, [TRAIN[1]], COARSE)
    assert alone.mask.sum() > clean.mask.sum()


def test_faults_of_all_cases_in_one_message(data):
    dataset = data.dataset
    dataset.image_path("case0").write_bytes(dataset.image_path("case0").read_bytes()[:-80])
    dataset.label_path("case1", NOISY).unlink()
    write_volume(Volume(np.ones((6, 40, 48), np.uint8)), dataset.label_path("case2", NOISY))
    write_volume(Volume(np.full((6, 48, 48), np.nan, np.float32)), dataset.image_path("case3"))
    write_volume(Volume(np.ones((5, 48, 48), np.uint8)), dataset.label_path("case4"))
    with pytest.raises(DataError) as caught:
        load_slices(dataset, TRAIN, COARSE, labels=NOISY)
    message = str(caught.value)
    assert "3 of 3 cases" in message
    assert "case0_0000.nii.gz" in message
    assert f"{dataset.label_path('case1', NOISY)}: no such file" in message
    assert f"case2: image has shape 6x48x48, its mask in {NOISY} 6x40x48" in message
    with pytest.raises(DataError, match=r"(?s)2 of 3 cases.*case3_0000.*NaN or infinite.*case4: .*6x48x48.* 5x48x48"):
        load_slices(dataset, ["case3", "case4", "case5"], COARSE)
    with pytest.raises(DataError, match="no case"):
        load_slices(dataset, [], COARSE)


def block(*rows):
    """One slice of 4 x 4 blocks of 8 pixels with these label values."""
    return np.kron(np.array(rows, np.uint8), np.ones((8, 8), np.uint8))[None]


def test_label_maps_keep_their_values_where_blocks_fit():
    labels = block([0, 1, 1, 0], [2, 1, 3, 0], [2, 2, 3, 3], [0, 0, 0, 3])
    for threshold in ("any", "half"):
        options = SliceOptions(size=32, mask_threshold=threshold)
        np.testing.assert_array_equal(prepare_mask(labels, options, 3), labels)
        for value in (1, 2, 3):  # each class as if it were alone
            alone = prepare_mask(labels == value, options)
            np.testing.assert_array_equal(alone, labels == value)


def test_a_pixel_takes_the_class_that_covers_most():
    labels = np.zeros((1, 64, 64), np.uint8)
    labels[0, 10:30, 10:30] = 1
    labels[0, 10:30, 30:51] = 2  # the border between 1 and 2 falls between pixels, those to background inside them
    half = prepare_mask(labels, SliceOptions(size=16, mask_threshold="half"), 2)[0]
    every = prepare_mask(labels, SliceOptions(size=16), 2)[0]
    assert set(np.unique(half)) == set(np.unique(every)) == {0, 1, 2}
    shares = np.stack([(labels[0] == value).reshape(16, 4, 16, 4).mean((1, 3)) for value in range(3)])
    clear = shares.max(0) == 1  # pixels wholly of one label, and so are their neighbours: any filter agrees there
    inner = clear & np.roll(clear, 1, 0) & np.roll(clear, -1, 0) & np.roll(clear, 1, 1) & np.roll(clear, -1, 1)
    np.testing.assert_array_equal(half[inner], shares.argmax(0)[inner])
    assert (every > 0).sum() > (half > 0).sum()
    assert (every > 0)[shares[0] < 1].all()
    binary = prepare_mask(labels > 0, SliceOptions(size=16))[0]
    np.testing.assert_array_equal(every > 0, binary)


@pytest.mark.parametrize(("value", "dtype"), [(4, np.uint8), (-1, np.int16), (0.5, np.float32), (260, np.int16)])
def test_label_values_there_is_no_class_for(tmp_path, value, dtype):
    labels = block([0, 1], [2, 3]).astype(dtype)
    labels[0, 0, 0] = value
    write_volume(Volume(labels), tmp_path / "m.nii.gz")
    with pytest.raises(DataError, match=rf"m\.nii\.gz: label values {value:g}; this data set's are 0 to 3"):
        mask_slices(tmp_path / "m.nii.gz", COARSE, classes=3)
    assert mask_slices(tmp_path / "m.nii.gz", COARSE).max() == 1  # one class: all above 0 is foreground


def test_channels_are_normalised_each_on_its_own_and_pictures_have_any_size(tmp_path):
    dataset = make_colour(tmp_path / "data")
    slices = load_slices(dataset, dataset.splits["train"], COARSE)
    assert slices.image.shape == (6, 3, 32, 32)
    assert slices.mask.shape == (6, 1, 32, 32)
    assert {float(value) for value in slices.mask.unique()} == {0, 1, 2}
    assert [index for _, index in slices.where] == [0] * 6
    for k, case in enumerate(dataset.splits["train"]):
        for channel in range(3):
            alone = image_slices(dataset.image_path(case, channel), COARSE)
            assert slices.image[k, channel].equal(torch.from_numpy(alone[0].astype(np.float32)))
        assert case_image(dataset, case, COARSE).array.shape == (1, 3, 32, 32)
    assert len({native_slices(dataset.image_path(case), "image", COARSE).cut.shape for case in dataset.cases}) > 2


def test_channels_that_do_not_fit_together(tmp_path):
    dataset = make_colour(tmp_path / "data")
    write_volume(Volume(np.ones((1, 30, 30), np.uint8)), dataset.image_path("p0", 1))
    dataset.image_path("p1", 2).unlink()
    with pytest.raises(DataError, match=r"(?s)p0: p0_0001.nii.gz has shape 1x30x30, p0_0000.nii.gz .*p1_0002.nii.gz"):
        load_slices(dataset, ["p0", "p1", "p2"], COARSE)


def test_a_file_another_run_is_still_writing_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("L2B_CACHE", str(tmp_path / "cache"))
    image = tmp_path / "a_0000.nii.gz"
    write_volume(Volume(np.random.default_rng(0).normal(size=(2, 20, 20)).astype(np.float32)), image)
    first = image_slices(image, SliceOptions(size=16))
    (stored,) = (tmp_path / "cache" / "slices").glob("*/*.npy")
    stored.rename(stored.with_name(f".123.tmp.{stored.name}"))
    assert np.array_equal(image_slices(image, SliceOptions(size=16)), first)


def test_the_kept_part_lies_around_its_centre_and_inside():
    maps = np.arange(40 * 80, dtype=np.float32).reshape(1, 40, 80)
    for centre, rows, columns in (
        ((0.5, 0.5), (10, 30), (20, 60)),
        ((0.4, 0.7), (6, 26), (36, 76)),
        ((0.0, 1.0), (0, 20), (40, 80)),
    ):
        options = SliceOptions(size=64, crop=0.5, centre=centre)
        native = to_native(np.ones((1, 64, 64), np.float32), (40, 80), options)
        kept = np.zeros((1, 40, 80), bool)
        kept[:, slice(*rows), slice(*columns)] = True
        np.testing.assert_array_equal(native > 0, kept)
        cut = np.where(kept, maps, 0)
        mask = prepare_mask((cut > 0).astype(np.uint8), options)
        assert mask.mean() > 0.99
