"""Further label columns: how far each is to be believed, and which labels they contradict."""

import numpy as np
import pytest

from l2b_cls.audit.findings.contradictions import read_columns


def test_a_column_counts_as_much_as_it_is_right():
    rng = np.random.default_rng(0)
    true = rng.integers(0, 4, 800)
    given = np.where(rng.random(800) < 0.1, (true + 1) % 4, true)
    good = np.where(rng.random(800) < 0.05, (true + 2) % 4, true)
    bad = np.where(rng.random(800) < 0.4, (true + 3) % 4, true)
    good[:100] = -1
    joint = np.full((800, 4), 0.05)
    joint[np.arange(800), true] = 0.85
    found = read_columns({"good": good, "bad": bad, "own": given.copy(), "empty": np.full(800, -1)}, given, joint)
    assert set(found.others) == {"good", "bad"}
    assert found.wrong["good"] == pytest.approx(0.05, abs=0.04)
    assert found.wrong["bad"] == pytest.approx(0.4, abs=0.08)
    against = found.contradicted(given)
    np.testing.assert_array_equal(against, ((good >= 0) & (good != given)) | (bad != given))
    agree = np.flatnonzero((good == true) & (bad == true))
    assert (found.log_likelihood[agree].argmax(1) == true[agree]).all()


def test_without_columns_nothing_is_said():
    given = np.array([0, 1, 1])
    found = read_columns({"same": given}, given, np.full((3, 2), 0.5))
    assert not found.log_likelihood.any()
    assert not found.contradicted(given).any()
