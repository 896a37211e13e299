"""Gold Loss Correction (Hendrycks et al. 2018): clean (gold) samples tell how the given (silver) labels are wrong."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from l2b_cls.losses import cross_entropy, given_label_loss
from l2b_run.methods.plain import given_step
from l2b_run.settings.shared import TrainingSettings
from l2b_run.training.batches import Batches
from l2b_run.training.method import Method, Phase, Training
from l2b_run.training.method_settings import two_phase_faults
from l2b_run.training.state import TrainState
from l2b_run.training.step_report import StepReport

_TINY = 1e-12


@dataclass
class GlcMemory:
    """The fresh network's state dict, and the correction (K, K) once it is estimated."""

    initial: dict[str, Tensor]
    correction: Tensor | None = None

    def state_dict(self) -> dict[str, Any]:
        return {"initial": self.initial, "correction": self.correction}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.initial, self.correction = state["initial"], state["correction"]


def start(own: object, state: TrainState) -> GlcMemory:
    """A copy of the fresh network."""
    return GlcMemory({name: value.clone() for name, value in state.model.state_dict().items()})


def glc_start(settings: TrainingSettings) -> int:
    """The first epoch (from 0) of the second phase; half of the epochs are plain training on the given labels."""
    return max(1, settings.epochs // 2)


def glc_phase(run: Training, epoch: int) -> Batches:
    """Before the second phase: estimate the correction, then start anew from the same initial weights.

    The published method spends as many epochs on each phase; so does this one, on half of `epochs` each. Network,
    averaged network and the optimizer's momentum are reset; a resumed run finds the correction in its checkpoint.
    """
    state, memory = run.state, _memory(run)
    if epoch < glc_start(run.settings) or memory.correction is not None:
        return run.batches
    memory.correction = corruption_matrix(state.evaluated, run.batches, run.settings.batch_size)
    state.model.load_state_dict(memory.initial)
    state.optimizer.state.clear()
    if state.averaged is not None:
        state.averaged.load_state_dict(memory.initial)
        state.updates = 0
    return run.batches


def glc_step(run: Training, epoch: int, step: int) -> StepReport:
    """Plain at first; in the second phase gold and corrected silver together."""
    correction = _memory(run).correction
    if correction is None:
        return given_step(run, epoch, step)
    drawn = run.batches.given(epoch, step)
    gold = run.batches.clean(epoch, step, gold_size(run.batches, run.settings.batch_size))
    logits = run.state.model(torch.cat([drawn.images, gold[0]]))
    return run.descend_on(glc_loss(logits, drawn.target, gold[1], correction).mean())


def _memory(run: Training) -> GlcMemory:
    assert isinstance(run.state.memory, GlcMemory)
    return run.state.memory


def _phase(settings: TrainingSettings, epoch: int) -> Phase:
    begin, lr = glc_start(settings), settings.optimizer.lr
    return Phase(0, begin, lr) if epoch < begin else Phase(begin, settings.epochs, lr)


@torch.no_grad()
def corruption_matrix(model: nn.Module, batches: Batches, size: int) -> Tensor:
    """C (K, K), rows of sum 1: C[i, j] = mean probability of class j over the gold samples of class i.

    Eval mode, test transform, `size` at a time; `model` was trained on the given labels, so that it predicts those. A
    class without gold samples keeps its own label (a row of the identity).
    """
    model.eval()
    parts = [(torch.softmax(model(images), 1), labels) for images, labels in batches.ordered_meta(size)]
    probabilities, labels = (torch.cat(part) for part in zip(*parts, strict=True))
    classes = probabilities.shape[1]
    total = torch.zeros(classes, classes, device=labels.device).index_add_(0, labels, probabilities)
    count = torch.zeros(classes, device=labels.device).index_add_(0, labels, torch.ones_like(probabilities[:, 0]))
    identity = torch.eye(classes, device=labels.device)
    return torch.where(count[:, None] > 0, total / count.clamp_min(1)[:, None], identity)


def gold_size(batches: Batches, batch_size: int) -> int:
    """Gold samples beside a batch of silver ones: their proportion in the shuffled union of both, at least one."""
    return max(1, round(batch_size * batches.n_meta / max(1, batches.n_train)))


def glc_loss(logits: Tensor, silver: Tensor, gold: Tensor, correction: Tensor) -> Tensor:
    """Losses (S + G,) of logits (S + G, K), silver rows first.

    silver (S,) given labels y: -log sum_i p_i C[i, y]; gold (G,) clean labels: cross-entropy.
    """
    corrected = given_label_loss(logits[: len(silver)], silver, correction.clamp_min(_TINY).log())
    return torch.cat([corrected, cross_entropy(logits[len(silver) :], gold)])


GLC = Method(
    "label noise estimated from the clean samples, then corrected",
    "Gold Loss Correction (Hendrycks et al., NeurIPS 2018)",
    glc_step,
    start=start,
    before_epoch=glc_phase,
    phase=_phase,
    faults=two_phase_faults,
)
