"""A key that is not there: the nearest one, and what there is."""

import pytest
from pydantic import Field

from l2b_data.errors import ConfigError
from l2b_run.settings.recipe import resolved
from l2b_run.settings.shared import RunSettings, Strict
from l2b_run.settings.unknown_key import unknown_key


class Inner(Strict):
    rate: float = Field(0.1, description="learning rate")
    momentum: float = 0.9


class Own(RunSettings):
    optimizer: Inner = Inner()
    schedule: Inner | None = None
    epochs: int = 3
    task: str = ""


HIDDEN = ("recipe", "preset", "method", "seed", "task")


@pytest.mark.parametrize(
    ("place", "value", "near"),
    [
        (("optimiser",), {"rate": 1}, "optimiser.rate: no such key, did you mean optimizer.rate? There are: "),
        (("epoch",), 4, "epoch: no such key, did you mean epochs? There are: optimizer, schedule, epochs"),
        (("momentum",), 4, "momentum: no such key, did you mean optimizer.momentum or schedule.momentum?"),
        (("optimizer", "mometum"), 4, "did you mean optimizer.momentum? optimizer has: rate, momentum"),
        (("optimizer", "learning_rate"), 4, "did you mean optimizer.rate? optimizer has"),
        (("learning_rate",), 4, "did you mean optimizer.rate or schedule.rate?"),
        (("schedule", "rat"), 4, "did you mean schedule.rate? schedule has: rate, momentum"),
        (("qqqq",), 4, "qqqq: no such key. There are: optimizer, schedule, epochs"),
        (("tas",), 4, "tas: no such key. There"),  # task is not to be set
        (("optimiser",), {"rate": 1, "momentum": 2}, "optimiser.rate, optimiser.momentum: no such key, did you mean"),
    ],
)
def test_the_nearest_and_those_there_are(place, value, near):
    assert near in unknown_key(Own, place, value, hidden=HIDDEN)


def test_a_recipe_and_set_say_so_with_every_other_fault():
    with pytest.raises(ConfigError) as caught:
        resolved(
            Own, {"epochs": "x"}, ["optimiser.rate=2", "rate=3"], {"recipe": "a", "preset": "b", "method": "c"},
            where="here", faults=[],
        )  # fmt: skip
    lines = str(caught.value).splitlines()
    assert lines[0] == "here:"
    assert lines[1].startswith("  epochs: ")
    assert (
        lines[2] == "  optimiser.rate: no such key, did you mean optimizer.rate? There are: optimizer, schedule, epochs"
    )
    assert "rate: no such key, did you mean optimizer.rate or schedule.rate?" in lines[3]
