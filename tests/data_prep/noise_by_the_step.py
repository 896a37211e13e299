"""Label noise one sample at a time, from the definitions alone, in the order in which the released code draws."""

import random

import numpy as np


def meta_split_by_the_step(labels, classes, meta_size, stream):
    """Each class's positions as a list, shuffled; its first ones judge, the others train."""
    train, meta = [], []
    for label in range(classes):
        members = [position for position, value in enumerate(labels) if value == label]
        stream.shuffle(members)
        meta += members[: meta_size // classes]
        train += members[meta_size // classes :]
    return train, meta


def matrix_by_the_step(kind, classes, rate, stream):
    matrix = np.zeros((classes, classes))
    for row in range(classes):
        if kind == "uniform":
            matrix[row] = rate / classes
            matrix[row, row] += 1 - rate
            continue
        others = np.array([other for other in range(classes) if other != row])
        matrix[row, row] = 1 - rate
        if kind == "flip":
            matrix[row, stream.choice(others)] = rate
        else:
            matrix[row, stream.choice(others, 2, replace=False)] = rate / 2
    return matrix


def noise_by_the_step(labels, classes, kind, rate, seed, meta_size, *, part):
    """(positions of the part, their labels): seed, split, [flip, flip2: seed 1, matrix], one draw a sample."""
    stream = np.random.RandomState(seed)
    train, meta = meta_split_by_the_step(labels, classes, meta_size, stream)
    if kind != "uniform":
        stream.seed(1)
    matrix = matrix_by_the_step(kind, classes, rate, stream)
    positions = train if part == "train" else meta
    return positions, [stream.choice(classes, p=matrix[labels[position]]) for position in positions]


def symmetric_by_the_step(labels, classes, rate, seed):
    """DivideMix: a shuffled list of all positions, its first int(rate n) entries are noisy, positions ascending."""
    stream = random.Random(seed)
    order = list(range(len(labels)))
    stream.shuffle(order)
    noisy = set(order[: int(rate * len(labels))])
    return [
        stream.randint(0, classes - 1) if position in noisy else labels[position] for position in range(len(labels))
    ]


def instance_by_the_step(images, labels, classes, flips, weights, uniform):
    """Xia et al. 2020, algorithm 2, with the flip rates, weights (K, S, K) and uniform numbers that were drawn."""
    pixels = images.reshape(-1, images.shape[-1]).astype(np.float64)
    given = []
    for image, label, flip, number in zip(images, labels, flips, uniform, strict=True):
        x = ((image - pixels.mean(axis=0)) / pixels.std(axis=0)).ravel()
        scores = [float(x @ weights[label][:, other]) for other in range(classes)]
        top = max(score for other, score in enumerate(scores) if other != label)
        parts = [0.0 if other == label else float(np.exp(score - top)) for other, score in enumerate(scores)]
        odds = [1 - flip if other == label else flip * part / sum(parts) for other, part in enumerate(parts)]
        below, choice = 0.0, classes - 1
        for other, odd in enumerate(odds):
            below += odd
            if number < below:
                choice = other
                break
        given.append(choice)
    return given
