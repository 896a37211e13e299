"""`l2b-seg prepare folder | msd | nnunet | isic-lesions`: the user's own data."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from l2b_cli.seg import prepare_options as options
from l2b_cli.shared.say import stderr_lines

if TYPE_CHECKING:
    from l2b_data.cases.dataset import Dataset

Folder = Annotated[Path, typer.Argument(help="Folder that holds dataset.json.")]


def folder(
    images: Annotated[
        list[str],
        typer.Option(help="Folder, or a quoted pattern with * for the case id ('*/t2.nii.gz'); repeat for channels."),
    ],
    labels: Annotated[str, typer.Option(help="Folder or pattern of the masks.")],
    out: options.Out,
    meta_cases: options.MetaCases = None,
    meta_count: options.MetaCount = 3,
    test_cases: options.TestCases = None,
    test_fraction: options.TestFraction = 0.2,
    groups: options.Groups = None,
    group_regex: options.GroupRegex = None,
    label_values: options.LabelValuesText = None,
    channels: Annotated[str | None, typer.Option(help="NAME,NAME of the channels.", show_default=False)] = None,
    exclude: Annotated[str | None, typer.Option(help="ID,ID: cases to leave out.", show_default=False)] = None,
    given: Annotated[
        str | None,
        typer.Option(
            help="Masks to train on, where --labels are clean ones: they go to labelsTr_given.", show_default=False
        ),
    ] = None,
    grey: Annotated[bool, typer.Option("--grey", help="Read colour pictures as grey.")] = False,
    spacing_unit: options.SpacingUnit = "auto",
    name: Annotated[str | None, typer.Option(help="Name of the data set (default: of --out).")] = None,
    seed: options.Seed = 0,
    as_json: options.AsJson = False,
) -> None:
    """Your own images and masks: png, jpg (images only), tif, nii, nii.gz, mha, mhd, nrrd.

    A case is an image and its mask of the same name; masks may end in _segmentation, _mask, _label or _seg, images in
    _0000, _0001, ... for their channels. The masks are taken as given: those of train cases may be wrong, those of
    meta and test cases count as clean. Every fault of every case is listed in one message, and nothing is written then.
    """
    from data_prep.mask_sets.folder import prepare_folder

    with stderr_lines("prepare") as say:
        dataset = prepare_folder(
            images,
            labels,
            out,
            split=options.split_options(meta_cases, meta_count, test_cases, test_fraction, seed),
            groups_file=groups,
            group_regex=group_regex,
            label_values=options.parsed_values(label_values),
            channels=options.names(channels) or None,
            exclude=options.names(exclude),
            grey=grey,
            given=given,
            spacing_unit=spacing_unit,
            name=name,
            say=say,
        )
    options.print_result(dataset, as_json)


def _described(prepare: Callable[[], "Callable[..., Dataset]"], about: str) -> Callable[..., None]:
    """The command of a layout with a dataset.json; `prepare` imports what prepares it, `about` is its help."""

    def command(
        source: Folder,
        out: options.Out,
        meta_cases: options.MetaCases = None,
        meta_count: options.MetaCount = 3,
        test_cases: options.TestCases = None,
        test_fraction: options.TestFraction = 0.2,
        groups: options.Groups = None,
        group_regex: options.GroupRegex = None,
        label_values: options.LabelValuesText = None,
        spacing_unit: options.SpacingUnit = "auto",
        seed: options.Seed = 0,
        as_json: options.AsJson = False,
    ) -> None:
        prepare_layout = prepare()
        with stderr_lines("prepare") as say:
            dataset = prepare_layout(
                source,
                out,
                split=options.split_options(meta_cases, meta_count, test_cases, test_fraction, seed),
                groups_file=groups,
                group_regex=group_regex,
                label_values=options.parsed_values(label_values),
                spacing_unit=spacing_unit,
                say=say,
            )
        options.print_result(dataset, as_json)

    command.__doc__ = about
    return command


def _prepare_msd() -> "Callable[..., Dataset]":
    from data_prep.mask_sets.msd import prepare_msd

    return prepare_msd


def _prepare_nnunet() -> "Callable[..., Dataset]":
    from data_prep.mask_sets.nnunet import prepare_nnunet

    return prepare_nnunet


msd = _described(
    _prepare_msd,
    "Medical Segmentation Decathlon: dataset.json with training pairs; modalities of 4-D images become channels.",
)
nnunet = _described(
    _prepare_nnunet,
    "nnU-Net raw folder (imagesTr, labelsTr, dataset.json), whatever its file ending. imagesTs is left out.",
)


def isic_lesions(
    images: Annotated[Path, typer.Option(help="Folder or zip with ISIC_NNNNNNN.jpg.")],
    masks: Annotated[Path, typer.Option(help="Folder or zip with ISIC_NNNNNNN_segmentation.png.")],
    out: options.Out,
    metadata: Annotated[
        Path | None, typer.Option(help="Table (.csv) with the lesion_id of each image; no lesion is split.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many cases, drawn by lesion.")] = None,
    meta_cases: options.MetaCases = None,
    meta_count: options.MetaCount = 20,
    test_cases: options.TestCases = None,
    test_fraction: options.TestFraction = 0.2,
    seed: options.Seed = 0,
    as_json: options.AsJson = False,
) -> None:
    """Dermoscopy images with lesion masks (ISIC, HAM10000); masks of another size are fitted to their image's grid."""
    from data_prep.mask_sets.isic_lesions import prepare_isic_lesions

    with stderr_lines("prepare") as say:
        dataset = prepare_isic_lesions(
            images,
            masks,
            out,
            split=options.split_options(meta_cases, meta_count, test_cases, test_fraction, seed),
            metadata=metadata,
            limit=limit,
            say=say,
        )
    options.print_result(dataset, as_json)
