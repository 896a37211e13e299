"""figures.npz: which slices, which masks, and the run's training weights."""

import numpy as np

from l2b_data.cases.dataset import CLEAN_LABELS
from l2b_seg.report.keep_slices import write_figures
from l2b_seg.training_weights.file import TRAINING_WEIGHTS
from tests.l2b_seg.tiny import TRAIN, make_settings, make_training


def kept(data, settings, path):
    """The arrays of figures.npz after no training, and the run they were made of."""
    run = make_training(data, settings)
    write_figures(path / "figures.npz", run, data, [])
    with np.load(path / "figures.npz", allow_pickle=False) as archive:
        return dict(archive), run


def test_weights_are_those_that_training_gave(data, tmp_path):
    rng = np.random.default_rng(0)
    weights = {case: rng.uniform(0, 30, (2, 6, 32, 32)) for case in TRAIN}
    np.savez(tmp_path / TRAINING_WEIGHTS, **weights)
    arrays, _ = kept(data, make_settings(), tmp_path)
    where = [(name.split()[0], int(name.split()[2])) for name in arrays["names"]]
    expected = np.stack([weights[case][:, index] for case, index in where], axis=1)
    found = np.stack([arrays["alpha"], arrays["beta"]])
    np.testing.assert_allclose(found, expected / expected.max(), rtol=1e-3)


def test_of_each_case_the_slice_with_the_largest_given_mask(data, tmp_path):
    np.savez(tmp_path / TRAINING_WEIGHTS, **{case: np.ones((1, 6, 32, 32)) for case in TRAIN})
    arrays, run = kept(data, make_settings("nl"), tmp_path)
    assert [str(name).split()[0] for name in arrays["names"]] == TRAIN
    for name, given in zip(arrays["names"], arrays["given"], strict=True):
        of_case = [i for i, (case, _) in enumerate(run.batches.train.where) if case == str(name).split()[0]]
        assert given.sum() == int((run.batches.train.mask[of_case] > 0).sum((1, 2, 3)).max())
    assert {"alpha", "clean"} <= arrays.keys()
    assert "beta" not in arrays, "nl has one weight"
    assert arrays["clean"].sum() < arrays["given"].sum()


def test_clean_masks_are_left_out_where_they_are_the_given_ones_or_absent(data, tmp_path, caplog):
    settings = make_settings("unetpp")
    data.dataset.label_path(TRAIN[1], CLEAN_LABELS).unlink()
    arrays, _ = kept(data, settings, tmp_path)
    assert not {"clean", "alpha"} & arrays.keys()
    assert "leave out the clean masks" in caplog.text
    assert arrays["given"].any()
