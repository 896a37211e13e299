"""Five views of a slice, and a pseudo-label averaged over them (released segmentation code, not in the paper)."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from l2b_seg.batches.augment import Augmentation, apply_augmentation, undo_augmentation
from l2b_seg.task import Task

_PADDINGS = np.arange(4, 31, 2)  # pixels at 144 x 144 by which a view is enlarged or shrunk on each side
_REFERENCE_SIZE = 144


def draw_views(rng: np.random.Generator, count: int) -> tuple[Augmentation, ...]:
    """v0 identity, v1 zoomed in, v2 and v3 zoomed out by different amounts, v4 flipped; each for `count` slices."""
    still, level = np.zeros(count, bool), np.zeros(count)
    paddings = np.stack([rng.choice(_PADDINGS, 3, replace=False) for _ in range(count)], 1)
    flip = rng.integers(1, 4, count)  # 1 left-right, 2 up-down, 3 both
    zooms = 1 + np.stack([paddings[0], -paddings[1], -paddings[2]]) * 2 / _REFERENCE_SIZE
    zoomed = [Augmentation(still, still, level, zoom) for zoom in zooms]
    flipped = Augmentation((flip & 1) > 0, (flip & 2) > 0, level, np.ones(count))
    return (Augmentation.identity(count), *zoomed, flipped)


def apply_views(views: Sequence[Augmentation], image: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """image (N, C, H, W), mask (N, 1, H, W) -> (V * N, C, H, W) and (V * N, 1, H, W), view-major."""
    pairs = [apply_augmentation(view, image, mask) for view in views]
    return torch.cat([pair[0] for pair in pairs]), torch.cat([pair[1] for pair in pairs])


def view_pseudo_label(views: Sequence[Augmentation], task: Task) -> Callable[[Tensor], Tensor]:
    """A pseudo_label for `l2b`: logits (V * N, K, H, W) -> label values (V * N, 1, H, W).

    The views' probabilities are brought back to the first frame, averaged and brought into every view again; there
    the label is `task.hard_label`'s. A shrunken view knows nothing of the ring outside it: all its probabilities
    count as 0 there.
    """

    def pseudo_label(logits: Tensor) -> Tensor:
        maps = task.probabilities(logits).chunk(len(views))
        mean = torch.stack([undo_augmentation(view, part) for view, part in zip(views, maps, strict=True)]).mean(0)
        again = torch.cat([apply_augmentation(view, mean)[0] for view in views])
        return task.hard_label(again)

    return pseudo_label
