"""UNet++ in plain torch, with the parameters of MONAI's BasicUNetPlusPlus and without the 4 s of importing MONAI."""

from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import Tensor, nn

STAGES = 5


class NestedUNet(nn.Module):
    """Images (B, C, H, W), H and W multiples of 16, in; logits (B, K, H, W) of the last of the nested nodes out.

    Node (i, j) of stage i takes all nodes (i, 0) to (i, j - 1) and the one below, (i + 1, j - 1), twice as large; batch
    norm and ReLU after each convolution. Parameters have the names, order and first draws of monai 1.6's
    BasicUNetPlusPlus with these `widths` of the five stages, so that weights of either fit the other. The heads of
    nodes (0, 1) to (0, 3), deep supervision's, are kept for that alone and take no part.
    Source: Zhou et al. 2018 (UNet++), figure 1.
    """

    def __init__(self, in_channels: int, out_channels: int, widths: Sequence[int]) -> None:
        super().__init__()
        nodes: dict[str, nn.Module] = {"conv_0_0": _twice(in_channels, widths[0])}
        for stage in range(1, STAGES):
            convs = _twice(widths[stage - 1], widths[stage])
            nodes[f"conv_{stage}_0"] = _named(max_pooling=nn.MaxPool2d(2), convs=convs)
        for column in range(1, STAGES):
            for stage in range(STAGES - column):
                below, width = widths[stage + 1], widths[stage]
                raised = below // 2 if stage > 0 else below
                nodes[f"upcat_{stage}_{column}"] = _Node(below, raised, column * width, width)
        for column in range(1, STAGES):
            nodes[f"final_conv_0_{column}"] = nn.Conv2d(widths[0], out_channels, 1)
        self.network = nn.ModuleDict(nodes)

    def forward(self, x: Tensor) -> Tensor:
        rows: list[list[Tensor]] = []  # of a stage its nodes so far
        for stage in range(STAGES):
            rows.append([self.network[f"conv_{stage}_0"](rows[-1][0] if rows else x)])
            for column in range(1, stage + 1):
                above = stage - column
                node = self.network[f"upcat_{above}_{column}"]
                rows[above].append(node(rows[above + 1][column - 1], rows[above]))
        logits: Tensor = self.network[f"final_conv_0_{STAGES - 1}"](rows[0][-1])
        return logits


class _Node(nn.Module):
    """The node below, twice as large with `raised` channels, after those beside it, convolved twice."""

    def __init__(self, below: int, raised: int, beside: int, width: int) -> None:
        super().__init__()
        self.upsample = _named(deconv=nn.ConvTranspose2d(below, raised, 2, stride=2))
        self.convs = _twice(beside + raised, width)

    def forward(self, below: Tensor, beside: list[Tensor]) -> Tensor:
        found: Tensor = self.convs(torch.cat([*beside, self.upsample(below)], dim=1))
        return found


def _twice(inputs: int, width: int) -> nn.Sequential:
    return _named(conv_0=_convolution(inputs, width), conv_1=_convolution(width, width))


def _convolution(inputs: int, width: int) -> nn.Sequential:
    after = _named(N=nn.BatchNorm2d(width), A=nn.ReLU(inplace=True))
    return _named(conv=nn.Conv2d(inputs, width, 3, padding=1), adn=after)


def _named(**modules: nn.Module) -> nn.Sequential:
    return nn.Sequential(OrderedDict(modules))
