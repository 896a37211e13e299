"""A few slices with everything a report shows of them, as plain arrays."""

import logging
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import torch

from l2b import bootstrap_weights
from l2b_data.cases.dataset import CLEAN_LABELS
from l2b_data.cases.slices import case_mask
from l2b_data.cases.slicing import SliceOptions
from l2b_data.errors import DataError
from l2b_data.files.atomic import atomic_file
from l2b_run.settings.normalizer import normalizer_of
from l2b_run.training.batches import Drawn
from l2b_run.training.method import Training
from l2b_run.training.task import meta_loss_of
from l2b_seg.batches.slice_batches import SliceBatches
from l2b_seg.config import Settings
from l2b_seg.methods.views import candidates
from l2b_seg.metrics.case_evaluation import EvaluationCase
from l2b_seg.prediction.predictor import predictor_for
from l2b_seg.run_data import RunData

LOG = logging.getLogger(__name__)
_SHOWN = 8


def write_figures(path: Path, run: Training, data: RunData, cases: list[EvaluationCase]) -> None:
    """Write figures.npz: training slices with given, clean and predicted masks, and alpha and beta where there are any.

    Arrays: image (N, S, S) float32, the mean of the channels; colour (N, S, S, 3) float32 where there are three; given,
    clean, predicted (N, S, S) uint8 label values; probability (N, S, S) of all foreground; alpha, beta (N, S, S) as
    shares of a pixel's weight scaled by the largest weight; names (N,); classes, their names in the order of their
    labels. The clean masks of training cases are read here, after training, where they exist in the data set;
    without any the array is left out.
    """
    settings, batches = cast(Settings, run.settings), cast(SliceBatches, run.batches)
    predictor = predictor_for(run.state.evaluated, settings, batches.device)
    chosen = _largest_slices(batches)
    image, given = batches.train.image[chosen], batches.train.mask[chosen]
    probabilities = predictor.predict_slices(image.numpy())
    arrays = {
        "names": np.array([f"{case} slice {index}" for case, index in (batches.train.where[i] for i in chosen)]),
        "classes": np.array(settings.task.classes),
        "image": image.mean(1).numpy(),
        "given": given[:, 0].numpy().astype(np.uint8),
        "predicted": predictor.label_map(probabilities),
        "probability": probabilities[0] if predictor.task.binary else 1 - probabilities[0],
    }
    if predictor.task.channels == 3:
        arrays["colour"] = image.permute(0, 2, 3, 1).numpy()
    clean = _clean_masks(chosen, batches, data, predictor.options)
    if clean is not None:
        arrays["clean"] = clean
    if settings.method in ("l2b", "nl"):
        arrays |= _weights(run, image, given)
    with atomic_file(path) as temporary, open(temporary, "wb") as handle:
        np.savez_compressed(handle, allow_pickle=False, **arrays)


def _largest_slices(batches: SliceBatches) -> list[int]:
    """Of evenly spread cases, the slice with the largest given mask (the middle one where all are empty)."""
    cases = sorted({case for case, _ in batches.train.where})
    spread = [cases[i] for i in np.linspace(0, len(cases) - 1, min(_SHOWN, len(cases))).round().astype(int)]
    chosen = []
    for case in spread:
        index = [i for i, (name, _) in enumerate(batches.train.where) if name == case]
        area = (batches.train.mask[index] > 0).sum((1, 2, 3))
        chosen.append(index[int(area.argmax())] if area.any() else index[len(index) // 2])
    return chosen


def _clean_masks(chosen: list[int], batches: SliceBatches, data: RunData, options: SliceOptions) -> np.ndarray | None:
    """(N, S, S), or None where the given masks are the clean ones, or a clean one is absent or unusable."""
    if data.labels == CLEAN_LABELS:
        return None
    try:
        where = [batches.train.where[i] for i in chosen]
        return np.stack([case_mask(data.dataset, case, options).array[index] for case, index in where])
    except (DataError, IndexError) as error:
        LOG.warning("the figures leave out the clean masks: %s", error)
        return None


def _weights(run: Training, image: torch.Tensor, given: torch.Tensor) -> dict[str, np.ndarray]:
    """alpha and beta of these slices under the final network, judged as in training; 1 is the largest weight."""
    settings, state = run.settings, run.state
    with_pseudo = settings.method == "l2b" and settings.bootstrap.candidates != "given"
    if run.method.before_epoch is not None:
        run = replace(run, batches=run.method.before_epoch(run, settings.epochs))
    drawn = Drawn(image.to(run.batches.device), given.to(run.batches.device))
    found = candidates(run, settings.epochs, 0, drawn)
    weights = bootstrap_weights(
        state.model.train(),
        state.optimizer,
        found.drawn[:2],
        found.meta,
        loss=run.task.loss,
        meta_loss=meta_loss_of(run.task, settings),
        pseudo_label=found.pseudo_label if with_pseudo else None,
        normalize=normalizer_of(settings.bootstrap),
        lookahead=settings.bootstrap.lookahead,
    )[:, : len(image)]
    scaled = (weights / weights.amax().clamp_min(1e-30)).cpu().numpy()
    return {"alpha": scaled[0]} | ({"beta": scaled[1]} if len(scaled) > 1 else {})
