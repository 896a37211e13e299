"""`l2b-seg doctor`: is this installation fit for use?"""

from l2b_cli.shared.doctor import SHARED_PACKAGES, doctor_of, try_step

PACKAGES = SHARED_PACKAGES | {
    "monai": "monai",
    "segmentation-models-pytorch": "segmentation_models_pytorch",
    "nibabel": "nibabel",
    "SimpleITK": "SimpleITK",
    "scikit-image": "skimage",
    "tifffile": "tifffile",
}
"""Distribution -> module, all of them needed."""


def tiny_step(device: str) -> None:
    """An exact step of the engine on pixels. Raises RuntimeError as `try_step`."""
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
    batch, meta = (image[:2], 1 - target[:2]), (image[2:], target[2:])
    try_step(model, batch, meta, loss=task.loss, pseudo_label=task.hard_pseudo_label)


doctor = doctor_of(PACKAGES, tiny_step)
