"""WideResNet-28-10 for small images (Zagoruyko and Komodakis 2016, arXiv 1605.07146), without dropout."""

import math

from torch import Tensor, nn
from torch.nn import functional as F

from l2b_cls.networks.preact_resnet import PreActBlock


class WideResNet(nn.Module):
    """Three stages of (depth - 4) / 6 blocks with 16, 32, 64 times `width` channels, batch norm, ReLU, average, linear.

    Convolutions are drawn from N(0, 2 / (k k outputs)), the linear layer's bias starts at 0 (released MW-Net).
    """

    def __init__(self, classes: int, channels: int, *, depth: int = 28, width: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 16, 3, 1, 1, bias=False)
        blocks, inputs = [], 16
        for outputs in (16 * width, 32 * width, 64 * width):
            for index in range((depth - 4) // 6):
                blocks.append(PreActBlock(inputs, outputs, 2 if outputs > 16 * width and index == 0 else 1))
                inputs = outputs
        self.blocks = nn.Sequential(*blocks)
        self.bn = nn.BatchNorm2d(inputs)
        self.head = nn.Linear(inputs, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                fan_out = module.kernel_size[0] * module.kernel_size[1] * module.out_channels
                nn.init.normal_(module.weight, 0.0, math.sqrt(2 / fan_out))
        nn.init.zeros_(self.head.bias)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(F.relu(self.bn(self.blocks(self.conv1(x)))).mean(dim=(2, 3)))
        return logits
