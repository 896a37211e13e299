"""Cross-fitting: who judges what, what is kept of a network, the rows of its training, options there cannot be."""

import numpy as np
import pytest

from l2b_data.errors import ConfigError
from l2b_run.audit.cross_fit import AuditOptions, FoldNetwork, Judged, cross_fit, judged_by
from l2b_run.audit.folds import Fold
from l2b_run.settings.shared import TrainingSettings

FOLDS = [Fold(0, np.array([2, 3]), np.array([0, 1])), Fold(1, np.array([0, 1]), np.array([2, 3]))]


@pytest.fixture
def fit(tmp_path, monkeypatch):
    """fit(folds, epochs): what was judged, the rows, the folds that were trained. A network is the sum of positions."""

    def train(run, out, *, score, progress, resume):
        progress({"epoch": 1})
        return run

    monkeypatch.setattr("l2b_run.audit.cross_fit.train", train)

    def fitted(folds=2, epochs=None):
        rows, trained = [], []

        def network_of(fold):
            def start():
                trained.append(fold.number)
                return int(fold.train.sum())

            def keep(path, state):
                path.write_text(str(state))

            def read(path):
                text = path.read_text()
                return int(text) if text else None

            settings = TrainingSettings(recipe="r", preset="p", method="m", epochs=epochs or 5)
            content = {"train": fold.train.tolist()}
            return FoldNetwork(
                settings, content, start, "sum.txt", lambda path, state: path.write_text(str(state)), read
            )

        judged = cross_fit(
            tmp_path,
            AuditOptions(folds, epochs, progress=rows.append),
            cut=lambda count: FOLDS[:count],
            network_of=network_of,
            own=lambda: Judged(None, np.arange(4), 6, 7),
        )
        return [(one.fold, one.held_out.tolist(), one.found, one.epochs) for one in judged], rows, trained

    return fitted


def test_every_network_judges_what_it_did_not_see(fit):
    judged, rows, trained = fit()
    assert judged == [(0, [0, 1], 5, 5), (1, [2, 3], 1, 5)]
    assert [list(row.items()) for row in rows] == [[("fold", 0), ("epoch", 1)], [("fold", 1), ("epoch", 1)]]
    assert trained == [0, 1]


def test_a_finished_network_is_read_and_a_damaged_one_trained(fit, tmp_path):
    fit()
    (tmp_path / "audit" / "fold_1_of_2" / "sum.txt").write_text("")
    judged, _, trained = fit()
    assert ([found for _, _, found, _ in judged], trained) == ([5, 1], [1])


def test_networks_of_other_options_are_kept_too(fit):
    fit()
    assert fit(epochs=8)[2] == [0, 1]
    assert fit()[2] == fit(epochs=8)[2] == []


def test_without_folds_the_runs_own_network_judges_all(fit):
    assert fit(0) == ([(None, [0, 1, 2, 3], 6, 7)], [], [])
    assert AuditOptions(0).record([7]) == {"folds": 0, "in_sample": True, "epochs": [7]}
    assert "very masks it judges" in judged_by(True, "masks", "cases")
    assert judged_by(False, "masks", "cases") == "networks trained as the run was, each without the cases it judges"


@pytest.mark.parametrize(("folds", "epochs"), [(0, 3), (2, 0)])
def test_epochs_there_cannot_be(fit, folds, epochs):
    with pytest.raises(ConfigError, match=f"--epochs {epochs}: at least 1, and only with --folds of 2 or more"):
        fit(folds, epochs)
