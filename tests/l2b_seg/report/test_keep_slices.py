"""figures.npz: which slices, which masks, and weights by the run's own meta loss."""

import numpy as np
import pytest

from l2b import bootstrap_weights
from l2b_data.cases.dataset import CLEAN_LABELS
from l2b_run.settings.normalizer import normalizer_of
from l2b_seg.batches.views import apply_views, draw_views, view_pseudo_label
from l2b_seg.report.keep_slices import write_figures
from tests.l2b_seg.tiny import TRAIN, make_settings, make_training


def kept(data, settings, path):
    """The arrays of figures.npz after no training, and the run they were made of."""
    run = make_training(data, settings)
    write_figures(path / "figures.npz", run, data, [])
    with np.load(path / "figures.npz", allow_pickle=False) as archive:
        return dict(archive), run


def weights_of(run, chosen):
    """alpha and beta (2, N, S, S) of these training slices by the engine alone, 1 the largest."""
    settings, batches, task = run.settings, run.batches, run.task
    image, given = batches.train.image[chosen], batches.train.mask[chosen]
    batch, meta, pseudo = (image, given), batches.clean(settings.epochs, 0, 3), task.hard_pseudo_label
    if settings.bootstrap.pseudo_label == "views":
        views = draw_views(batches.other_draws(settings.epochs, 0), len(chosen))
        batch, meta = apply_views(views, image, given), batches.clean_views(settings.epochs, 0, 3)
        pseudo = view_pseudo_label(views, task)
    weights = bootstrap_weights(
        run.state.model.train(),
        run.state.optimizer,
        batch,
        meta,
        loss=task.loss,
        meta_loss=task.mae if settings.meta.loss == "mae" else task.loss,
        pseudo_label=pseudo,
        normalize=normalizer_of(settings.bootstrap),
    )[:, : len(chosen)]
    return (weights / weights.max()).numpy()


@pytest.mark.parametrize("pseudo_label", ["own", "views"])
def test_weights_are_those_of_the_runs_own_judge(data, tmp_path, pseudo_label):
    found = {}
    for loss in ("cross_entropy", "mae"):
        settings = make_settings(meta={"loss": loss}, bootstrap={"pseudo_label": pseudo_label})
        arrays, run = kept(data, settings, tmp_path)
        chosen = [run.batches.train.where.index((name.split()[0], int(name.split()[2]))) for name in arrays["names"]]
        expected = weights_of(run, chosen)
        np.testing.assert_allclose(np.stack([arrays["alpha"], arrays["beta"]]), expected, rtol=1e-4, atol=1e-6)
        found[loss] = arrays["alpha"]
    assert np.abs(found["mae"] - found["cross_entropy"]).max() > 0.01


def test_of_each_case_the_slice_with_the_largest_given_mask(data, tmp_path):
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
