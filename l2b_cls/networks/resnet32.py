"""ResNet-32 for small images, shortcuts without parameters (He et al. 2016, arXiv 1512.03385, 4.2, option A)."""

from torch import Tensor, nn
from torch.nn import functional as F


class BasicBlock(nn.Module):
    """3x3 convolution and batch norm twice, ReLU between and after the sum with the shortcut.

    Where the shape changes, the shortcut takes every second pixel and pads with as many zero channels on either side.
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.stride = stride
        self.padding = (outputs - inputs) // 2

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x
        if self.padding:
            shortcut = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.padding, self.padding))
        return F.relu(shortcut + self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))


class ResNet32(nn.Module):
    """Three stages of five blocks with 16, 32, 64 channels, average pooling, linear.

    Weights of convolutions and of the linear layer are drawn by He et al.'s rule (kaiming_normal), as in the released
    code of MW-Net and RMNW-Net.
    """

    def __init__(self, classes: int, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        blocks, inputs = [], 16
        for width in (16, 32, 64):
            for index in range(5):
                blocks.append(BasicBlock(inputs, width, 2 if width > 16 and index == 0 else 1))
                inputs = width
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Linear(64, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(self.blocks(F.relu(self.bn1(self.conv1(x)))).mean(dim=(2, 3)))
        return logits
