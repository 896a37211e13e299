"""A volume as a file of any readable suffix, .mhd as well, which the package reads and does not write."""

from pathlib import Path

import SimpleITK as sitk

from l2b_data.images.volume import Volume, write_volume


def write_any(volume: Volume, path: Path) -> None:
    if path.suffix != ".mhd":
        write_volume(volume, path)
        return
    image = sitk.GetImageFromArray(volume.array)
    image.SetSpacing(volume.spacing_mm[::-1])
    image.SetOrigin(volume.origin)
    image.SetDirection(volume.direction)
    sitk.WriteImage(image, str(path))
