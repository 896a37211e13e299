"""What a reader is told of the noise in a run's masks."""

import pytest

from l2b_data.cases.noise_manifest import noise_text


@pytest.mark.parametrize(
    ("noise", "text"),
    [
        ({"level": "L2", "seed": 0}, "noise L2"),
        ({"level": "clean"}, "no noise added"),
        ({"labels": "x"}, None),
        (None, None),
    ],
)
def test_levels_and_masks_as_given(noise, text):
    assert noise_text(noise) == text
