"""SimCLR (Chen et al., ICML 2020) as a run of the training loop: an encoder is learnt from images without labels."""

from functools import partial

import torch
from torch import nn

from l2b_cls.batches.augment import normalised
from l2b_cls.batches.sample_batches import SampleBatches, Samples
from l2b_cls.config import AugmentationSettings
from l2b_cls.features import head_of
from l2b_cls.losses import contrastive_loss
from l2b_cls.meta_set.online import online_meta
from l2b_cls.networks import build_network, places_of
from l2b_cls.pretraining.settings import SimclrSettings
from l2b_cls.pretraining.simclr_view import simclr_view
from l2b_cls.task import Task
from l2b_run.settings.shared import TrainingSettings
from l2b_run.training.method import Method, Training, new_state
from l2b_run.training.step_report import StepReport

TEXT = "SimCLR: views of one image are found among those of others"
_OF_THE_LOOP = {"recipe", "preset", "method", "seed", "optimizer", "epochs", "batch_size"}


def simclr_training(settings: SimclrSettings, images: Samples, device: torch.device) -> Training:
    """A pretraining of these settings on these images, before its first step; their labels are not read.

    An epoch is one pass in a new order; what does not fill a batch is left for the next one.
    """
    batches = SampleBatches(
        images,
        images.part(images.index[:0]),
        images.part(images.index[:0]),
        AugmentationSettings(),  # views are drawn in the step
        seed=settings.seed,
        device=device,
        batch_size=settings.batch_size,
        steps=max(1, len(images) // settings.batch_size),
        classes=len(settings.task.classes),
    )
    method = Method(TEXT, "SimCLR (Chen et al., ICML 2020)", partial(_step, settings, batches), clean="never")
    of_loop = TrainingSettings(**{name: getattr(settings, name) for name in _OF_THE_LOOP})
    state = new_state(of_loop, method, partial(projecting_network, settings), device)
    return Training(of_loop, method, Task(batches.classes), batches, state, online_meta)


def projecting_network(settings: SimclrSettings) -> nn.Module:
    """The network with a projection head for its last layer: linear, ReLU, linear; (B, C, H, W) -> (B, projection)."""
    chosen = settings.network
    model = build_network(chosen, classes=len(settings.task.classes), channels=settings.task.channels)
    width = head_of(model).in_features
    head = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, settings.projection))
    model.set_submodule(places_of(chosen.architecture, model)[1], head)
    return model.to(memory_format=torch.channels_last)


def _step(settings: SimclrSettings, batches: SampleBatches, run: Training, epoch: int, step: int) -> StepReport:
    """Two views of every image of the batch through the network at once, and a step on their contrastive loss."""
    chosen = settings.augmentation
    assert chosen.mean is not None
    assert chosen.std is not None
    stored = batches.train.images(batches.batch_positions(epoch, step)).to(batches.device)
    views = simclr_view(torch.cat([stored, stored]), batches.other_draws(epoch, step), chosen)
    ready = normalised(views, chosen.mean, chosen.std).contiguous(memory_format=torch.channels_last)
    first, second = run.state.model(ready).chunk(2)
    return run.descend_on(contrastive_loss(first, second, settings.temperature))
