"""`l2b-cls doctor`: is this installation fit for use?"""

from l2b_cli.shared.doctor import SHARED_PACKAGES, doctor_of, try_step

PACKAGES = SHARED_PACKAGES | {"scikit-learn": "sklearn"}
"""Distribution -> module, all of them needed."""


def tiny_step(device: str) -> None:
    """An exact step of the engine on samples. Raises RuntimeError as `try_step`."""
    import torch
    from torch import nn

    from l2b_cls.losses import cross_entropy

    with torch.random.fork_rng(devices=[device] if device != "cpu" else []):
        torch.manual_seed(0)
        layers = (nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(256, 3))
        model = nn.Sequential(*layers).to(device)
        images = torch.rand(12, 3, 8, 8, device=device)
    labels = torch.arange(12, device=device) % 3
    batch, meta = (images[:6], (labels[:6] + 1) % 3), (images[6:], labels[6:])
    try_step(model, batch, meta, loss=cross_entropy, pseudo_label=lambda logits: logits.argmax(1))


doctor = doctor_of(PACKAGES, tiny_step)
