"""What a run on the squares of tests.l2b_cls.synthetic reads, and its folder with the settings alone."""

from dataclasses import replace

import numpy as np
import yaml

from l2b_cls.run_data import RunData
from tests.l2b_cls.synthetic import META, TEST, TRAIN, given_labels, image_set, make_settings

FEW = make_settings("ce", epochs=6)


def run_data(**over):
    images = image_set()
    train, meta, test = np.split(np.arange(TRAIN + META + TEST), [TRAIN, TRAIN + META])
    found = RunData(
        images=images,
        train=train,
        meta=meta,
        evaluation=test,
        given=given_labels(),
        clean=images.labels[train],
        meta_labels=images.labels[meta],
        noise={"noise": "symmetric:0.4", "seed": 0, "effective_rate": 0.25},
    )
    return replace(found, **over)


def save_settings(run, settings=FEW):
    run.mkdir()
    (run / "config.yaml").write_text(yaml.safe_dump(settings.model_dump()))
    return run
