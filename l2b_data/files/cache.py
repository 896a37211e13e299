"""Where derived data is kept between runs."""

import os
from pathlib import Path


def cache_dir() -> Path:
    """$L2B_CACHE, else $XDG_CACHE_HOME/l2b, else ~/.cache/l2b. Safe to delete at any time."""
    if chosen := os.environ.get("L2B_CACHE"):
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "l2b"
