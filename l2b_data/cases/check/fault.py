"""What can be wrong with data: the kinds of findings, and one finding."""

from dataclasses import dataclass

KINDS = {
    "missing": "a case without image, channel or mask",
    "unreadable": "a file that is truncated, damaged, no image, or of several channels",
    "geometry": "channels, image and mask, or clean and given mask on different grids",
    "labels": "mask values that dataset.json does not name, or that do not say what they mean",
    "not_finite": "NaN or infinite voxels",
    "duplicate": "two cases of one split with the same image",
    "leakage": "the same case, the same image or the same group in two splits",
    "noise": "noisy masks that do not fit the data set: changed files, other clean masks, not the training cases",
    "review": "reviewed masks that are not as `apply` wrote them, or not of all training cases",
    "count": "dataset.json counts another number of cases than the split holds, or cases differ in channels",
    "empty_mask": "warning: a mask without foreground",
    "soft_mask": "warning: masks of two values with greys along their edges, which are cut at half",
    "reading": "warning: a file whose header contradicts itself, or whose values had to be interpreted",
    "same_mask": "warning: one mask for several images",
    "whole_image": "warning: a mask that covers nearly all of its image, or its border",
    "unlike_mask": "warning: a mask whose place or size is far from the other masks'",
    "alike_ids": "warning: cases whose ids are of one patient, as it seems, in two parts of the split",
    "plane": "warning: an axis of thick slices that lies inside the slices as they are cut",
    "rare_value": "warning: a mask value that one mask alone holds",
    "absent_class": "warning: a class of dataset.json that no mask holds",
    "constant_image": "warning: an image with one value throughout",
    "spacing": "warning: a file without spacing, or a spacing far from the other cases'",
    "size": "warning: slices far larger or smaller than the other cases'",
    "orientation": "warning: axes that run another way than in most cases",
    "unlisted": "warning: a file that belongs to no case of the split",
}
WARNINGS = tuple(kind for kind, text in KINDS.items() if text.startswith("warning:"))


@dataclass(frozen=True)
class Fault:
    """One finding; `kind` is a key of KINDS, `case` is None where it concerns the whole data set."""

    kind: str
    case: str | None
    path: str
    message: str

    @property
    def is_warning(self) -> bool:
        return self.kind in WARNINGS
