"""A run as a MONAI bundle: TorchScript, configs that `python -m monai.bundle run` takes, and a page for readers."""

from pathlib import Path
from typing import Any

import torch

from l2b_data.cases.dataset import MAX_CLASSES
from l2b_data.errors import ConfigError
from l2b_data.files.atomic import atomic_folder, write_json, write_text
from l2b_data.files.extras import package_version
from l2b_seg.export.metadata import run_metadata
from l2b_seg.export.model_card import model_card
from l2b_seg.export.volume_network import write_scripted
from l2b_seg.prediction.predictor import Predictor, load_run

FILES = ("configs/metadata.json", "configs/inference.json", "models/model.ts", "docs/README.md")
COMMAND = (
    "python -m monai.bundle run --config_file BUNDLE/configs/inference.json --bundle_root BUNDLE "
    "--dataset_dir IMAGES --output_dir MASKS"
)
_LETTERS = [["L", "R"], ["P", "A"], ["I", "S"]]  # of MONAI's axes, which run to the right, the front and the head
_NAMED = (  # CASE of the image's file, whatever its ending
    "$lambda meta, saver: {'subject': os.path.basename(meta['filename_or_obj']).removesuffix('.gz')"
    ".removesuffix('.nii').removesuffix('.png').removesuffix('_0000'), 'idx': None}"
)
_PACKAGES = ("nibabel", "pillow", "fire")


def export_bundle(run: Path, out: Path) -> dict[str, Any]:
    """Write FILES into the new folder `out`, whole or not at all; COMMAND then needs MONAI and `fire`, nothing of ours.

    Returns folder, files and bytes. Raises ConfigError: `out` is a file, or a folder with something in it; DataError:
    `run` is no finished run, or a file of it is damaged; L2BError: `out` cannot be written.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigError(f"--bundle {out} is there already; name a new folder, or empty it")
    described, predictor = run_metadata(run), load_run(run, "cpu")
    with atomic_folder(out) as temporary:
        (temporary / "models").mkdir()
        write_scripted(predictor, temporary / "models" / "model.ts")
        write_json(temporary / "configs" / "metadata.json", _metadata(described, predictor))
        write_json(temporary / "configs" / "inference.json", inference(predictor))
        write_text(temporary / "docs" / "README.md", _page(described, predictor))
    return {"folder": str(out), "files": list(FILES), "bytes": sum((out / name).stat().st_size for name in FILES)}


def inference(predictor: Predictor) -> dict[str, Any]:
    """configs/inference.json: images of a folder -> masks in another, on their own grids, in the user's values."""
    task, plane = predictor.task, predictor.options.plane
    values = list(task.values or range(len(task.classes) + 1))
    orient = [{"_target_": "Orientationd", "keys": "image", "axcodes": plane, "labels": _LETTERS}] if plane else []
    back = [{"_target_": "Invertd", "keys": "pred", "orig_keys": "image", "transform": "@preprocessing"}]
    decide = "$lambda x: (x > 0.5).float()" if task.binary else "$lambda x: x.argmax(0, keepdim=True).float()"
    labels = list(range(len(values)))
    own = {"_target_": "MapLabelValued", "keys": "pred", "orig_labels": labels, "target_labels": values}
    steps: list[dict[str, Any]] = [*(back if orient else []), {"_target_": "Lambdad", "keys": "pred", "func": decide}]
    steps += [] if values == labels else [own]
    return {
        "imports": ["$import glob", "$import monai", "$import numpy", "$import os", "$import torch"],
        "bundle_root": ".",
        "dataset_dir": "$@bundle_root + '/images'",
        "output_dir": "$@bundle_root + '/eval'",
        "device": "$torch.device('cuda' if torch.cuda.is_available() else 'cpu')",
        "network": "$torch.jit.load(@bundle_root + '/models/model.ts', map_location=@device)",
        "datalist": _datalist(task.channels, pictures=plane is None),
        "preprocessing": {
            "_target_": "Compose",
            "transforms": [{"_target_": "LoadImaged", "keys": "image", "ensure_channel_first": True}, *orient],
        },
        "dataset": {"_target_": "Dataset", "data": "@datalist", "transform": "@preprocessing"},
        "postprocessing": {"_target_": "Compose", "transforms": [*steps, _save(values, pictures=plane is None)]},
        "probabilities": "$lambda image: @network(image.as_tensor()[None].to(@device))[0].cpu()",
        "on_grid": "$lambda image: monai.data.MetaTensor(@probabilities(image), meta=image.meta)",
        "predict": "$lambda item: @postprocessing({**item, 'pred': @on_grid(item['image'])})",
        "run": ["$sum(bool(@predict(item)) for item in @dataset)"],
    }


