"""D2L (Ma et al., ICML 2018): once the features' dimension grows, wrong labels are being learnt, and count less."""

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from l2b_cls.features import features_and_logits
from l2b_cls.losses import bootstrap_hard
from l2b_cls.methods.semi_supervised.samples import TrainingSamples
from l2b_run.methods.split import in_batches
from l2b_run.settings.shared import Strict
from l2b_run.training.batches import Batches
from l2b_run.training.method import Method, Training
from l2b_run.training.state import TrainState
from l2b_run.training.step_report import StepReport

LOG = logging.getLogger(__name__)
_TINY = 1e-8


class D2LSettings(Strict):
    """d2l: the dimension is measured after every epoch; epochs in numbers, as published for runs of 120."""

    init_epochs: int = Field(5, ge=0, description="epochs at the start in which no turning point is looked for")
    window: int = Field(5, ge=2, description="epochs before, whose mean and deviation the dimension is compared with")
    deviations: float = Field(2.0, ge=0, description="standard deviations above that mean: the turning point")
    neighbours: int = Field(20, ge=2, description="nearest features in a batch, of which a dimension is estimated")
    samples: int = Field(1280, ge=1, description="training samples, drawn at random, whose dimensions are averaged")
    batch: int = Field(128, ge=3, description="of these, features that are compared with each other")

    @property
    def earliest(self) -> int:
        """Finished epochs after which a turning point can be found first."""
        return self.init_epochs + self.window + 1


@dataclass
class D2LMemory:
    """dimensions: one a finished epoch. turned: finished epochs at the turning point, or None.

    before: network and averaged network as they were an epoch ago, while a turning point may come.
    """

    dimensions: list[float] = field(default_factory=list)
    turned: int | None = None
    before: list[dict[str, Tensor]] = field(default_factory=list)

    def state_dict(self) -> dict[str, Any]:
        return {"dimensions": self.dimensions, "turned": self.turned, "before": self.before}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.dimensions, self.turned, self.before = state["dimensions"], state["turned"], state["before"]


def d2l_epoch(run: Training, epoch: int) -> Batches:
    """Measure the dimension of the network so far; at the turning point go back to the weights of an epoch before."""
    own, state, memory = run.own, run.state, memory_of(run)
    if epoch == 0:
        return run.batches
    batches = cast(TrainingSamples, run.batches)
    memory.dimensions.append(mean_dimension(state.model, batches, own, batches.other_draws(epoch, 0)))
    if memory.turned is not None:
        return run.batches
    if turning_point(memory.dimensions, own):
        memory.turned = epoch
        for network, kept in zip(_networks(state), memory.before, strict=True):
            network.load_state_dict(kept)
        LOG.info("d2l: the features' dimension grows after epoch %d; back to the weights of epoch %d", epoch, epoch - 1)
    may_turn = memory.turned is None and epoch + 1 >= own.earliest
    memory.before = [_copied(network) for network in _networks(state)] if may_turn else []
    return run.batches


def d2l_step(run: Training, epoch: int, step: int) -> StepReport:
    """Cross-entropy; from the turning point on, of the given label and the network's own, mixed."""
    drawn = run.batches.given(epoch, step)
    loss = bootstrap_hard(given_share(memory_of(run), epoch / run.settings.epochs))
    return run.descend_on(loss(run.state.model(drawn.images), drawn.target).mean())


def memory_of(run: Training) -> D2LMemory:
    assert isinstance(run.state.memory, D2LMemory)
    return run.state.memory


def turning_point(dimensions: Sequence[float], own: D2LSettings) -> bool:
    """Whether the last dimension is more than `deviations` standard deviations above the mean of the `window` before.

    Never before `init_epochs` + `window` epochs are behind it.
    """
    if len(dimensions) < own.earliest:
        return False
    before = np.asarray(dimensions[-own.window - 1 : -1])
    return bool(dimensions[-1] - before.mean() > own.deviations * before.std())


def given_share(memory: D2LMemory, progress: float) -> float:
    """alpha, the given label's share in the target: 1, and from the turning point on exp(-progress * LID / min LID).

    progress: share of the epochs that is over.
    """
    if memory.turned is None:
        return 1.0
    return math.exp(-progress * memory.dimensions[-1] / min(memory.dimensions))


@torch.no_grad()
def mean_dimension(model: nn.Module, batches: TrainingSamples, own: D2LSettings, rng: np.random.Generator) -> float:
    """Mean local intrinsic dimension of the features of `samples` training samples, in eval mode, not augmented."""
    model.eval()
    drawn = rng.permutation(batches.n_train)[: own.samples]
    found = []
    for at in in_batches(drawn, own.batch, rng):
        images = torch.cat([part for part, _, _ in batches.ordered("train", own.batch, at)])
        found.append(local_dimension(features_and_logits(model, images)[0], own.neighbours))
    return float(torch.cat(found).mean())


def local_dimension(features: Tensor, neighbours: int) -> Tensor:
    """Local intrinsic dimension (B,) float64 of each of the features (B, F), B > 2, among the others.

    LID = -k / sum_j log(r_j / r_k), r_j the distance to the j-th nearest of k neighbours, at most B - 1 of them
    (Amsaleg et al., KDD 2015; 1e-8 is added to the ratios, as released for D2L).
    """
    flat, k = features.double(), min(neighbours, len(features) - 1)
    distance = torch.cdist(flat, flat, compute_mode="donot_use_mm_for_euclid_dist")
    nearest = distance.fill_diagonal_(torch.inf).topk(k, largest=False).values
    ratios = nearest / nearest[:, -1:].clamp_min(_TINY)
    return -k / torch.log(ratios + _TINY).sum(1).clamp_max(-_TINY)


def _networks(state: TrainState) -> list[nn.Module]:
    return [state.model] if state.averaged is None else [state.model, state.averaged]


def _copied(network: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


def _faults(settings: Any) -> list[str]:
    own = settings.d2l
    if settings.epochs > own.earliest:
        return []
    return [
        f"method d2l looks for its turning point after d2l.init_epochs {own.init_epochs} + d2l.window {own.window} + 1 "
        f"epochs, and epochs is {settings.epochs}: set epochs above {own.earliest}, or these lower"
    ]


D2L = Method(
    "own labels count more once the features' dimension grows",
    "D2L (Ma et al., ICML 2018)",
    d2l_step,
    cost=1.1,
    clean="never",
    settings=("d2l", D2LSettings),
    start=lambda own, state: D2LMemory(),
    before_epoch=d2l_epoch,
    faults=_faults,
)
