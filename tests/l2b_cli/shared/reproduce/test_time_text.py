"""Times as a reader takes them in."""

import pytest

from l2b_cli.shared.reproduce.time_text import time_text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (0.0123, "12 ms"),
        (0.0995, "0.1 s"),
        (3.44, "3.4 s"),
        (59.4, "59.4 s"),
        (59.6, "1 min 00 s"),
        (310, "5 min 10 s"),
        (3599.6, "1 h 00 min"),
        (7500, "2 h 05 min"),
        (4 * 86400 + 3 * 3600, "4 d 3 h"),
    ],
)
def test_two_units_at_most(seconds, text):
    assert time_text(seconds) == text
