"""A cache of its own for every test; asserts of shared helpers say what differed, as those of the test files do."""

import pytest

pytest.register_assert_rewrite("tests.training", "tests.browser")


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """The folder that L2B_CACHE names, which is not there yet."""
    monkeypatch.setenv("L2B_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"
