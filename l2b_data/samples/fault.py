"""What can be wrong with a prepared set: the kinds of findings, and one finding."""

from dataclasses import dataclass

KINDS = {
    "format": "no prepared set: files missing or damaged, labels out of range, lengths that differ",
    "unreadable": "an image file that is absent, truncated or damaged",
    "leakage": "the same image or the same group in two splits",
    "absent_class": "a class without a training image",
    "empty_split": "no image to train on, or none to test on",
    "duplicate": "warning: several images of one split with the same pixels",
    "contradiction": "warning: the same pixels under two labels within one split",
    "alike_classes": "warning: class names that differ in letter case or spaces alone",
    "alike_ids": "warning: images whose names are of one patient, as it seems, in two splits",
    "few_images": "warning: a class with few training images, or without test images",
    "constant_image": "warning: an image with one value throughout",
    "name": "warning: a name that several images share",
    "label_set": "warning: a further label set that has labels for a part of the training images only",
}
WARNINGS = tuple(kind for kind, text in KINDS.items() if text.startswith("warning:"))


@dataclass(frozen=True)
class Fault:
    """One finding; `kind` is a key of KINDS, `image` is None where it concerns the whole set."""

    kind: str
    image: str | None
    message: str

    @property
    def is_warning(self) -> bool:
        return self.kind in WARNINGS
