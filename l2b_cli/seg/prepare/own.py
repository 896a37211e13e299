"""`l2b-seg prepare folder | msd | nnunet | isic-lesions`: the user's own data."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from l2b_cli.seg.prepare.options import MetaCount, Reading, Split, run_prepare
from l2b_cli.shared.options import AsJson, PreparedOut, names, spread


@spread
def folder(
    images: Annotated[
        list[str], Option(help="Folder, or a quoted pattern, * the case id ('*/t2.nii.gz'); repeat for channels.")
    ],
    labels: Annotated[str, Option(help="Folder or pattern of the masks.")],
    out: PreparedOut,
    split: Split,
    reading: Reading,
    channels: Annotated[str | None, Option(help="NAME,NAME of the channels.")] = None,
    exclude: Annotated[str | None, Option(help="ID,ID: cases to leave out.")] = None,
    given: Annotated[str | None, Option(help="Masks to train on (labelsTr_given), where --labels are clean.")] = None,
    grey: Annotated[bool, Option("--grey", help="Read colour pictures as grey.")] = False,
    merge_masks: Annotated[bool, Option("--merge-masks", help="Unite CASE_mask_1, ... with CASE_mask.")] = False,
    name: Annotated[str | None, Option(help="Name of the data set (default: of --out).")] = None,
    as_json: AsJson = False,
) -> None:
    """Your own images and masks: png, jpg (masks: black and white), tif, bmp, gif, nii, nii.gz, mha, mhd, nrrd,
    and folders of DICOM slices, a series each.

    A case is an image and its mask of the same name; masks may end in _segmentation, _mask, _label or _seg, images in
    _0000, _0001, ... for their channels. The masks are taken as given: those of train cases may be wrong, those of
    meta and test cases count as clean. Every fault of every case is listed in one message, and nothing is written then.
    """
    from data_prep.mask_sets.folder import prepare_folder

    run_prepare(
        prepare_folder,
        images,
        labels,
        out,
        split=split.drawn(),
        **reading.arguments(),
        channels=names(channels) or None,
        exclude=names(exclude),
        grey=grey,
        given=given,
        merge_masks=merge_masks,
        name=name,
        as_json=as_json,
    )


def _described(name: str, about: str) -> Callable[..., None]:
    """The command `name` of a layout with a dataset.json; `about` is its help."""

    def command(
        source: Annotated[Path, Argument(help="Folder that holds dataset.json.")],
        out: PreparedOut,
        split: Split,
        reading: Reading,
        as_json: AsJson = False,
    ) -> None:
        from data_prep.mask_sets.msd import prepare_msd
        from data_prep.mask_sets.nnunet import prepare_nnunet

        prepare = {"msd": prepare_msd, "nnunet": prepare_nnunet}[name]
        run_prepare(prepare, source, out, split=split.drawn(), **reading.arguments(), as_json=as_json)

    command.__name__, command.__doc__ = name, about
    return spread(command)


msd = _described(
    "msd", "Medical Segmentation Decathlon: dataset.json with training pairs; modalities of 4-D images become channels."
)
nnunet = _described(
    "nnunet", "nnU-Net raw folder (imagesTr, labelsTr, dataset.json), whatever its file ending. imagesTs is left out."
)


@dataclass(frozen=True)
class LesionSplit(Split):
    """Lesion sets are large: more meta cases."""

    meta_count: MetaCount = 20


@spread
def isic_lesions(
    images: Annotated[Path, Option(help="Folder or zip with ISIC_NNNNNNN.jpg.")],
    masks: Annotated[Path, Option(help="Folder or zip with ISIC_NNNNNNN_segmentation.png.")],
    out: PreparedOut,
    split: LesionSplit,
    metadata: Annotated[Path | None, Option(help="Table (.csv) with each image's lesion_id, never split.")] = None,
    limit: Annotated[int | None, Option(min=1, help="At most so many cases, drawn by lesion.")] = None,
    as_json: AsJson = False,
) -> None:
    """Dermoscopy images with lesion masks (ISIC, HAM10000); masks of another size are fitted to their image's grid."""
    from data_prep.mask_sets.isic_lesions import prepare_isic_lesions

    options = {"split": split.drawn(), "metadata": metadata, "limit": limit}
    run_prepare(prepare_isic_lesions, images, masks, out, **options, as_json=as_json)
