"""One plane for training and for whatever goes through its network, in whichever axis order a file is stored."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from data_prep.mask_noise.corrupt import corrupt
from data_prep.mask_noise.sheet import noise_sheet
from l2b_data.cases.dataset import CLEAN_LABELS, Dataset
from l2b_data.cases.slices import load_slices
from l2b_data.cases.slicing import SliceOptions
from l2b_data.images.volume import Volume, read_axes, read_volume, write_volume
from l2b_seg.audit.judges.networks import look_at
from l2b_seg.audit.review.proposals import proposal_path, write_proposal
from l2b_seg.audit.truth import clean_dice
from l2b_seg.audit.usual_shares import usual_shares
from l2b_seg.metrics.case_evaluation import evaluate_cases, load_evaluation_cases
from l2b_seg.prediction.paths import Output
from l2b_seg.prediction.predict import predict
from l2b_seg.prediction.trained_run import open_run
from l2b_seg.prediction.write_weights import write_weights
from l2b_seg.run_data import with_task
from tests.l2b_data.images.stored_otherwise import stored_otherwise
from tests.l2b_seg.saved_run import save_run
from tests.l2b_seg.tiny import META, NOISY, TEST, TRAIN, make_data, make_dataset, make_settings

ORDERS = {TRAIN[0]: (2, 0, 1), META[0]: (1, 0, 2), TEST[0]: (0, 2, 1)}
"""Cases that the second of two equal data sets stores otherwise; array axis i is the old axis ORDERS[i]."""

AXES = {TRAIN[0]: "PSL", META[0]: "LSP", TEST[0]: "PLS"}
OPTIONS = SliceOptions(size=32, plane="LPS")


def store_otherwise(dataset: Dataset, orders=ORDERS, flips=(False, False, False)):
    for case, folder in product(orders, (CLEAN_LABELS, NOISY)):
        for path in (dataset.image_path(case), dataset.label_path(case, folder))[folder == NOISY :]:
            if path.is_file():
                write_volume(stored_otherwise(read_volume(path), orders[case], flips), path)


def in_place(array, case):
    """An array as `case` stores it in the second data set, as the first stores it."""
    return array.transpose(tuple(ORDERS[case].index(axis) for axis in range(3)))


@pytest.fixture
def twins(tmp_path):
    """Two data sets of the same cases, and a run of one network on each."""
    plain, other = make_data(tmp_path / "plain"), make_data(tmp_path / "other")
    store_otherwise(other.dataset)
    return [(data, open_run(save_run(tmp_path / f"run{n}", data))) for n, data in enumerate((plain, other))]


def test_the_plane_of_a_data_set_is_that_of_most_images(tmp_path):
    dataset = make_dataset(tmp_path / "a")
    store_otherwise(dataset)
    assert {case: read_axes(dataset.image_path(case)) for case in AXES} == AXES
    assert dataset.plane == "LPS"
    dataset.image_path(TRAIN[1]).write_bytes(b"damaged")  # named where it is read
    dataset.image_path(TRAIN[2]).unlink()
    assert Dataset.open(dataset.root).plane == "PSL"  # the first of four alike
    for case in dataset.cases:  # as of pictures
        write_volume(Volume(np.ones((1, 8, 8), np.uint8), spacing_known=False), dataset.image_path(case))
    assert Dataset.open(dataset.root).plane is None


def test_a_run_records_the_plane_unless_it_names_one(data):
    settings = with_task(make_settings(), data.dataset)
    assert settings.slices.plane == "LPS"
    chosen = make_settings(slices={"size": 32, "plane": "PSL"})
    assert with_task(chosen, data.dataset).slices.plane == "PSL"


def test_training_cases_are_cut_in_one_plane(twins):
    (plain, _), (other, _) = twins
    for cases, labels in ((TRAIN, NOISY), ([*TRAIN, *META, *TEST], CLEAN_LABELS)):
        first, second = (load_slices(data.dataset, cases, OPTIONS, labels=labels) for data in (plain, other))
        assert first.where == second.where
        assert first.image.equal(second.image)
        assert first.mask.equal(second.mask)


def test_without_a_plane_files_are_cut_as_they_are_stored(twins):
    """As runs of versions that recorded none were trained."""
    other = twins[1][0].dataset
    slices = load_slices(other, [TRAIN[0]], SliceOptions(size=32))
    assert len(slices) == read_volume(other.image_path(TRAIN[0])).array.shape[0] == 48


def test_evaluation_is_the_same_in_any_order(twins):
    means = []
    for data, run in twins:
        assert run.predictor.options.plane == "LPS"
        cases = load_evaluation_cases(data.dataset, [*META, *TEST], run.predictor.options)
        mean = evaluate_cases(run.predictor, cases, unit="voxel").mean
        means.append({name: value for name, value in mean.items() if isinstance(value, float)})
    assert means[1] == pytest.approx(means[0], rel=1e-12)


@pytest.mark.parametrize("case", [TRAIN[0], TEST[0]])
def test_weights_lie_on_the_grid_the_case_is_stored_on(tmp_path, twins, case):
    found = []
    for number, (data, run) in enumerate(twins):
        files = write_weights(run, case, tmp_path / str(number)).files
        image = read_volume(data.dataset.image_path(case))
        assert all(read_volume(path).same_grid(image) == [] for path in files.values())
        found.append({name: read_volume(path).array for name, path in files.items()})
    for name, array in found[1].items():
        np.testing.assert_array_equal(in_place(array, case), found[0][name])


def test_the_audit_judges_slices_of_the_training_plane(tmp_path, twins):
    case = TRAIN[0]
    first, second = (look_at([run.predictor], data.dataset, case, NOISY) for data, run in twins)
    for name in ("given", "probability", "smoothed", "proposal"):
        np.testing.assert_array_equal(getattr(second, name), getattr(first, name))
    assert first.spacing == second.spacing
    write_proposal(tmp_path, second, (0, 1))
    proposal = read_volume(proposal_path(tmp_path, case))
    assert proposal.same_grid(read_volume(twins[1][0].dataset.label_path(case, NOISY))) == []
    np.testing.assert_array_equal(in_place(proposal.array, case), first.proposal)


def test_what_the_audit_measures_on_masks_is_of_the_training_plane(twins):
    (plain, _), (other, _) = twins
    shares = [usual_shares(data.dataset, TRAIN, NOISY, "LPS") for data in (plain, other)]
    assert shares[0] == shares[1] != usual_shares(other.dataset, TRAIN, NOISY, None)


def test_noise_is_drawn_in_the_plane_of_most_cases(tmp_path):
    plain, other = make_dataset(tmp_path / "plain"), make_dataset(tmp_path / "other")
    store_otherwise(other)
    folders = [corrupt(dataset, level="L2", calibrate=False) for dataset in (plain, other)]
    case = TRAIN[0]
    first, second = (
        read_volume(dataset.label_path(case, folder)) for dataset, folder in zip((plain, other), folders, strict=True)
    )
    assert second.same_grid(read_volume(other.label_path(case))) == []
    np.testing.assert_array_equal(in_place(second.array, case), first.array)
    known = clean_dice(other, dict.fromkeys(TRAIN, folders[1].name), "LPS")
    assert known == clean_dice(plain, dict.fromkeys(TRAIN, folders[0].name), "LPS")
    assert len(known[case].slices) == 6
    noise_sheet(other, folders[1], tmp_path / "sheet.png", rows=3)
    assert (tmp_path / "sheet.png").stat().st_size > 0


def test_a_flat_volume_of_another_plane_is_taken_as_it_is(tmp_path, twins):
    predictor = twins[0][1].predictor
    noise = np.random.default_rng(0).normal(100, 20, (1, 30, 40)).astype(np.float32)
    axial, coronal = Volume(noise), Volume(noise, direction=(1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0))
    np.testing.assert_array_equal(predictor.predict_volume([coronal]), predictor.predict_volume([axial]))


def test_predict_says_where_slices_run_otherwise_than_a_volume_is_stored(tmp_path, twins):
    predictor, said = twins[0][1].predictor, []
    for data, _ in twins:
        files = {TRAIN[0]: data.dataset.image_paths(TRAIN[0])}
        outputs = {TRAIN[0]: Output(tmp_path / f"{len(said)}.nii.gz")}
        predict(replace(predictor, options=OPTIONS), files, outputs, say=said.append)
    assert len(said) == 3
    assert "slices along" in said[2]
    assert "plane of training (LPS)" in said[2]
