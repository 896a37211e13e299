"""The final network of a run folder, with the settings it was trained under."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import torch
from safetensors.torch import load_file
from torch import nn

from l2b_data.errors import DataError
from l2b_run.folder.read_run import is_cross_validation

Settings = TypeVar("Settings")


def require_finished(run: Path) -> tuple[Path, Path]:
    """config.yaml and model.safetensors of a run folder. Raises DataError where one is missing."""
    files = run / "config.yaml", run / "model.safetensors"
    if missing := [path.name for path in files if not path.is_file()]:
        if is_cross_validation(run):
            raise DataError(f"{run} is a cross-validation: name its runs, {run / 'fold_0'} and so on")
        raise DataError(f"{run} is not a finished run: {', '.join(missing)} missing; give the folder `train` wrote")
    return files


def load_network(
    run: Path,
    read_settings: Callable[[Path], Settings],
    network_of: Callable[..., nn.Module],
    device: torch.device | str,
) -> tuple[nn.Module, Settings]:
    """The network of a run folder (config.yaml and model.safetensors), in eval mode, and its settings.

    `read_settings(path)` and `network_of(settings, pretrained=False)` are the task's own. Raises DataError for a folder
    that is no finished run or whose weights do not fit, ConfigError for a config of another version.
    """
    config, weights = require_finished(run)
    settings = read_settings(config)
    model = network_of(settings, pretrained=False)
    try:
        model.load_state_dict(load_file(weights))
    except Exception as error:
        raise DataError(f"{weights} cannot be loaded into the network of {config}: {error}") from error
    return model.to(device).eval(), settings
