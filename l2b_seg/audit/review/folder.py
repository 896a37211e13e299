"""A folder of every audited case to look at and to correct in ITK-SNAP or 3D Slicer."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from l2b_data.cases.dataset import Dataset
from l2b_data.cases.label_map import case_labels, label_values, own_values
from l2b_data.errors import ConfigError
from l2b_data.files.atomic import atomic_folder
from l2b_data.images.volume import read_volume, write_volume
from l2b_seg.audit.masks import AuditedMasks
from l2b_seg.audit.mistakes.mend import mended_labels
from l2b_seg.audit.review.card import class_colours
from l2b_seg.audit.review.difference import DIFFERENCES, difference
from l2b_seg.audit.review.label_files import MOST, Named, itksnap_labels, slicer_colours
from l2b_seg.audit.review.proposals import proposal_path

_README = """Masks of the audit of {run}, to look at and to correct.

A folder a case, each file on the case's own grid:
  image.nii.gz       the image; of several channels image_0000.nii.gz, image_0001.nii.gz, ...
  given.nii.gz       the given mask
  proposal.nii.gz    what the judge proposes instead; a suggestion, not a corrected mask
  mend.nii.gz        the given mask with its mistake undone, where that is possible
  difference.nii.gz  {differences}

Values of the masks: {values}.

labels.txt, difference.txt    label descriptions for ITK-SNAP (Segmentation > Import Label Descriptions)
labels.ctbl, difference.ctbl  colour tables for 3D Slicer
ITK-SNAP: itksnap -g CASE/image.nii.gz -s CASE/given.nii.gz -l labels.txt

The cases, the most suspicious first (rank, score, case, diagnosis):
"""


def refuse_filled(folder: Path) -> None:
    """ConfigError where the folder of a review is there already and holds anything."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"--export-review {folder}: already there and not empty; choose another folder or remove it")


def export_review(masks: AuditedMasks, result: Mapping[str, Any], audit: Path, out: Path) -> None:
    """Write `out`: image, given mask, proposal, mend and difference of every case, names and colours, README.txt.

    result: what goes into audit.json. audit: folder of its proposals. Masks have the values of the user's own, where
    these start at 0 and fit ITK-SNAP, else 0, 1, ..., n. The folder is whole or absent. Raises ConfigError where it is
    there already, DataError where a file has gone.
    """
    refuse_filled(out)
    dataset, values = masks.dataset, shown_values(masks.dataset)
    named = list(zip(values[1:], dataset.classes, class_colours(len(dataset.classes)), strict=True))
    differences = [(kind, name, colour) for kind, (name, colour) in DIFFERENCES.items()]
    with atomic_folder(out, flush=True) as folder:
        for row in result["cases"]:
            _write_case(masks, row, audit, folder / row["case"], plane=result["plane"], values=values)
        for stem, labels in (("labels", named), ("difference", differences)):
            (folder / f"{stem}.txt").write_text(itksnap_labels(labels), encoding="utf-8")
            (folder / f"{stem}.ctbl").write_text(slicer_colours(labels), encoding="utf-8")
        (folder / "README.txt").write_text(_readme(result, named, differences), encoding="utf-8")


def shown_values(dataset: Dataset) -> list[int]:
    """What stands for the labels 0 ... n in the masks of a review."""
    own = dataset.values
    return own if own[0] == 0 and min(own) >= 0 and max(own) <= MOST else list(range(len(own)))


def _write_case(
    masks: AuditedMasks, row: dict[str, Any], audit: Path, folder: Path, *, plane: str | None, values: Sequence[int]
) -> None:
    dataset, case = masks.dataset, row["case"]
    folder.mkdir()
    paths = dataset.image_paths(case)
    for number, path in enumerate(paths):
        shutil.copyfile(path, folder / ("image.nii.gz" if len(paths) == 1 else f"image_{number:04d}.nii.gz"))
    given, path = case_labels(dataset, case, masks.folders[case]), proposal_path(audit, case)
    proposal = label_values(path, read_volume(path).array, dataset.values)
    found = {"given": own_values(given.array, values), "proposal": own_values(proposal, values)}
    if row["mend"]:
        found["mend"] = own_values(mended_labels(masks, row, audit, plane), values)
    found["difference"] = difference(given.array, proposal)
    for name, array in found.items():
        write_volume(given.with_array(array), folder / f"{name}.nii.gz", flush=False)


def _readme(result: Mapping[str, Any], named: Named, differences: Named) -> str:
    lines = [
        f"{row['rank']:4}  {row['score']:.3f}  {row['case']}{'  judge unsure' if row['unsure'] else ''}"
        + (f"  {row['said']}" if row["said"] else "")
        for row in result["cases"]
    ]
    values = ", ".join(["0 background", *(f"{value} {name}" for value, name, _ in named)])
    kinds = ", ".join(f"{value} {name} in the given mask" for value, name, _ in differences)
    return _README.format(run=result["run"], values=values, differences=f"0 the same, {kinds}") + "\n".join(
        [*lines, ""]
    )
