"""Label noise: from clean labels to the labels a run is given, with what was really changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from data_prep.label_noise.by_instance import instance_noise
from data_prep.label_noise.class_maps import asymmetric_targets
from data_prep.label_noise.exact import any_class, exact_noise, one_of
from data_prep.label_noise.mistakes import Pictures, PlantedMistakes, plant_mistakes
from data_prep.label_noise.parse import LabelNoise
from data_prep.label_noise.released import draw_rows, released_noise
from l2b_data.errors import ConfigError, DataError


@dataclass(frozen=True)
class NoisyLabels:
    """Labels before and after the noise.

    given, clean: (n,) int64. counts: (K, K) int64, how many samples of clean class (row) were given which class
    (column), over the samples that were to get noise. noise, seed: what made it. rule: of asymmetric noise the map
    that was used, else "". planted: of the kind mistakes what was planted, for all n samples; else None.
    """

    given: np.ndarray
    clean: np.ndarray
    counts: np.ndarray
    noise: LabelNoise
    seed: int
    rule: str = ""
    planted: PlantedMistakes | None = None

    @property
    def matrix(self) -> np.ndarray:
        """(K, K) float64: share of a clean class's samples (row) given each class; a row of zeros for no samples."""
        totals = self.counts.sum(axis=1, keepdims=True)
        return np.divide(self.counts, totals, out=np.zeros(self.counts.shape), where=totals > 0)

    @property
    def changed(self) -> int:
        """Samples whose label really changed."""
        return int(self.counts.sum()) - int(np.trace(self.counts))

    @property
    def effective_rate(self) -> float:
        """Share of the samples whose label is wrong: it changed, or their picture is of no class; 0 of none."""
        total = int(self.counts.sum())
        foreign = 0 if self.planted is None else self.planted.counts.get("foreign", 0)
        return (self.changed + foreign) / total if total else 0.0

    def record(self) -> dict[str, Any]:
        """What a run writes down of its noise, ready for JSON."""
        mistakes = {} if self.planted is None else {"mistakes": self.planted.record()}
        return {
            "noise": str(self.noise),
            "kind": self.noise.kind,
            "rate": self.noise.rate,
            "column": self.noise.column,
            "rule": self.rule,
            "seed": self.seed,
            "effective_rate": self.effective_rate,
            "n": int(self.counts.sum()),
            "counts": self.counts.tolist(),
            **mistakes,
        }


def corrupt_labels(
    labels: np.ndarray,
    classes: int,
    noise: LabelNoise,
    *,
    seed: int,
    images: np.ndarray | None = None,
    given: Mapping[str, np.ndarray] | None = None,
    order: np.ndarray | None = None,
    class_names: Sequence[str] | None = None,
    pictures: Pictures | None = None,
) -> NoisyLabels:
    """Draw noisy labels for clean labels (n,) int64 in 0..classes-1; a pure function of the arguments.

    kind                 samples that get a new label        the new label
    symmetric            exactly int(rate n), drawn          uniform over all classes, the true one included
    symmetric-excluding  each with probability rate          uniform over the other classes
    uniform              every one is drawn anew             row of (1 - rate) I + rate / K
    flip, flip2          every one is drawn anew             one / two fixed other classes a row, rate in all
    asymmetric           exactly int(rate n), drawn          CIFAR-10: truck->automobile, bird->airplane, deer->horse,
                                                             cat<->dog, others keep theirs; CIFAR-100: uniform over the
                                                             superclass's other four; other sets: the next class
    asymmetric-next      each with probability rate          the next class; CIFAR-100: in blocks of five numbers
    instance             by a rate of its own, around rate   what the image resembles (`instance_noise`)
    mistakes             exactly round(rate n), if they can  by the mistake (`plant_mistakes`)
    human:COLUMN         -                                   the label set human_COLUMN or COLUMN of `given`
    none                 none                                -

    Of symmetric noise the share rate (1 - 1/K) of the labels really changes, of CIFAR-10's asymmetric noise rate / 2:
    `effective_rate` says it.

    order: positions in 0..n-1 that get noise, in the order their labels are drawn; all others keep their clean label.
    With a meta set drawn from the same labels it is one of the two arrays of `draw_meta(labels, classes, meta_size,
    seed)`, same seed, and uniform, flip and flip2 are then the labels of the released code for CIFAR (methods of
    RMNW-Net and L2B), bit for bit: `corrupt_labels(labels, K, noise, seed=s, order=train_index).given[train_index]`.
    None: all, ascending. Streams: `released_noise`, `exact_noise`. images: (n, H, W, C) uint8, for instance. given:
    label set -> (n,) labels, -1 where absent, for human. class_names: of asymmetric kinds, whose map depends on them,
    and of mistakes. pictures: of all n samples, for mistakes; None: no two are the same, and none is foreign.
    Raises ConfigError for a kind whose argument is missing or unknown, DataError for a human label that is absent.
    """
    labels = np.asarray(labels, dtype=np.int64)
    chosen = np.arange(len(labels)) if order is None else np.asarray(order, dtype=np.int64)
    rule, drawn, planted = "", labels, None
    if noise.kind in ("uniform", "flip", "flip2"):
        drawn = released_noise(labels, classes, noise.kind, noise.rate, seed, order)
    elif noise.kind == "human":
        drawn = _human(noise, given or {}, chosen, len(labels))
    elif noise.kind == "mistakes":
        planted = _planted(labels, noise, seed, np.sort(chosen), class_names, pictures)
        drawn = planted.given
    elif noise.kind != "none":
        whole = images is None or noise.kind != "instance" or np.array_equal(chosen, np.arange(len(images)))
        part = images if images is None or whole else images[chosen]  # gigabytes, where copied
        subset, rule = _own_stream(labels[chosen], classes, noise, seed, part, class_names)
        drawn = labels.copy()
        drawn[chosen] = subset
    result = labels.copy()
    result[chosen] = drawn[chosen]
    counts = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(counts, (labels[chosen], result[chosen]), 1)
    return NoisyLabels(result, labels, counts, noise, seed, rule, planted)


