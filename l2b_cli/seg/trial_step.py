"""What this installation can do for segmentation."""

from typing import Any

from l2b_cli.shared.doctor import SHARED_PACKAGES, examine, try_step

PACKAGES = {
    "torch": "torch",
    "torchvision": "torchvision",
    "monai": "monai",
    "segmentation-models-pytorch": "segmentation_models_pytorch",
    "nibabel": "nibabel",
    "SimpleITK": "SimpleITK",
    "pillow": "PIL",
    "numpy": "numpy",
    "scipy": "scipy",
    "scikit-image": "skimage",
    **SHARED_PACKAGES,
}
"""Distribution -> module, all of them needed."""


def doctor() -> dict[str, Any]:
    """`examine` of the packages segmentation needs, with an exact step of the engine on pixels."""
    return examine(PACKAGES, _tiny_step)


def _tiny_step(device: str) -> None:
    import torch
    from torch import nn

    from l2b_seg.task import Task

    task = Task(1, ("square",))
    with torch.random.fork_rng(devices=[device] if device != "cpu" else []):
        torch.manual_seed(0)
        layers = (nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 1, 1))
        model = nn.Sequential(*layers).to(device)
        image = torch.rand(4, 1, 16, 16, device=device)
    target = (image > 0.5).float()
    try_step(
        model,
        (image[:2], 1 - target[:2]),
        (image[2:], target[2:]),
        loss=task.loss,
        pseudo_label=task.hard_pseudo_label,
    )
