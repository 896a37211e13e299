"""A network that predicts nothing: given up in the second half, started anew at a quarter of the rate, told."""

from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from l2b_run.settings.shared import TrainingSettings
from l2b_run.training.nothing_learnt import (
    NothingLearnt,
    learning_warnings,
    prediction_row,
    require_learnt,
    with_restarts,
)

DEAD = prediction_row(["organ"], one_class=True)


def settings(**named):
    return TrainingSettings.model_validate({"recipe": "r", "preset": "p", "method": "m", "epochs": 10} | named)


@dataclass
class Run:
    """What is asked of a run under way."""

    settings: TrainingSettings
    epoch: int
    steps: int = 50

    @property
    def state(self):
        return SimpleNamespace(epoch=self.epoch)

    @property
    def batches(self):
        return SimpleNamespace(steps=self.steps)


def test_it_is_given_up_in_the_second_half_after_enough_steps_where_a_restart_is_left():
    again = settings(restarts=1)
    with pytest.raises(NothingLearnt, match="after epoch 5 of 10 it never predicted organ"):
        require_learnt(Run(again, 5), DEAD)
    for run in (Run(again, 4), Run(again, 6, steps=20), Run(settings(), 9)):
        assert require_learnt(run, DEAD) == DEAD
    assert require_learnt(Run(again, 9), {}) == {}
    missing = prediction_row(["core"], one_class=False)
    assert require_learnt(Run(again, 9), missing) == missing


def test_the_first_steps_are_not_judged():
    assert require_learnt(Run(settings(), 3, steps=10), DEAD) == {}
    assert require_learnt(Run(settings(), 4, steps=10), DEAD) == DEAD


def test_a_new_start_is_gentler_told_and_the_last_one_stays(tmp_path):
    (tmp_path / "checkpoint_latest.pt").write_text("")
    (tmp_path / "checkpoint_best.pt").write_text("")
    tried = []

    def attempt(settings, resume):
        tried.append((settings.optimizer.lr, settings.restarts, resume, list(tmp_path.iterdir())))
        if settings.restarts:
            raise NothingLearnt("why")
        return settings

    done = with_restarts(settings(restarts=2, optimizer={"lr": 0.4}), tmp_path, attempt, resume=True)
    assert [one[:3] for one in tried] == [(0.4, 2, True), (0.1, 1, False), (0.025, 0, False)]
    assert len(tried[0][3]) == 2
    assert tried[1][3] == []
    row = SimpleNamespace(watched={})
    assert learning_warnings(done, row) == {
        "warnings": ["training started anew at learning rate 0.025 instead of 0.1: why"],
        "one_class": None,
    }


def test_the_summary_names_what_is_never_predicted():
    found = learning_warnings(settings(), SimpleNamespace(watched=DEAD))
    assert found["one_class"] is True
    assert found["warnings"][0].startswith("never predicted: organ. ")
    assert learning_warnings(settings(), SimpleNamespace(watched={})) == {"warnings": None, "one_class": None}
