"""The tiny data set."""

import pytest

from tests.l2b_seg.tiny import make_data


@pytest.fixture
def data(tmp_path):
    """RunData on three training, two meta and one test case; see tiny.py."""
    return make_data(tmp_path / "data")
