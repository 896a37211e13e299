"""The noise of a run's given masks in words."""

from collections.abc import Mapping
from typing import Any


def noise_text(noise: Mapping[str, Any] | None) -> str | None:
    """As "noise L2"; "no noise added" for masks as the data set has them, wrong or not; None for no known level."""
    level = (noise or {}).get("level")
    return "no noise added" if level == "clean" else level and f"noise {level}"
