"""The weights a run gives its training pixels, summed while it trains, and their means at the end."""

import logging
import shutil
from itertools import groupby
from pathlib import Path
from typing import cast
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
from torch import Tensor

from l2b_data.cases.slices import SliceSet
from l2b_data.files.atomic import atomic_file
from l2b_run.training.method import Training
from l2b_seg.batches.slice_batches import SliceBatches
from l2b_seg.training_weights.file import TRAINING_WEIGHTS

LOG = logging.getLogger(__name__)
_HIGHEST = float(np.finfo(np.float16).max)


class WeightRecord:
    """Sums of the weights (K labels) of every pixel of N training slices, and of how often it was weighed.

    They lie in a mapped file of the run folder, training_weights_EPOCH.npy, (K + 1, N, S, S) float32, on the disk and
    not in memory. An epoch adds to a copy of the file of the epoch before, which stays until the next one begins:
    whichever of the two the checkpoint is of, a resumed run finds its sums, and those of a broken-off epoch are lost
    with it. The steps themselves are as without a record.
    """

    def __init__(self, out: Path, train: SliceSet) -> None:
        self._out, self._train = out, train
        self._path: Path | None = None
        self._sums: np.memmap

    def __call__(
        self, run: Training, weights: Tensor, epoch: int, step: int, *, position: np.ndarray | None = None
    ) -> None:
        """Add the weights (K, V * B, S, S) of a step, each at the pixel whose given label it weighed.

        Unit: the weight of a pixel in plain training. As rotated pixels are read from the nearest ones, a pixel of the
        slice may be read several times in a step, or not at all; each reading counts.
        """
        batches = cast(SliceBatches, run.batches)
        views = position is None and run.settings.bootstrap.pseudo_label == "views"
        at, pixel = batches.origins(epoch, step, views=views, position=position)
        sums, side = self._of_epoch(epoch, len(weights)), pixel.shape[1:]
        scaled, origin = weights.float().cpu().numpy() * weights[0].numel(), pixel.numpy()
        for row, place in enumerate(at):
            own = origin[row :: len(at)]
            known = own > 0
            where = own[known] - 1
            for label, of_label in enumerate(scaled[:, row :: len(at)]):
                sums[label, place] += np.bincount(where, of_label[known], side.numel()).reshape(side)
            sums[-1, place] += np.bincount(where, minlength=side.numel()).reshape(side)

    def flush(self) -> None:
        """Write to the disk what the epoch has added; due before its checkpoint is written."""
        if self._path is not None:
            self._sums.flush()

    def finish(self, epochs: int) -> None:
        """Write training_weights.npz (see `read_training_weights`) of the sums after `epochs` epochs; those go.

        Without sums, of a run that weighs nothing or had finished before, the folder stays as it is.
        """
        path = self._file(epochs)
        if not path.is_file():
            return
        sums = np.load(path, mmap_mode="r", allow_pickle=False)
        with atomic_file(self._out / TRAINING_WEIGHTS) as temporary, ZipFile(temporary, "w", ZIP_DEFLATED) as archive:
            for case, slices in groupby(range(len(self._train)), lambda index: self._train.where[index][0]):
                of_case = np.array(sums[:, list(slices)])
                mean = np.minimum(of_case[:-1] / np.maximum(of_case[-1], 1), _HIGHEST).astype(np.float16)
                with archive.open(f"{case}.npy", "w", force_zip64=True) as handle:
                    np.lib.format.write_array(handle, mean, allow_pickle=False)
        self._remove(())

    def _of_epoch(self, epoch: int, labels: int) -> np.memmap:
        """The sums of this epoch, made of the last one's at its first step."""
        path, before = self._file(epoch + 1), self._file(epoch)
        if self._path == path:
            return self._sums
        self._remove((before,))
        with atomic_file(path, flush=False) as temporary:
            if before.is_file():
                shutil.copyfile(before, temporary)
            else:
                self._zeros(temporary, labels)
        self._sums = np.load(path, mmap_mode="r+", allow_pickle=False)
        self._path = path
        return self._sums

    def _zeros(self, path: Path, labels: int) -> None:
        """Zeros that have their place on the disk: on a full one, writing to a mapped file with holes is a crash."""
        image = np.zeros(self._train.mask.shape[-2:], np.float32)
        shape = (labels + 1, len(self._train), *image.shape)
        with open(path, "wb") as handle:
            header = {"descr": "<f4", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(handle, header)
            for _ in range(shape[0] * shape[1]):
                handle.write(image.tobytes())

    def _file(self, epoch: int) -> Path:
        return self._out / f"training_weights_{epoch}.npy"

    def _remove(self, kept: tuple[Path, ...]) -> None:
        for path in self._out.glob("training_weights_*.npy"):
            if path not in kept:
                path.unlink()
