"""Weights of a case's pixels under a trained network, judged by its clean cases: of given label and pseudo-label."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm

from l2b import alignment, meta_gradient, rectified
from l2b_data.cases.slices import SliceSet
from l2b_data.errors import ConfigError, DataError
from l2b_seg.prediction.predictor import Predictor

_BATCH = 8  # slices a pass, and clean slices beside them: a forward-mode pass holds every activation twice


@dataclass(frozen=True)
class Judge:
    """What a network's clean cases say about it; the same for every case of a run.

    direction: parameter name -> mean gradient of the loss over all meta slices. beside: (M, C, S, S) meta slices that
    fill up every batch.
    """

    direction: dict[str, Tensor] = field(repr=False)
    beside: Tensor = field(repr=False)


@dataclass(frozen=True)
class FinalWeights:
    """L2B's weights in the D slices of a case, at the size S the network sees; not the chance that a label is right.

    alpha, beta: (D, S, S) float32 >= 0, weight of the given label and of the pseudo-label as multiples of the weight a
    pixel has in plain training: alpha + beta is 1 in the mean of the case, or 0 everywhere where nothing has weight.
    alignment: (2, D, S, S) float32, what they are made from, with its sign: below 0 the label opposes the clean cases.
    Its unit is the run's, so that cases of a run compare. pseudo: (D, S, S) uint8 label values of the network,
    probability: (K, D, S, S) float32, as `Predictor.predict_slices` gives it.
    """

    alpha: np.ndarray
    beta: np.ndarray
    alignment: np.ndarray
    pseudo: np.ndarray
    probability: np.ndarray


def make_judge(predictor: Predictor, meta: SliceSet) -> Judge:
    """The mean gradient of a trained network's meta loss over all slices of its clean cases, a few at a time.

    L2B (CVPR 2024) eq. 6 at theta itself (lookahead "none"): a finished run has no optimizer state. What is left of
    that gradient once a network fits its clean cases is noise: on discs, after 10 steps on the clean cases alpha was
    positive for 4 % of the wrongly and 98 % of the rightly given pixels, after 25 for 46 % and 15 %. Deterministic; the
    model stays as it was. Raises ConfigError for a run without clean cases, DataError where their loss is not finite.
    """
    if not len(meta):
        way_out = "name some in splits.json and train with them"
        raise ConfigError(f"no clean (meta) cases: weights are judged by them; {way_out}")
    model, device, loss = predictor.model, predictor.device, predictor.meta_loss or predictor.task.loss
    theta = {name: parameter.detach() for name, parameter in model.named_parameters()}
    total = {name: torch.zeros_like(value) for name, value in theta.items()}
    with _judging_mode(model):
        for part in np.array_split(np.arange(len(meta)), -(-len(meta) // _BATCH)):  # no batch of a few left over
            image, mask = meta.image[part], meta.mask[part]
            share = len(part) / len(meta)
            for name, value in meta_gradient(model, theta, image.to(device), mask.to(device), loss).items():
                total[name].add_(value, alpha=share)
    if not all(bool(value.isfinite().all()) for value in total.values()):
        text = "the loss of the clean (meta) cases is not finite under this network"
        raise DataError(f"{text}; look at them with `check`")
    chosen = np.linspace(0, len(meta) - 1, min(_BATCH, len(meta))).round().astype(int)
    return Judge(total, meta.image[chosen])


def final_weights(predictor: Predictor, judge: Judge, slices: np.ndarray, given: np.ndarray) -> FinalWeights:
    """alpha and beta of every pixel of one case: L2B (CVPR 2024) eq. 7 to 9, rectified, over the whole case at once.

    slices: (D, C, S, S) prepared as for training; given: (D, S, S) label values. The pseudo-label is what the network
    predicts. The alignments are taken as in training, with batch statistics in the BatchNorm layers: with stored ones 9
    of 10 alignments were positive on PROMISE12 (L1), whichever label was right. Every batch holds the same clean slices
    beside the case's own, so that a case of one slice has usable statistics too. Deterministic; the model stays as it
    was. D = 0 gives empty maps. Raises DataError where shapes differ or an alignment is not finite.
    """
    if given.shape != (len(slices), *slices.shape[2:]):
        raise DataError(f"slices of shape {slices.shape} do not go with a given mask of shape {given.shape}")
    probability = predictor.predict_slices(slices)
    pseudo = predictor.label_map(probability)
    a = np.zeros((2, *given.shape), np.float32)
    for start in range(0, len(slices), _BATCH):
        part = slice(start, start + _BATCH)
        a[:, part] = _alignment(predictor, judge, slices[part], given[part], pseudo[part])
    if not np.isfinite(a).all():
        raise DataError("the loss of this case is not finite under the network; look at it with `l2b-seg check`")
    weights = rectified(torch.from_numpy(a)).numpy() * given.size
    return FinalWeights(weights[0], weights[1], a, pseudo, probability)


def _alignment(
    predictor: Predictor, judge: Judge, slices: np.ndarray, given: np.ndarray, pseudo: np.ndarray
) -> np.ndarray:
    """Alignments (2, D, S, S) of the given labels and the pseudo-labels of a few slices."""
    count, device = len(slices), predictor.device
    image = torch.cat([torch.from_numpy(np.array(slices, np.float32)), judge.beside])
    maps = (torch.from_numpy(np.array(label, np.float32))[:, None] for label in (given, pseudo))
    targets = [functional.pad(label, (*[0] * 7, len(judge.beside))).to(device) for label in maps]
    with _judging_mode(predictor.model):
        batch, loss = (image.to(device), targets[0]), predictor.task.loss
        a = alignment(predictor.model, judge.direction, *batch, loss=loss, pseudo_label=lambda logits: targets[1])
    return a[:, :count].float().cpu().numpy()


@contextmanager
def _judging_mode(model: nn.Module) -> Iterator[None]:
    """Batch statistics in BatchNorm as in training, but no dropout, which would make the maps a matter of chance."""
    before = {module: module.training for module in model.modules()}
    model.eval()
    for module in model.modules():
        if isinstance(module, _BatchNorm):
            module.train()
    try:
        yield
    finally:
        for module, training in before.items():
            module.training = training
