"""Pre-activation ResNet-18 for small images (He et al. 2016, arXiv 1603.05027), in two variants of released code."""

from torch import Tensor, nn
from torch.nn import functional as F


class PreActBlock(nn.Module):
    """Batch norm, ReLU, 3x3 convolution, twice, plus a shortcut.

    Where the shape changes, the shortcut is a 1x1 convolution of the activated input; else it is the input itself.
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        changes = stride != 1 or inputs != outputs
        self.shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False) if changes else None

    def forward(self, x: Tensor) -> Tensor:
        active = F.relu(self.bn1(x))
        shortcut = x if self.shortcut is None else self.shortcut(active)
        return shortcut + self.conv2(F.relu(self.bn2(self.conv1(active))))


class PreActResNet18(nn.Module):
    """Four stages of two blocks, 64 to 512 channels; average pooling (4x4 at 32x32 images); linear.

    activated_stem False: the first convolution alone (released L2B). True: with batch norm and ReLU after it
    (DivideMix, UniCon). Neither has a batch norm after the last block. torch's own initialisation.
    """

    def __init__(self, classes: int, channels: int, *, activated_stem: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 64, 3, 1, 1, bias=False)
        self.stem = nn.Sequential(nn.BatchNorm2d(64), nn.ReLU()) if activated_stem else nn.Identity()
        blocks, inputs = [], 64
        for width in (64, 128, 256, 512):
            for stride in (1 if width == 64 else 2, 1):
                blocks.append(PreActBlock(inputs, width, stride))
                inputs = width
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Linear(512, classes)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(self.blocks(self.stem(self.conv1(x))).mean(dim=(2, 3)))
        return logits
