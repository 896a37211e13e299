"""The single-network methods learn a separable set of which 40 % of the labels are drawn anew."""

import numpy as np
import pytest
import torch

from l2b_cls.prediction.classifier import class_probabilities
from l2b_cls.run import training_of
from l2b_run.training.loop import train
from tests.l2b_cls.synthetic import CLASSES, TRAIN, batches_for, image_set, make_settings


def drawn_anew(share: float) -> np.ndarray:
    labels, rng = image_set().labels[:TRAIN].copy(), np.random.default_rng(0)
    chosen = rng.permutation(TRAIN)[: round(share * TRAIN)]
    labels[chosen] = rng.integers(0, CLASSES, len(chosen))
    return labels


@pytest.mark.parametrize("method", ["self-paced", "mentornet-pd", "s-model", "d2l", "m-correction"])
def test_it_runs_to_the_end_and_learns(method, tmp_path):
    own = {"d2l": {"init_epochs": 2, "window": 3, "neighbours": 5}, "self_paced": {"begin": 0.7, "end": 0.7}}
    settings = make_settings(method, epochs=14, warm_up=0.3, average_decay=0.9, evaluate_every=14, **own)
    run = training_of(settings, batches_for(settings, given=drawn_anew(0.4)))
    state = train(run, tmp_path, score="accuracy")
    parts = [(images, labels) for images, labels, _ in run.batches.ordered("evaluation", 16)]
    found = class_probabilities(state.evaluated, (images for images, _ in parts), classes=CLASSES).argmax(1)
    assert (found == torch.cat([labels for _, labels in parts]).numpy()).mean() > 0.8
