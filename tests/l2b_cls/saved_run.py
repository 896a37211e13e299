"""Run folders as a training run leaves them, made in milliseconds, with weights that know which labels are wrong."""

import csv
import json

import numpy as np
import yaml

from l2b_cls.sample_log.file import append_epoch, finish_sample_log
from l2b_data.samples.noisy_labels import write_noisy_labels
from l2b_data.samples.write_image_set import write_image_set

CLASSES = ["cat", "dog", "owl"]
BATCH = 8


def save_images(root, *, names=None, count=24, size=12, classes=CLASSES, groups=None):
    """A prepared set of colour pictures, two thirds of them for training; labels go round the classes."""
    labels = np.arange(count) % len(classes)
    images = np.random.default_rng(0).integers(0, 255, (count, size, size, 3), dtype=np.uint8)
    split = np.where(np.arange(count) < count * 2 // 3, "train", "test")
    return write_image_set(
        root,
        name="pets",
        images=images,
        labels=labels,
        split=split,
        classes=list(classes),
        names=names or [f"picture {number}" for number in range(count)],
        groups=groups,
    )


def save_run(root, images, *, method="l2b", accuracy=0.75, weights=True, epochs=3, known=True, seed=0):
    """A finished run on `images`; every fourth given label is wrong, and the weights say so."""
    root.mkdir(parents=True)
    generator = np.random.default_rng(seed)
    train, test = images.indices("train"), images.indices("test")
    clean = images.labels[train]
    wrong = np.arange(len(train)) % 4 == 0
    given = np.where(wrong, (clean + 1) % len(images.classes), clean)
    last = {"accuracy": accuracy, "balanced_accuracy": accuracy - 0.01, "auc": 0.9}
    summary = {
        "method": method,
        "noise": "symmetric:0.4",
        "effective_noise": 0.25,
        "classes": images.classes,
        "test": {"best": {"accuracy": accuracy + 0.05, "epoch": 2}, "last": last, "mean_last_10": accuracy + 0.01},
        "auc_noise_detection": {"alpha_minus_beta": 0.9, "loss": 0.8} if weights else {"loss": 0.8},
        "train_seconds": 61.0,
        "peak_memory_mb": 512.0,
        "definitions": {"accuracy": "share of the evaluated samples whose class is right"},
    }
    (root / "summary.json").write_text(json.dumps(summary))
    rows = [
        {"epoch": epoch, "loss": 1 / epoch, "test_accuracy": accuracy - 0.1 / epoch, "beta_share": 0.3}
        for epoch in range(1, epochs + 1)
    ]
    (root / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (root / "config.yaml").write_text(yaml.safe_dump({"batch_size": BATCH}))
    (root / "split.json").write_text(
        json.dumps({"dataset": str(images.root), "train": train.tolist(), "meta": [], "evaluation": test.tolist()})
    )
    write_noisy_labels(
        root / "noisy_labels.csv", index=train, clean=clean if known else np.full_like(clean, -1), given=given
    )
    save_predictions(root, images, test, accuracy, generator)
    nothing = np.full((epochs, len(train)), np.nan)
    alpha = np.where(wrong, 0.02, 0.1) + 0.01 * generator.random((epochs, len(train)))
    beta = np.where(wrong, 0.2, 0.05) + 0.01 * generator.random((epochs, len(train)))
    log = {
        "loss": np.where(wrong, 3.0, 0.2) + generator.random((epochs, len(train))),
        "predicted": np.tile(clean, (epochs, 1)),
        "probability": np.tile(np.where(wrong, 0.05, 0.8), (epochs, 1)),
        "alpha": alpha if weights else nothing,
        "beta": beta if weights else nothing,
        "weight_net": nothing,
    }
    for number in range(epochs):
        append_epoch(root, number + 1, {name: rows[number] for name, rows in log.items()})
    finish_sample_log(root, len(train))
    return root


def save_predictions(root, images, test, accuracy, generator):
    classes = len(images.classes)
    with open(root / "predictions.csv", "w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle)
        writer.writerow(["index", "name", "label", *(f"p_{number}" for number in range(classes))])
        for index in test.tolist():
            label = int(images.labels[index])
            said = label if generator.random() < accuracy else (label + 1) % classes
            spread = np.full(classes, 0.2 / (classes - 1))
            spread[said] = 0.8
            writer.writerow([index, images.names[index], label, *spread])
