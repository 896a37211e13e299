"""What this installation can do for classification."""

from typing import Any

from l2b_run.doctor import examine

PACKAGES = {
    "torch": "torch",
    "torchvision": "torchvision",
    "pillow": "PIL",
    "numpy": "numpy",
    "scipy": "scipy",
    "scikit-learn": "sklearn",
    "pydantic": "pydantic",
    "PyYAML": "yaml",
    "typer": "typer",
    "rich": "rich",
    "pooch": "pooch",
    "matplotlib": "matplotlib",
    "jinja2": "jinja2",
    "safetensors": "safetensors",
}
"""Distribution -> module, all of them needed."""


def doctor() -> dict[str, Any]:
    """`l2b_run.doctor.examine` of the packages classification needs, with an exact step of the engine on samples."""
    return examine(PACKAGES, _tiny_step)


def _tiny_step(device: str) -> None:
    import torch
    from torch import Tensor, nn
    from torch.nn.functional import cross_entropy

    from l2b import train_step

    def loss(logits: Tensor, labels: Tensor) -> Tensor:
        return cross_entropy(logits, labels, reduction="none")

    with torch.random.fork_rng(devices=[device] if device != "cpu" else []):
        torch.manual_seed(0)
        layers = (nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(256, 3))
        model = nn.Sequential(*layers).to(device)
        images = torch.rand(12, 3, 8, 8, device=device)
    labels = torch.arange(12, device=device) % 3
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    before = [parameter.detach().clone() for parameter in model.parameters()]
    step = train_step(
        model,
        optimizer,
        (images[:6], (labels[:6] + 1) % 3),
        (images[6:], labels[6:]),
        loss=loss,
        pseudo_label=lambda logits: logits.argmax(1),
    )
    total = float(step.weights.sum())
    if step.weights.shape != (2, 6) or not abs(total - 1) < 1e-3:
        raise RuntimeError(f"weights of shape {tuple(step.weights.shape)} and sum {total:.4f}, expected 1")
    if not any((old != new).any() for old, new in zip(before, model.parameters(), strict=True)):
        raise RuntimeError("the step did not move the network")
