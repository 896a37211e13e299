"""Class probabilities of images without labels."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from l2b_cls.prediction.classifier import BATCH, Classifier, probabilities_of
from l2b_data.errors import ConfigError, DataError
from l2b_data.files.hidden import visible_files
from l2b_data.files.table import table_text
from l2b_data.images.picture_8bit import (
    PICTURE_SUFFIXES,
    is_picture,
    printable_name,
    read_picture,
    resize,
    resize_shorter_side,
)
from l2b_data.samples.image_set import INFO, open_image_set

Split = Literal["train", "val", "test", "all"]
_GREY = 8  # levels by which the channels of a grey picture saved as colour may differ


@dataclass(frozen=True)
class Predictions:
    """n images by name, their probabilities (n, K) float64 for `classes`; failed: name -> what is wrong with it."""

    names: list[str]
    probabilities: np.ndarray = field(repr=False)
    classes: list[str]
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def predicted(self) -> np.ndarray:
        """(n,) int64, the most probable class, of equal ones the first."""
        return self.probabilities.argmax(1)

    def as_csv(self) -> str:
        """Columns name, predicted (the class's name), and of each class p_NAME, with all digits."""
        predicted = [self.classes[best] for best in self.predicted.tolist()]
        rows = zip(self.names, predicted, self.probabilities.tolist(), strict=True)
        columns = ("name", "predicted", *(f"p_{name}" for name in self.classes))
        return table_text(columns, ((name, best, *row) for name, best, row in rows))


def predict(
    classifier: Classifier, source: Path, *, split: Split = "test", say: Callable[[str], None] = lambda line: None
) -> Predictions:
    """Predict an image, a folder of images (with all below it), or a split of a prepared set.

    A picture is brought to the size of the training images as `prepare` does it. A grey one is fine for a network that
    was trained on colour; a colour one for a network of grey images only where `prepare --grey` made those. Pictures
    that cannot be read, or whose name is no UTF-8, are `failed`. `say` gets lines "[3/36] name".
    Raises DataError where there is nothing to predict, ConfigError for a prepared set of other channels.
    """
    classes = list(classifier.settings.task.classes)
    if (source / INFO).is_file():
        images = open_image_set(source)
        if images.channels != classifier.settings.task.channels:
            trained = f"the run was trained on {classifier.settings.task.channels}"
            raise ConfigError(f"{source}: images of {images.channels} channels; {trained}")
        index = np.arange(len(images)) if split == "all" else images.indices(split)
        if not len(index):
            raise DataError(f"{source}: no sample in split {split}; choose another with --split, or all")
        names = [images.names[one] for one in index.tolist()]
        return Predictions(names, probabilities_of(classifier, images, index, say=say), classes)
    return _predict_pictures(classifier, find_pictures(source), classes, say)


def predict_together(
    members: Sequence[Classifier],
    source: Path,
    *,
    split: Split = "test",
    say: Callable[[str], None] = lambda line: None,
) -> Predictions:
    """Mean of the members' probabilities, each as `predict` gives them; of one member, its own.

    An image that fails for one of them is `failed`. Members as `load_ensemble` opens them: their classes are the same.
    """
    found = [predict(member, source, split=split, say=say) for member in members]
    failed = {name: message for one in found for name, message in one.failed.items()}
    kept = [name for name in found[0].names if name not in failed]
    mean = np.mean([one.probabilities[np.isin(one.names, kept)] for one in found], axis=0)
    return Predictions(kept, mean, found[0].classes, failed)


def find_pictures(source: Path) -> dict[str, Path]:
    """Name (path below `source`) -> file, sorted. Raises DataError where there is no picture."""
    if source.is_file():
        if not is_picture(source):
            raise DataError(f"{source}: no image by its name; known are {', '.join(PICTURE_SUFFIXES)}")
        return {source.name: source}
    if not source.is_dir():
        raise DataError(f"{source}: no such file or folder")
    found = [path for path in visible_files(source, deep=True) if is_picture(path)]
    if not found:
        raise DataError(f"{source}: neither a prepared set nor an image in it ({', '.join(PICTURE_SUFFIXES)})")
    return {path.relative_to(source).as_posix(): path for path in found}


def stored_picture(classifier: Classifier, path: Path) -> np.ndarray:
    """Pixels (H, W, C) uint8 of a picture as the run's data set stores its images. Raises DataError."""
    task = classifier.settings.task
    pixels = read_picture(path, channels=3)
    if task.channels == 1:
        if not task.colour_as_grey and int(np.ptp(pixels, axis=2).max()) > _GREY:
            raise DataError(f"{path}: a colour image; the run was trained on grey ones: convert it if that is meant")
        pixels = read_picture(path, channels=1)
    size = (task.size[0], task.size[1])
    return resize_shorter_side(pixels, size) if classifier.settings.augmentation.fit == "crop" else resize(pixels, size)


def _predict_pictures(
    classifier: Classifier, pictures: dict[str, Path], classes: list[str], say: Callable[[str], None]
) -> Predictions:
    names, failed, every = list[str](), dict[str, str](), list(pictures)
    parts = [np.zeros((0, len(classes)))]
    for start in range(0, len(every), BATCH):
        found = []
        for number, name in enumerate(every[start : start + BATCH], start + 1):
            say(f"[{number}/{len(every)}] {printable_name(name)}")
            try:
                if name != printable_name(name):
                    raise DataError(f"{printable_name(name)}: a name that is not UTF-8; rename it")
                found.append(stored_picture(classifier, pictures[name]))
                names.append(name)
            except DataError as error:
                failed[printable_name(name)] = str(error)
        if found:
            parts.append(classifier.probabilities(np.stack(found)))
    return Predictions(names, np.concatenate(parts), classes, failed)
