"""A cache of its own for every test, and the tiny data set."""

import pytest

from tests.l2b_seg.tiny import make_data


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("L2B_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def data(tmp_path):
    """RunData on three training, two meta and one test case; see tiny.py."""
    return make_data(tmp_path / "data")
