"""From a prepared classification set to what a run reads: meta, tuning and training samples, and their noisy labels."""

from collections.abc import Callable

import numpy as np

from data_prep.label_noise.corrupt_labels import NoisyLabels, corrupt_labels, human_column
from data_prep.label_noise.describe import describe_noise
from data_prep.label_noise.identical_pictures import identical_pictures
from data_prep.label_noise.meta_split import draw_meta, meta_faults
from data_prep.label_noise.mistakes import Pictures
from data_prep.label_noise.parse import LabelNoise
from l2b_cls.config import Settings
from l2b_cls.methods.table import METHODS
from l2b_cls.run_data import RunData
from l2b_data.errors import ConfigError, DataError, noted
from l2b_data.samples.image_set import ImageSet
from l2b_data.samples.image_store import ArrayStore
from l2b_data.samples.label_table import META
from pipelines.plan.stratified import SUBSET, TUNING, stratified


def resolve_images(
    images: ImageSet,
    settings: Settings,
    noise: LabelNoise,
    *,
    noise_seed: int,
    meta_size_asked: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> RunData:
    """The samples of a run, drawn with `noise_seed` alone: every network seed and method sees the same ones.

    Of the split train, in this order: `data.tuning_samples` are set aside for evaluation, stratified by class; the
    meta set is drawn, if it comes from there (`_meta_split`, `_meta`); `data.train_samples` of the rest are kept,
    stratified; their labels get the noise. Pictures of no class (`ImageSet.foreign`) train and do nothing else. With
    `meta.source` "given" the labels of the meta set are noisy too.
    meta_size_asked: `data.meta_size` is the user's wish, not the recipe's. `say` gets what the noise did, and a warning
    where the meta set is smaller than the recipe has it.
    Raises ConfigError with everything that cannot be drawn, DataError for splits that are not there.
    """
    pool, split = images.indices("train"), _meta_split(images, settings, noise)
    faults = _faults(images, settings, pool, noise, split)
    there = len(images.indices(split)) if split in (META, "val") else settings.data.meta_size
    short = ""
    if there < settings.data.meta_size:
        short = f"data.meta_size {settings.data.meta_size}: split {split} has {there} samples"
    if short and meta_size_asked:
        faults.append(f"{short}; ask for no more, or leave it out to use them all")
    if faults:
        raise ConfigError("\n".join(faults))
    if short:
        say(f"warning: {short}: all of them are used")
    evaluation = images.indices(settings.data.evaluate_on)
    foreign = pool[np.isin(pool, images.foreign)]  # they train, under wrong labels, and neither judge nor evaluate
    if settings.data.tuning_samples:
        of_a_class = np.setdiff1d(pool, foreign)
        left = len(of_a_class) - settings.data.tuning_samples
        kept, evaluation = stratified(images.labels, of_a_class, left, noise_seed, TUNING)
        pool = np.union1d(kept, foreign)
    train, meta = _meta(images, pool, settings, split, asked=meta_size_asked, seed=noise_seed)
    if settings.data.train_samples is not None and settings.data.train_samples < len(train):
        train, _ = stratified(images.labels, train, settings.data.train_samples, noise_seed, SUBSET)
    drawn_from = None if np.isin(meta, train).any() or not np.isin(meta, pool).any() else pool
    given, noisy, mistakes = _corrupted(images, train, drawn_from, noise, noise_seed)
    known = noise.kind != "none" and _true_labels(images, "train", noise)
    say(describe_noise(noisy, images.classes, known=known))
    meta_labels = images.labels[meta]
    if settings.meta.source == "given":
        meta_labels, _, _ = _corrupted(images, meta, drawn_from, noise, noise_seed)
        trains = np.isin(meta, train)  # one sample has one given label, wherever it is used
        meta_labels[trains] = given[_places(train, meta[trains])]
    clean = np.where(known & ~np.isin(train, foreign), images.labels[train], -1)
    if mistakes is None and len(foreign):
        mistakes = np.where(np.isin(train, foreign), "foreign", "")
    record = noisy.record() | {"effective_rate": float((given != clean).mean()) if known else None}
    return RunData(images, train, meta, evaluation, given, clean, meta_labels, record, mistakes)


def _true_labels(images: ImageSet, split: str, noise: LabelNoise) -> bool:
    """Whether the labels of a split are the truth: the set vouches for them, or has annotators' labels beside them."""
    return noise.kind == "human" or images.vouched(split)


def _meta_split(images: ImageSet, settings: Settings, noise: LabelNoise) -> str | None:
    """The split that the meta set comes from; None: no meta set.

    Clean samples are those of the split meta, where the set has one, and never of labels that nobody vouches for.
    """
    source, split = settings.meta.source, settings.data.meta_from
    if source == "clean" and len(images.indices(META)):
        return META
    return None if source == "online" or (source == "clean" and not _true_labels(images, split, noise)) else split


def _faults(
    images: ImageSet, settings: Settings, pool: np.ndarray, noise: LabelNoise, meta_split: str | None
) -> list[str]:
    chosen, faults = settings.data, list[str]()
    if not len(pool):
        raise DataError(f"{images.root}: no sample of split train")
    wanted = [] if chosen.tuning_samples else [chosen.evaluate_on]
    if meta_split == "val":
        wanted.append("val")
        if chosen.evaluate_on == "val" and not chosen.tuning_samples:
            faults.append(
                "data.evaluate_on val and data.meta_from val: the samples that judge cannot evaluate; take test"
            )
    for split in wanted:
        if not len(images.indices(split)):
            raise DataError(f"{images.root}: no sample of split {split}; it has {', '.join(sorted(set(images.split)))}")
    if meta_split is None and settings.meta.source == "clean" and METHODS[settings.method].clean_labels:
        way_out = "take --set data.meta_from=val"
        if not images.vouched("val"):
            way_out = (
                "name some with `l2b-cls prepare folder --meta-list FILE` or `meta` in the split column of --table"
            )
        faults.append(
            f"method {settings.method} learns from clean samples, and nobody vouches for the labels of {images.root}, "
            f"split {chosen.meta_from}: {way_out}, or train without clean samples (l2b and l2rw with --no-clean, ce)"
        )
    of_a_class = np.setdiff1d(pool, images.foreign)
    if chosen.tuning_samples >= len(of_a_class):
        faults.append(f"data.tuning_samples {chosen.tuning_samples} leaves no training sample of {len(of_a_class)}")
    if meta_split == "train":
        leave = 0 if chosen.keep_meta_in_train else 1  # a class without a training sample would be no class
        faults += meta_faults(images.labels[of_a_class], len(images.classes), chosen.meta_size, leave=leave)
        left = len(of_a_class) - chosen.tuning_samples
        if 0 < left == chosen.meta_size and not chosen.keep_meta_in_train:
            faults.append(f"data.meta_size {chosen.meta_size} leaves no training sample of {left}")
    if noise.kind == "human":
        with noted(faults):
            human_column(noise, images.given)
    return faults


def _meta(
    images: ImageSet, pool: np.ndarray, settings: Settings, split: str | None, *, asked: bool, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Numbers (n,) that train and (m,) that judge: a class-balanced part of the split (`draw_meta`), or all of it.

    All of the split meta, if no size was asked for, and of val, if it is not larger than `data.meta_size`.
    """
    classes, chosen = len(images.classes), settings.data
    if split == "train":
        foreign = np.isin(pool, images.foreign)
        may_judge = pool[~foreign]
        rest, meta = draw_meta(images.labels[may_judge], classes, chosen.meta_size, seed)
        train = pool if chosen.keep_meta_in_train else np.concatenate([may_judge[rest], pool[foreign]])
        return train, may_judge[meta]
    meta = images.indices(split) if split else pool[:0]
    if chosen.meta_size < len(meta) and (asked or split == "val"):
        meta = meta[draw_meta(images.labels[meta], classes, chosen.meta_size, seed)[1]]
    return (np.union1d(pool, meta) if split == META and chosen.keep_meta_in_train else pool), meta


def _corrupted(
    images: ImageSet, index: np.ndarray, drawn_from: np.ndarray | None, noise: LabelNoise, seed: int
) -> tuple[np.ndarray, NoisyLabels, np.ndarray | None]:
    """Noisy labels (n,) of the samples `index`, the record of what was drawn, and (n,) the mistake of each, if any.

    drawn_from: the samples the meta set was taken out of. The noise then goes on in the stream that drew it, as in the
    released CIFAR code; without (None) it starts a stream of its own, as in the released ISIC2019 code.
    Noise by the images reads those of `index` alone, and refuses sets too large for the memory (`FileStore`).
    Mistakes are planted among the samples of `index` alone, in the order of their numbers.
    """
    if noise.kind == "instance":
        drawn_from = None
    elif noise.kind == "mistakes":
        drawn_from = np.sort(index)
    samples = index if drawn_from is None else drawn_from
    order = _places(samples, index)
    noisy = corrupt_labels(
        images.labels[samples],
        len(images.classes),
        noise,
        seed=seed,
        images=images.images(samples) if noise.kind == "instance" and isinstance(images.store, ArrayStore) else None,
        given={name: column[samples] for name, column in images.given.items()},
        order=None if drawn_from is None else order,
        class_names=images.classes,
        pictures=_pictures(images, samples, noise) if noise.mistakes else None,
    )
    return noisy.given[order], noisy, None if noisy.planted is None else noisy.planted.kind[order]


def _pictures(images: ImageSet, samples: np.ndarray, noise: LabelNoise) -> Pictures:
    """What the pictures of `samples` are; which of them are the same, where the noise asks for it."""
    plain = Pictures.plain(len(samples))
    same = identical_pictures(images, samples) if "duplicates" in noise.mistakes else plain.copy_of
    return Pictures(same, np.isin(samples, images.foreign))


def _places(samples: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Positions in `samples` (n,) of the numbers `wanted` (m,), which are all in it."""
    by_number = np.argsort(samples)
    return by_number[np.searchsorted(samples, wanted, sorter=by_number)]
