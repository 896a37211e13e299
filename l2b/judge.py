"""Direction in parameter space along which losses are compared, from the meta gradient."""

from dataclasses import dataclass

from torch import Tensor, nn
from torch.optim import Optimizer

from l2b.batch import Batch, device_of
from l2b.candidate_losses import Loss
from l2b.lookahead import Through
from l2b.lookahead import lookahead as look_ahead
from l2b.meta_average import MetaAverage
from l2b.meta_gradient import meta_gradient
from l2b.untouched import untouched_rng


@dataclass(frozen=True)
class Judgement:
    """`direction`: step size * (averaged) meta gradient; `gradient`: this meta batch's own. Both name -> tensor."""

    direction: dict[str, Tensor]
    gradient: dict[str, Tensor]


def judge(
    model: nn.Module,
    optimizer: Optimizer,
    meta_batch: Batch,
    *,
    loss: Loss,
    lookahead: Through = "optimizer",
    meta_average: MetaAverage | None = None,
    for_difference: bool = False,
) -> Judgement:
    """d = step size * meta gradient at theta_hat, for every parameter that requires grad.

    <d, grad loss[k, b, e]> is minus the derivative of the meta loss to that element's weight (L2B, CVPR 2024, eq. 7).
    Parameters no step moves have step size 0, so zeros. Random streams, buffers and .grad stay as found.
    `meta_average`: its average with this gradient in it is used instead; `meta_average.update(gradient)` keeps it, once
    the step is known to be one. `for_difference` and EngineError as meta_gradient. Raises UnsupportedOptimizerError.
    """
    ahead = look_ahead(model, optimizer, through=lookahead)
    x_meta, y_meta = meta_batch
    with untouched_rng(device_of(x_meta)):
        gradient = meta_gradient(model, ahead.parameters, x_meta, y_meta, loss, for_difference=for_difference)
    used = gradient if meta_average is None else meta_average.after(gradient)
    return Judgement({name: ahead.step_sizes[name] * value for name, value in used.items()}, gradient)
