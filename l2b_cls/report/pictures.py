"""The pictures of a run's training samples, as a page holds them."""

import base64
import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from l2b_cls.report.run_record import RunRecord
from l2b_data.errors import L2BError
from l2b_data.samples.image_set import ImageSet, open_image_set

_MAX_SIDE = 160  # pixels a side of a picture in the page


def trained_images(run: RunRecord) -> tuple[ImageSet | None, str]:
    """The data set a run was trained on; None and a note for the page where it has gone or is another one."""
    path, labels = run.split.get("dataset"), run.labels
    if not isinstance(path, str):
        return None, "No pictures: the run does not say where its data set is."
    try:
        found = open_image_set(path)
    except L2BError as error:
        return None, f"No pictures: {str(error).splitlines()[0]}"
    if labels is not None and (labels.index.max() >= len(found) or labels.given.max() >= len(found.classes)):
        return None, f"No pictures: {path} is not the data set of this run any more."
    return found, ""


def picture_uris(images: ImageSet | None, indices: Sequence[int]) -> list[str | None]:
    """`png_uri` of each; None for all where there are no images, or one of them cannot be read."""
    try:
        found = None if images is None else images.images(np.asarray(indices, np.int64))
    except L2BError:
        found = None
    return [None] * len(indices) if found is None else [png_uri(picture) for picture in found]


def png_uri(picture: np.ndarray) -> str:
    """A picture (H, W, 1 or 3) uint8 as a PNG data URI of at most _MAX_SIDE pixels a side."""
    image = Image.fromarray(picture[:, :, 0] if picture.shape[2] == 1 else picture)
    image.thumbnail((_MAX_SIDE, _MAX_SIDE), Image.Resampling.LANCZOS)
    content = io.BytesIO()
    image.save(content, format="png", optimize=True)
    return "data:image/png;base64," + base64.b64encode(content.getvalue()).decode("ascii")
