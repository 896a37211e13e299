"""One thread a process, a cache of its own for every test, and asserts of shared helpers that say what differed."""

import os

import pytest

# One thread a process: two that wait for each other on a busy core run 6 to 17 times slower. torch reads it on import.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")

pytest.register_assert_rewrite("tests.training", "tests.browser")


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """The folder that L2B_CACHE names, which is not there yet."""
    monkeypatch.setenv("L2B_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def any_judge(monkeypatch):
    """In an audit, networks of one or two epochs may judge, however bad they are."""
    monkeypatch.setattr("l2b_seg.audit.judges.quality.DEAD_BELOW", -1)
