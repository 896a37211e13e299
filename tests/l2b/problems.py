"""Networks, batches and losses the engine's tests share; small, made here, float64 unless said."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from l2b_seg.networks.unetpp import FirstOutput


@dataclass
class Problem:
    model: nn.Module
    batch: tuple[Tensor, Tensor]
    meta_batch: tuple[Tensor, Tensor]
    loss: Callable[[Tensor, Tensor], Tensor]
    pseudo_label: Callable[[Tensor], Tensor]

    def to(self, device: str | torch.dtype) -> "Problem":
        def move(t: Tensor) -> Tensor:
            return t.to(device) if isinstance(device, str) or t.is_floating_point() else t

        x, y = self.batch
        x_meta, y_meta = self.meta_batch
        return Problem(
            self.model.to(device), (move(x), move(y)), (move(x_meta), move(y_meta)), self.loss, self.pseudo_label
        )


def cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    return F.cross_entropy(logits, target, reduction="none")


def pixel_bce(logits: Tensor, target: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, target, reduction="none").squeeze(1)


def top_class(logits: Tensor) -> Tensor:
    return logits.argmax(1)


def foreground(logits: Tensor) -> Tensor:
    return (logits > 0).to(logits.dtype)


def conv_net(dropout: float = 0.0, classes: int = 4) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Conv2d(6, 8, 3, stride=2),
        nn.BatchNorm2d(8),
        nn.Tanh(),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Dropout(dropout),
        nn.Linear(32, classes),
    )


class Residual(nn.Module):
    """A pre-activation block with a shortcut of its own shape, as in the classification networks."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList([nn.BatchNorm2d(inputs), nn.BatchNorm2d(outputs)])
        self.first = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.second = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        active = F.relu(self.norms[0](x))
        return self.shortcut(active) + self.second(F.relu(self.norms[1](self.first(active))))


def samples(model: nn.Module, *, size: int = 16, b: int = 8, m: int = 6, classes: int = 4) -> Problem:
    batch = torch.randn(b, 3, size, size), torch.randint(classes, (b,))
    meta_batch = torch.randn(m, 3, size, size), torch.randint(classes, (m,))
    return Problem(model, batch, meta_batch, cross_entropy, top_class).to(torch.float64)


def pixels(model: nn.Module, *, size: int = 32, b: int = 3, m: int = 2) -> Problem:
    def draw(n: int) -> tuple[Tensor, Tensor]:
        target = (F.avg_pool2d(torch.randn(n, 1, size, size), 7, 1, 3) > 0.02).float()
        return target + 0.5 * torch.randn_like(target), target

    return Problem(model, draw(b), draw(m), pixel_bce, foreground).to(torch.float64)


def small_cnn() -> Problem:
    torch.manual_seed(0)
    return samples(conv_net())


def small_resnet() -> Problem:
    torch.manual_seed(4)
    blocks = [nn.Conv2d(3, 6, 3, padding=1, bias=False), Residual(6, 6, 1), Residual(6, 8, 2), Residual(8, 12, 2)]
    return samples(nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(12, 4)))


def resnet18() -> Problem:
    from torchvision.models import resnet18 as build

    torch.manual_seed(1)
    return samples(build(num_classes=4), size=48)


def monai_unetpp() -> Problem:
    from monai.networks.nets import BasicUNetPlusPlus

    torch.manual_seed(2)
    net = BasicUNetPlusPlus(2, 1, 1, features=(4, 4, 8, 8, 8, 4), norm=("batch", {"affine": True}))
    return pixels(FirstOutput(net))


def smp_unetpp(depth: int = 3) -> Problem:
    import segmentation_models_pytorch as smp

    torch.manual_seed(3)
    decoder = (16, 8, 8, 4)[:depth]
    net = smp.UnetPlusPlus(
        "resnet18", encoder_depth=depth, encoder_weights=None, decoder_channels=decoder, in_channels=1, classes=1
    )
    return pixels(net)


def sgd(problem: Problem, *, fill: int = 2, lr: float = 0.05, **options: Any) -> torch.optim.SGD:
    """SGD whose momentum buffers `fill` plain steps have filled."""
    settings = {"momentum": 0.9, "weight_decay": 5e-3} | options
    optimizer = torch.optim.SGD(problem.model.parameters(), lr=lr, **settings)
    take_plain_steps(problem, optimizer, fill)
    return optimizer


def take_plain_steps(problem: Problem, optimizer: torch.optim.Optimizer, count: int) -> None:
    x, y = problem.batch
    for _ in range(count):
        optimizer.zero_grad()
        problem.loss(problem.model(x), y).mean().backward()
        optimizer.step()
    optimizer.zero_grad()


def relative_error(found: Tensor, reference: Tensor) -> float:
    return float((found - reference).norm() / reference.norm())


def snapshot(model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """Everything an extra pass must leave alone, as values to compare bitwise."""
    state = {f"model {name}": t.detach().clone() for name, t in model.state_dict().items()}
    for index, parameter in enumerate(model.parameters()):
        state[f"grad {index}"] = None if parameter.grad is None else parameter.grad.clone()
        state[f"requires_grad {index}"] = parameter.requires_grad
        buffer = optimizer.state[parameter].get("momentum_buffer") if parameter in optimizer.state else None
        state[f"momentum {index}"] = None if buffer is None else buffer.clone()
    state["modes"] = [module.training for module in model.modules()]
    state["rng"] = torch.get_rng_state()
    return state


def same(before: dict[str, Any], after: dict[str, Any], *, but: tuple[str, ...] = ()) -> list[str]:
    """Names that are not bitwise equal, save those that start with one of `but`."""
    if before.keys() != after.keys():
        return sorted(before.keys() ^ after.keys())

    def equal(a: Any, b: Any) -> bool:
        return torch.equal(a, b) if isinstance(a, Tensor) and isinstance(b, Tensor) else type(a) is type(b) and a == b

    return [name for name in before if not name.startswith(but or ("\0",)) and not equal(before[name], after[name])]
