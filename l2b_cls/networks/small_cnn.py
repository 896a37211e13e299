"""A small network for small images on a CPU."""

from collections.abc import Sequence

from torch import Tensor, nn


class SmallCNN(nn.Module):
    """Blocks of two 3x3 convolutions, each with batch norm and ReLU, then 2x2 max pooling; average pooling; linear.

    One block a width. An odd height or width is rounded up by the pooling, so images of any size pass.
    """

    def __init__(self, widths: Sequence[int], classes: int, channels: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, width in zip([channels, *widths[:-1]], widths, strict=True):
            for inputs in (before, width):
                layers += [nn.Conv2d(inputs, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
            layers.append(nn.MaxPool2d(2, ceil_mode=True))
        self.features = nn.Sequential(*layers)
        self.head = nn.Linear(widths[-1], classes)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(self.features(x).mean(dim=(2, 3)))
        return logits