def _own_stream(
    labels: np.ndarray,
    classes: int,
    noise: LabelNoise,
    seed: int,
    images: np.ndarray | None,
    class_names: Sequence[str] | None,
) -> tuple[np.ndarray, str]:
    """Noise whose stream sees nothing but the labels that get it, and the rule of an asymmetric kind."""
    if noise.kind == "symmetric":
        return exact_noise(labels, noise.rate, seed, any_class(classes)), ""
    if noise.kind == "symmetric-excluding":
        matrix = np.full((classes, classes), noise.rate / max(1, classes - 1))
        np.fill_diagonal(matrix, 1 - noise.rate)
        return draw_rows(matrix, labels, np.random.RandomState(seed)), ""
    if noise.kind == "instance":
        if images is None:
            raise ConfigError(f"--noise {noise}: needs the images, and this data set does not keep them in one array")
        return instance_noise(images, labels, classes, noise.rate, seed), ""
    if class_names is None:
        raise ConfigError(f"--noise {noise}: needs the names of the classes")
    targets, rule = asymmetric_targets(class_names, following=noise.kind == "asymmetric-next")
    if noise.kind == "asymmetric":
        return exact_noise(labels, noise.rate, seed, one_of(targets)), rule
    matrix = (1 - noise.rate) * np.eye(classes)
    for label, (target,) in enumerate(targets):
        matrix[label, target] += noise.rate
    return draw_rows(matrix, labels, np.random.RandomState(seed)), rule


def _planted(
    labels: np.ndarray,
    noise: LabelNoise,
    seed: int,
    files: np.ndarray,
    class_names: Sequence[str] | None,
    pictures: Pictures | None,
) -> PlantedMistakes:
    """Mistakes among the samples `files`, in their order; the others keep their label."""
    if class_names is None:
        raise ConfigError(f"--noise {noise}: needs the names of the classes")
    seen = Pictures.plain(len(files)) if pictures is None else pictures.of(files)
    drawn = plant_mistakes(labels[files], class_names, noise, seed=seed, pictures=seen)
    given, kind = labels.copy(), np.full(len(labels), "", drawn.kind.dtype)
    given[files], kind[files] = drawn.given, drawn.kind
    return replace(drawn, given=given, kind=kind)


def human_column(noise: LabelNoise, given: Mapping[str, np.ndarray]) -> str:
    """The key of `given` with the label set of a human kind; ConfigError, with those there are, where there is none."""
    for name in (f"human_{noise.column}", str(noise.column)):
        if name in given:
            return name
    there = ", ".join(column.removeprefix("human_") for column in given) or "none"
    raise ConfigError(f"--noise {noise}: the data set has no such label set; it has {there}")


def _human(noise: LabelNoise, given: Mapping[str, np.ndarray], chosen: np.ndarray, count: int) -> np.ndarray:
    """The label set of a human kind, (n,); its absent labels must not be among the chosen."""
    column = np.asarray(given[human_column(noise, given)], dtype=np.int64)
    if len(column) != count:
        raise DataError(f"--noise {noise}: {len(column)} labels for {count} samples")
    if absent := int((column[chosen] < 0).sum()):
        raise DataError(f"--noise {noise}: {absent} of {len(chosen)} samples have no label there; leave them out")
    return column
