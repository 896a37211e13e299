"""The synthetic pelvis: deterministic, in the prepared form, and with the contrasts that make it look like T2 MR."""

from pathlib import Path

import numpy as np
import pytest

from data_prep.mask_sets.pelvis import CENTRES, Canvas, draw_pelvis, gland_distance, render
from data_prep.mask_sets.synthetic import make_synthetic, synthetic_case
from l2b_data.errors import ConfigError
from l2b_data.images.volume import read_volume


def test_writes_a_prepared_data_set_that_begins_like_a_larger_one(tmp_path: Path) -> None:
    small = make_synthetic(tmp_path / "small", seed=3, n_train=2, n_meta=1, n_test=1, size=32)
    large = make_synthetic(tmp_path / "large", seed=3, n_train=3, n_meta=1, n_test=1, size=32)
    assert small.splits == {"train": ["Case00", "Case01"], "meta": ["Case02"], "test": ["Case03"]}
    assert small.spacing_unit == "mm"
    for case in small.cases:
        assert small.image_path(case).read_bytes() == large.image_path(case).read_bytes()
        image, mask = read_volume(small.image_path(case)), read_volume(small.label_path(case))
        assert image.spacing_known
        assert image.same_grid(mask) == []
        assert image.array.dtype == np.int16
        assert set(np.unique(mask.array)) == {0, 1}


def test_three_classes_are_the_zones_of_the_same_gland_and_the_bladder(tmp_path: Path) -> None:
    three = make_synthetic(tmp_path / "three", seed=3, n_train=1, n_meta=1, n_test=1, size=48, classes=3)
    one = make_synthetic(tmp_path / "one", seed=3, n_train=1, n_meta=1, n_test=1, size=48)
    assert three.classes == {"peripheral zone": 1, "transition zone": 2, "bladder": 3}
    for case in three.cases:
        assert three.image_path(case).read_bytes() == one.image_path(case).read_bytes()
        image, labels = (read_volume(path).array for path in (three.image_path(case), three.label_path(case)))
        gland = read_volume(one.label_path(case)).array > 0
        assert np.array_equal(np.isin(labels, (1, 2)), gland)
        assert all((labels == value).sum() > 50 for value in (1, 2, 3))
        assert image[labels == 3].mean() > image[labels == 2].mean()
        middle = np.flatnonzero((labels == 2).any((1, 2)))[len(np.flatnonzero((labels == 2).any((1, 2)))) // 2]
        depth = {value: np.argwhere(labels[middle] == value)[:, 0].mean() for value in (1, 2)}
        assert depth[1] > depth[2]  # the peripheral zone lies behind


def test_seed_and_number_alone_decide_a_case() -> None:
    first, again, other = synthetic_case(0, 4, size=32), synthetic_case(0, 4, size=32), synthetic_case(1, 4, size=32)
    assert np.array_equal(first[0].array, again[0].array)
    assert np.array_equal(first[1].array, again[1].array)
    assert first[0].array.shape != other[0].array.shape or not np.array_equal(first[0].array, other[0].array)


@pytest.mark.parametrize("number", range(8))
def test_gland_is_one_piece_of_human_size_inside_the_volume(number: int) -> None:
    from scipy.ndimage import label

    image, mask = synthetic_case(0, number)
    assert 16 <= len(image.array) <= 20
    assert label(mask.array)[1] == 1
    millilitres = mask.array.sum() * np.prod(mask.spacing_mm) / 1000
    assert 10 < millilitres < 90
    slices = np.asarray(mask.array.any((1, 2)))
    assert 6 <= slices.sum() <= len(slices)
    assert not mask.array[:, [0, -1]].any()
    assert not mask.array[:, :, [0, -1]].any()


def test_the_bladder_is_bright_the_muscle_dark_and_the_contrast_follows_the_centre() -> None:
    pelvis = draw_pelvis(np.random.default_rng(0))
    shape, spacing = (20, 96, 96), (3.3, 1.2, 1.2)
    canvas = Canvas(shape, spacing, pelvis)
    z, y, x = np.broadcast_arrays(canvas.z, canvas.y, canvas.x)
    gland = gland_distance(canvas, pelvis)
    half_z, half_y, _ = pelvis.half_size
    rim = (gland > 1.5) & (gland < 4) & (np.abs(z) < 0.4 * half_z) & (y < 0.5 * half_y)
    core = (gland < -2) & (np.abs(z) < 0.4 * half_z)
    bladder = (np.abs(z - half_z - 8) < 2) & (np.hypot(y + 9, x) < 6)
    muscle = (np.abs(np.abs(x) - pelvis.hip_distance) < 3) & (np.abs(y) < 8) & (np.abs(z) < 5)
    image, _ = render(pelvis, CENTRES[0], shape=shape, spacing_mm=spacing)
    assert image[bladder].mean() > 1.3 * image[core].mean()
    assert image[muscle].mean() < 0.6 * image[core].mean()

    def difference(contrast: float) -> float:
        from dataclasses import replace

        centre = replace(CENTRES[0], contrast=contrast, bias=0.0, noise=0.0)
        picture = render(pelvis, centre, shape=shape, spacing_mm=spacing)[0]
        return float(abs(picture[core].mean() - picture[rim].mean()) + picture[core].std())

    assert difference(1.0) > difference(0.4)


def test_faults_come_in_one_message_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("x")
    with pytest.raises(ConfigError, match=r"meta cases: 0.*size 8.*classes 2.*not empty"):
        make_synthetic(tmp_path / "out", seed=0, n_meta=0, size=8, classes=2)
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "mine.txt"]
