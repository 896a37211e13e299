"""`l2b-cls prepare`: images and labels as published -> prepared set."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from typer import Option

from l2b_cli.cls.prepare.options import ClassNames, SkipAbsent, Split, Workers, print_prepared, run_prepare
from l2b_cli.shared.options import AsJson, Download, DownloadDir, PreparedOut, names, spread
from l2b_cli.shared.say import stderr_lines
from l2b_data.errors import ConfigError


def _cifar(number: int) -> Callable[..., None]:
    """The command of CIFAR-`number`."""

    def cifar(
        out: PreparedOut,
        source: Annotated[Path | None, Option(help="The published .tar.gz, or the folder it unpacks to.")] = None,
        download: Download = False,
        human_labels: Annotated[Path | None, Option(help="Human labels of CIFAR-N (.pt), as human_...")] = None,
        download_dir: DownloadDir = None,
        base_url: Annotated[str | None, Option(envvar="L2B_CIFAR_URL", hidden=True)] = None,
        as_json: AsJson = False,
    ) -> None:
        from data_prep.label_sets.cifar import prepare_cifar
        from data_prep.label_sets.cifar_files import BASE_URL, CIFAR10, CIFAR100, fetch_cifar
        from l2b_data.files.cache import cache_dir
        from l2b_data.samples.write_image_set import require_free

        if (source is not None) == download:
            raise ConfigError(f"prepare cifar{number}: give either --source ARCHIVE_OR_FOLDER or --download")
        require_free(out)
        files = CIFAR10 if number == 10 else CIFAR100
        if source is None:
            with stderr_lines("download") as say:
                source = fetch_cifar(files, download_dir or cache_dir(), base_url=base_url or BASE_URL, say=say)
        run_prepare(prepare_cifar, files, source, out, human_labels=human_labels, as_json=as_json)

    cifar.__name__ = f"cifar{number}"
    cifar.__doc__ = f"CIFAR-{number} (python version), with CIFAR-{number}N's human labels if given."
    return cifar


cifar10, cifar100 = _cifar(10), _cifar(100)


@spread
def isic2019(
    out: PreparedOut,
    images: Annotated[Path, Option(help="Folder or zip of the .jpg files.")],
    labels: Annotated[Path, Option(help="ISIC_2019_Training_GroundTruth.csv.")],
    split: Split,
    metadata: Annotated[Path | None, Option(help="ISIC_2019_Training_Metadata.csv: keeps lesions together.")] = None,
    lists: Annotated[Path | None, Option(help="Folder with train.lst, test.lst, perhaps val.lst; else drawn.")] = None,
    size: Annotated[int, Option(help="Pixels a side that the images are resized to, once.")] = 256,
    skip_absent: SkipAbsent = False,
    workers: Workers = 2,
    as_json: AsJson = False,
) -> None:
    """ISIC 2019 (dermoscopy): images, one-hot labels, metadata."""
    from data_prep.label_sets.isic2019 import find_lists, prepare_isic2019

    parts = split.drawn() if lists is None else find_lists(lists)
    options = {"size": size, "metadata": metadata, "skip_absent": skip_absent, "workers": workers}
    run_prepare(prepare_isic2019, images, labels, out, split=parts, **options, as_json=as_json)


def clothing1m(
    out: PreparedOut,
    source: Annotated[Path, Option(help="Folder with images/, the key lists and the label files.")],
    size: Annotated[int, Option(help="Shorter side of the images as they are read.")] = 256,
    skip_absent: SkipAbsent = False,
    as_json: AsJson = False,
) -> None:
    """Clothing1M: key lists and label files; the images are read where they are."""
    from data_prep.label_sets.clothing1m import prepare_clothing1m

    run_prepare(prepare_clothing1m, source, out, size=size, skip_absent=skip_absent, as_json=as_json)


def medmnist(
    out: PreparedOut,
    source: Annotated[Path, Option(help="NAME.npz, NAME_64.npz, ... as published.")],
    class_names: ClassNames = None,
    as_json: AsJson = False,
) -> None:
    """A 2-D set of MedMNIST, with its own train, val and test parts."""
    from data_prep.label_sets.medmnist import prepare_medmnist

    print_prepared(prepare_medmnist(source, out, class_names=names(class_names) or None), as_json=as_json)


@spread
def digits(out: PreparedOut, split: Split, as_json: AsJson = False) -> None:
    """Handwritten digits, 8 x 8, that come with scikit-learn: no download."""
    from data_prep.label_sets.digits import prepare_digits

    print_prepared(prepare_digits(out, shares=split.drawn()), as_json=as_json)
