"""Small DICOM series, written slice by slice."""

import numpy as np
import SimpleITK as sitk

from l2b_data.images.volume import Volume

TURNED = (0.8, -0.6, 0.0, 0.6, 0.8, 0.0, 0.0, 0.0, 1.0)


def ct_volume(depth=5, *, seed=0):
    """A CT of (depth, 12, 16) int16 on an oblique grid."""
    values = np.random.default_rng(seed).integers(-1000, 1000, (depth, 12, 16)).astype(np.int16)
    return Volume(values, (3.0, 0.7, 0.5), (-10.0, 20.0, 30.0), TURNED)


def write_series(folder, volume, *, uid="1.2.3.4", suffix=".dcm", leave_out=(), tilt=0.0, start=0, **tags):
    """A file a slice, named against their order; tags: "t0010_0010" -> value. Returns their paths in slice order."""
    folder.mkdir(parents=True, exist_ok=True)
    writer, paths = sitk.ImageFileWriter(), []
    writer.KeepOriginalImageUIDOn()
    matrix = np.reshape(volume.direction, (3, 3))
    for number, pixels in enumerate(volume.array):
        position = volume.origin + number * (matrix[:, 2] * volume.spacing_mm[0] + (0, tilt, 0))
        image = sitk.GetImageFromArray(pixels, isVector=pixels.ndim == 3)
        image.SetSpacing(volume.spacing_mm[:0:-1])
        said = {"t0008_0060": "CT", "t0020_000e": uid, "t0020_000d": "1.2.3", "t0010_0010": "Doe^Jane"} | tags
        said |= {"t0020_0032": _text(position), "t0020_0037": _text(matrix[:, :2].T.ravel())}
        for key, value in said.items():
            image.SetMetaData(key[1:].replace("_", "|"), value)
        paths.append(folder / f"IM{start + len(volume.array) - number:04d}{suffix}")
        if number not in leave_out:
            writer.SetFileName(f"{paths[-1]}.dcm")
            writer.Execute(image)
            paths[-1].with_name(f"{paths[-1].name}.dcm").rename(paths[-1])
    return paths


def _text(numbers):
    return "\\".join(f"{number:.6f}" for number in numbers)
