"""A run's numbers as TensorBoard's event files."""

from collections.abc import Mapping
from pathlib import Path

from torch.utils.tensorboard import SummaryWriter

FOLDER = "tensorboard"


class TensorBoard:
    """Event files in out/tensorboard, made anew: `tensorboard --logdir` of the folder over the runs shows them all."""

    def __init__(self, out: Path) -> None:
        for old in (out / FOLDER).glob("events.out.tfevents.*"):
            old.unlink()
        self.epochs = set[int]()
        self._writer = SummaryWriter(out / FOLDER)

    def log(self, epoch: int, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            self._writer.add_scalar(name, value, epoch)
        self._writer.flush()

    def close(self, end: str) -> None:
        self._writer.close()
