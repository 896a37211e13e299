"""A pretraining of seconds on the squares."""

from typing import Any

import numpy as np
from safetensors.torch import load_file

from l2b_cls.batches.sample_batches import Samples
from l2b_cls.pretraining.run import run_pretraining
from l2b_cls.pretraining.settings import SimclrSettings
from tests.l2b_cls.synthetic import CPU, TRAIN, image_set


def make_settings(**over: Any) -> SimclrSettings:
    chosen: dict[str, Any] = {
        "recipe": "squares",
        "preset": "tiny",
        "method": "simclr",
        "task": {"classes": ["left", "middle", "right"], "channels": 1, "size": [12, 12]},
        "network": {"widths": [4, 6, 8]},
        "augmentation": {"flip": 0.0, "mean": [0.3], "std": [0.25]},
        "projection": 6,
        "optimizer": {"lr": 0.1},
        "epochs": 3,
        "batch_size": 32,
    }
    return SimclrSettings.model_validate(chosen | over)


def squares(count=TRAIN, label=0):
    """The training pictures, all under one label."""
    return Samples(image_set(), np.arange(count), np.full(count, label))


def pretrained(out, settings=None, images=None, **options):
    """The encoder's tensors and the summary of a pretraining in the folder `out`."""
    summary = run_pretraining(settings or make_settings(), images or squares(), out, device=CPU, **options)
    return load_file(out / "encoder.safetensors"), summary
