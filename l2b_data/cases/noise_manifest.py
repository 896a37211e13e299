"""The record beside noisy masks: what was done to every slice of which clean mask; and a run's noise in words."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from l2b_data.errors import DataError

MANIFEST = "noise_manifest.json"


def read_manifest(folder: Path) -> dict[str, Any]:
    """The noise manifest of a folder of noisy masks.

    "cases" maps each corrupted case to "source_sha256" (clean mask file), "noisy_sha256", "dice", "hd" and "slices".
    `DataError` where the file is missing or not of that form.
    """
    path = Path(folder) / MANIFEST
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read ({error}); remove {folder} and corrupt again") from error
    cases = manifest.get("cases") if isinstance(manifest, dict) else None
    needed = {"source_sha256", "noisy_sha256"}
    if not isinstance(cases, dict) or not all(isinstance(row, dict) and needed <= row.keys() for row in cases.values()):
        raise DataError(f"{path}: no noise manifest; remove {folder} and corrupt again")
    return manifest


def noise_text(noise: Mapping[str, Any] | None) -> str | None:
    """As "noise L2"; "no noise added" for masks as the data set has them, wrong or not; None for no known level."""
    level = (noise or {}).get("level")
    if level == "mistakes":
        return "planted mistakes"
    return "no noise added" if level == "clean" else level and f"noise {level}"
