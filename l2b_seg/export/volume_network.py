"""A run's network with its preprocessing in TorchScript: a volume in, probabilities on its own grid out."""

import warnings
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from l2b_data.cases.slicing import SliceOptions
from l2b_seg.prediction.predictor import Predictor

_BATCH = 24  # slices a forward pass, as `predict` takes them


class VolumeNetwork(nn.Module):
    """Images (B, C, X, Y, Z) or (B, C, X, Y), columns first as MONAI has them -> probabilities (B, K, ...).

    The same steps as `prepare_image`, the network and `to_native`: intensity a slice and channel, crop, resize; back.
    """

    zscore: bool
    binary: bool
    crop: float
    size: int
    batch: int

    def __init__(self, network: nn.Module, options: SliceOptions, *, binary: bool) -> None:
        super().__init__()
        self.network = network
        self.zscore, self.binary = options.intensity == "zscore", binary
        self.crop, self.size, self.batch = options.crop, options.size, _BATCH

    def forward(self, image: Tensor) -> Tensor:
        flat = image.dim() == 4
        volumes = image.float().unsqueeze(-1) if flat else image.float()
        parts = [self.of_volume(volume.permute(3, 0, 2, 1)).permute(1, 3, 2, 0) for volume in volumes]
        found = torch.stack(parts)
        return found.squeeze(-1) if flat else found

    def of_volume(self, slices: Tensor) -> Tensor:
        """(D, C, H, W) intensities -> (D, K, H, W) probabilities; background outside the crop."""
        height, width = slices.shape[2], slices.shape[3]
        top, left = self.margin(height), self.margin(width)
        kept = self.normalised(slices)[:, :, top : height - top, left : width - left]
        inside = [kept.shape[2], kept.shape[3]]
        maps: list[Tensor] = []
        for part in kept.split(self.batch):
            resized = functional.interpolate(part, [self.size, self.size], mode="bilinear", antialias=True)
            logits = self.network(resized)
            probability = torch.sigmoid(logits) if self.binary else torch.softmax(logits, 1)
            maps.append(functional.interpolate(probability, inside, mode="bilinear", antialias=True))
        found = torch.cat(maps)
        native = torch.zeros([found.shape[0], found.shape[1], height, width], dtype=found.dtype, device=found.device)
        if not self.binary:
            native[:, 0] = 1.0
        native[:, :, top : height - top, left : width - left] = found
        return native

    def normalised(self, slices: Tensor) -> Tensor:
        """Intensities as training saw them, each slice and channel on its own; a constant one becomes 0."""
        low, high = slices.amin([2, 3], keepdim=True), slices.amax([2, 3], keepdim=True)
        if not self.zscore:
            spread = torch.where(high > low, high - low, torch.ones_like(low))
            return torch.round((slices - low) / spread * 255) / 255
        limits = torch.quantile(slices.flatten(2), torch.tensor([0.01, 0.99], device=slices.device), dim=2)
        low, high = limits[0][:, :, None, None], limits[1][:, :, None, None]
        clipped = torch.minimum(torch.maximum(slices, low), high)
        mean = clipped.mean([2, 3], keepdim=True)
        spread = clipped.std([2, 3], unbiased=False, keepdim=True)
        varied = (high > low) & (spread > 0)
        return torch.where(varied, (clipped - mean) / torch.where(varied, spread, 1.0), 0.0)

    def margin(self, side: int) -> int:
        """Pixels left out at each end of an axis of so many."""
        half = torch.tensor(side * (1 - self.crop) / 2, dtype=torch.float64)
        return min(int(torch.round(half).item()), (side - 1) // 2)


def write_scripted(predictor: Predictor, path: Path) -> None:
    """Write the `VolumeNetwork` of a run, on the CPU, in eval mode, as TorchScript: it needs torch, no code of ours."""
    options, task = predictor.options, predictor.task
    example = torch.zeros(2, task.channels, options.size, options.size)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # TorchScript is deprecated in torch, and what MONAI bundles carry
        network = torch.jit.trace(predictor.model.cpu().eval(), example)
        torch.jit.save(torch.jit.script(VolumeNetwork(network, options, binary=task.binary).eval()), str(path))
