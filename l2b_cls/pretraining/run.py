"""A pretraining from settings to a finished folder."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import torch
import yaml
from torch import nn

from l2b_cls.batches.sample_batches import Samples
from l2b_cls.networks import places_of
from l2b_cls.pretraining.settings import SimclrSettings
from l2b_cls.pretraining.simclr import TEXT, simclr_training
from l2b_data.files.atomic import write_json, write_text
from l2b_run.folder.environment import environment, peak_memory_mb
from l2b_run.folder.summary import RunSummary
from l2b_run.folder.write_run import write_weights
from l2b_run.training.epoch_row import Progress
from l2b_run.training.loop import train

ENCODER = "encoder.safetensors"


@dataclass(frozen=True, kw_only=True)
class PretrainSummary(RunSummary):
    """summary.json of a pretraining. loss_by_epoch: mean contrastive loss of each epoch's steps."""

    KEYS: ClassVar[tuple[str, ...]] = (
        *("method", "method_text", "architecture", "n_images", "loss_by_epoch", "seed", "preset"),
        *("train_seconds", "total_seconds", "peak_memory_mb", "definitions"),
    )

    architecture: str | None = None
    n_images: int = 0
    loss_by_epoch: list[float] = field(default_factory=list)


def run_pretraining(
    settings: SimclrSettings,
    data: Samples,
    out: Path,
    *,
    device: torch.device,
    resume: bool = False,
    progress: Progress = lambda row: None,
) -> PretrainSummary:
    """Train an encoder on the images `data`, whose labels are not read, and write the folder `out`.

    encoder.safetensors holds the tensors of all layers but the last: what `network.weights` takes. `settings` have
    their task, mean and std. Raises L2BError as the training loop does.
    """
    write_text(out / "config.yaml", yaml.safe_dump(settings.model_dump(), sort_keys=False))
    write_json(out / "env.json", environment(str(device)))
    started = time.perf_counter()
    run = simclr_training(settings, data, device)
    state = train(run, out, score="loss", progress=progress, resume=resume)
    state.model.set_submodule(places_of(settings.network.architecture, state.model)[1], nn.Identity())
    write_weights(out / ENCODER, state.model)
    summary = PretrainSummary(
        method=settings.method,
        method_text=TEXT,
        architecture=settings.network.architecture,
        n_images=len(data),
        loss_by_epoch=[row.loss for row in state.history],
        seed=settings.seed,
        preset=settings.preset,
        train_seconds=sum(row.seconds for row in state.history),
        total_seconds=time.perf_counter() - started,
        peak_memory_mb=peak_memory_mb(device),
        definitions={"loss_by_epoch": "mean NT-Xent loss of the epoch's batches"},
    )
    summary.write(out)
    return summary
