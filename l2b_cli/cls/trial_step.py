"""What this installation can do for classification."""

from typing import Any

from l2b_cli.shared.doctor import SHARED_PACKAGES, examine, try_step

PACKAGES = {
    "torch": "torch",
    "torchvision": "torchvision",
    "pillow": "PIL",
    "numpy": "numpy",
    "scipy": "scipy",
    "scikit-learn": "sklearn",
    **SHARED_PACKAGES,
}
"""Distribution -> module, all of them needed."""


def doctor() -> dict[str, Any]:
    """`examine` of the packages classification needs, with an exact step of the engine on samples."""
    return examine(PACKAGES, _tiny_step)


def _tiny_step(device: str) -> None:
    import torch
    from torch import Tensor, nn
    from torch.nn.functional import cross_entropy

    def loss(logits: Tensor, labels: Tensor) -> Tensor:
        return cross_entropy(logits, labels, reduction="none")

    with torch.random.fork_rng(devices=[device] if device != "cpu" else []):
        torch.manual_seed(0)
        layers = (nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(256, 3))
        model = nn.Sequential(*layers).to(device)
        images = torch.rand(12, 3, 8, 8, device=device)
    labels = torch.arange(12, device=device) % 3
    try_step(
        model,
        (images[:6], (labels[:6] + 1) % 3),
        (images[6:], labels[6:]),
        loss=loss,
        pseudo_label=lambda logits: logits.argmax(1),
    )
