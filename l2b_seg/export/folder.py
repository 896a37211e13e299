"""The network of a run as a folder to hand on: weights, settings, metadata, model card; no checkpoint, no case name."""

import shutil
from pathlib import Path
from typing import Any

import yaml

from l2b_data.errors import ConfigError
from l2b_data.files.atomic import atomic_folder, write_json, write_text
from l2b_seg.export.metadata import run_metadata
from l2b_seg.export.model_card import model_card
from l2b_seg.recipe import read_settings

FILES = ("model.safetensors", "config.yaml", "metadata.json", "MODEL_CARD.md")


def export_folder(run: Path, out: Path) -> dict[str, Any]:
    """Write FILES into the new folder `out`, whole or not at all; `predict` takes it in place of the run's folder.

    Returns:
        folder, files and bytes.

    Raises:
        ConfigError: `out` is a file, or a folder with something in it.
        DataError: `run` is no finished run, or a file of it is damaged.
        L2BError: `out` cannot be written.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigError(f"--folder {out} is there already; name a new folder, or empty it")
    metadata, settings = run_metadata(run), read_settings(run / "config.yaml")
    # the file its encoder started from is not needed: all weights are in model.safetensors
    portable = settings.network.model_copy(update={"encoder_weights": None})
    settings = settings.model_copy(update={"network": portable})
    with atomic_folder(out) as temporary:
        shutil.copyfile(run / "model.safetensors", temporary / "model.safetensors")
        write_text(temporary / "config.yaml", yaml.safe_dump(settings.model_dump(), sort_keys=False))
        write_json(temporary / "metadata.json", metadata)
        write_text(temporary / "MODEL_CARD.md", model_card(metadata))
    return {"folder": str(out), "files": list(FILES), "bytes": sum((out / name).stat().st_size for name in FILES)}