def _datalist(channels: int, *, pictures: bool) -> str:
    """The images of a folder: a file each, or CASE_0000, CASE_0001, ... together; a picture holds all channels."""
    if pictures:
        return "$[{'image': path} for path in sorted(glob.glob(@dataset_dir + '/*.png'))]"
    if channels == 1:
        return "$[{'image': path} for path in sorted(glob.glob(@dataset_dir + '/*.nii*'))]"
    files = f"[path.replace('_0000.nii', '_%04d.nii' % c) for c in range({channels})]"
    return f"$[{{'image': {files}}} for path in sorted(glob.glob(@dataset_dir + '/*_0000.nii*'))]"


def _save(values: list[int], *, pictures: bool) -> dict[str, Any]:
    small = min(values) >= 0 and max(values) <= MAX_CLASSES
    return {
        "_target_": "SaveImaged",
        "keys": "pred",
        "output_dir": "@output_dir",
        "output_postfix": "mask",
        "output_ext": ".png" if pictures else ".nii.gz",
        "output_dtype": "$numpy.uint8" if small else "$numpy.int32",
        "output_name_formatter": _NAMED,
        "resample": False,
        "separate_folder": False,
    }


def _metadata(described: dict[str, Any], predictor: Predictor) -> dict[str, Any]:
    """configs/metadata.json, by MONAI's schema."""
    task, size = predictor.task, predictor.options.plane is not None
    spatial = ["*", "*", "*"] if size else ["*", "*"]
    names = described["output"]["channels"]
    classes = ", ".join(task.classes)
    return {
        "schema": "https://github.com/Project-MONAI/MONAI-extra-test-data/releases/download/0.8.1/"
        "meta_schema_20240725.json",
        "version": "0.1.0",
        "changelog": {"0.1.0": "exported by l2b-seg"},
        "monai_version": package_version("monai"),
        "pytorch_version": torch.__version__,
        "numpy_version": package_version("numpy"),
        "required_packages_version": {name: version for name in _PACKAGES if (version := package_version(name))},
        "name": f"Segmentation of {classes}",
        "task": f"Segmentation of {classes}",
        "description": f"A UNet++ that marks {classes} slice by slice, its preprocessing inside the network",
        "authors": "",
        "copyright": "",
        "network_data_format": {
            "inputs": {
                "image": {
                    "type": "image",
                    "format": "magnitude",
                    "num_channels": task.channels,
                    "spatial_shape": spatial,
                    "dtype": "float32",
                    "value_range": [],
                    "is_patch_data": False,
                    "channel_def": {str(number): name for number, name in enumerate(described["channels"])},
                }
            },
            "outputs": {
                "pred": {
                    "type": "image",
                    "format": "segmentation",
                    "num_channels": task.outputs,
                    "spatial_shape": spatial,
                    "dtype": "float32",
                    "value_range": [0, 1],
                    "is_patch_data": False,
                    "channel_def": {str(number): name for number, name in enumerate(names)},
                }
            },
        },
        "l2b": described,
    }


def _page(described: dict[str, Any], predictor: Predictor) -> str:
    plane = predictor.options.plane
    images = "*.png" if plane is None else "*.nii or *.nii.gz"
    if predictor.task.channels > 1 and plane is not None:
        images = "CASE_0000.nii.gz, CASE_0001.nii.gz, ..., a file a channel"
    return f"""# MONAI bundle

    {COMMAND}

reads {images} in IMAGES and writes CASE_mask into MASKS. It needs MONAI, nibabel, Pillow and fire.
`models/model.ts` holds the network and all of its preprocessing: slices are scaled, cropped, resized and put back on
the image's own grid inside. On images whose pixels are read alike, its masks are those of `l2b-seg predict`, but for
pixels whose probability is within rounding of the decision. What differs: other formats than these are not read; a
volume of a single slice is turned to the plane of training too; and NaN, unknown channels and the like are not refused.

{model_card(described)}"""
