"""alpha and beta of every element: the engine's one public verb for loops of one's own."""

from torch import Tensor, nn
from torch.optim import Optimizer

from l2b.alignment import alignment
from l2b.candidate_losses import Loss, PseudoLabel
from l2b.errors import BatchError, NonFiniteError
from l2b.lookahead import Through
from l2b.lookahead import lookahead as look_ahead
from l2b.meta_gradient import meta_gradient
from l2b.normalize import Normalizer, rectified
from l2b.untouched import untouched_rng

Batch = tuple[Tensor, Tensor]


def bootstrap_weights(
    model: nn.Module,
    optimizer: Optimizer,
    batch: Batch,
    meta_batch: Batch,
    *,
    loss: Loss,
    pseudo_label: PseudoLabel | None = None,
    normalize: Normalizer | None = rectified,
    lookahead: Through = "optimizer",
) -> Tensor:
    """Weights (K, B, *E), detached: alpha = weights[0] for the given label, beta = weights[1] for the pseudo-label.

    batch = (x (B, C, *), y), meta_batch = (x (M, C, *), clean y); `loss(logits, target)` -> (B, *E);
    `pseudo_label(logits)` -> a target like y, None for the given label only (K = 1: L2RW, pixel-wise NL reweighting).
    `normalize=None` returns the raw alignments a. Source: L2B (CVPR 2024) eq. 4-9, computed exactly:
    one reverse pass on the meta batch, one forward-mode pass on the train batch.

    Leaves parameters, buffers, running statistics, .grad, requires_grad, train / eval mode and random streams as found;
    a step that follows draws the dropout masks the weights were computed under.
    Raises BatchError (sizes that differ, empty batch), NonFiniteError, UnsupportedOptimizerError.
    """
    (x, y), (x_meta, y_meta) = batch, meta_batch
    _require_pairs("batch", x, y)
    _require_pairs("meta batch", x_meta, y_meta)
    ahead = look_ahead(model, optimizer, through=lookahead)
    with untouched_rng(x.device):
        u = meta_gradient(model, ahead.parameters, x_meta, y_meta, loss)
    direction = {name: ahead.step_sizes[name] * gradient for name, gradient in u.items()}
    with untouched_rng(x.device):
        a = alignment(model, direction, x, y, loss=loss, pseudo_label=pseudo_label)
    if not bool(a.isfinite().all()):
        raise NonFiniteError(
            "the alignments are not finite: the loss or its gradient on the train or the meta batch is NaN or infinite; "
            "look for non-finite images or a learning rate too high"
        )
    return a if normalize is None else normalize(a)


def _require_pairs(name: str, x: Tensor, y: Tensor) -> None:
    if x.shape[0] != y.shape[0] or x.shape[0] == 0:
        raise BatchError(
            f"{name} has {x.shape[0]} inputs and {y.shape[0]} targets: both must be the same number, at least 1"
        )
