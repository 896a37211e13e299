"""Messages, and what a command line makes of them."""

import pickle

import pytest

from l2b import BatchError, EngineError, NonFiniteError


@pytest.mark.parametrize("kind", [EngineError, BatchError, NonFiniteError])
def test_problem_and_way_out_are_one_message_and_two_fields(kind):
    error = kind("no such pass", use={"mode": "fast"})
    assert str(error) == "no such pass; use mode='fast'"
    for same in (error, pickle.loads(pickle.dumps(error))):  # as it comes back from a worker process
        assert (str(same), same.problem, same.use) == (str(error), "no such pass", {"mode": "fast"})
    assert (str(kind("empty")), kind("empty").use) == ("empty", {})
