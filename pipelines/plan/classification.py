"""How classification runs are planned: noise of the labels, samples, and the settings the images fill in."""

from pathlib import Path

from data_prep.label_noise.parse import LabelNoise, parse_noise
from l2b_cls.config import Settings
from l2b_cls.networks.network_of import network_of
from l2b_cls.recipe import load_settings, read_settings
from l2b_cls.run import filled_in, run_training
from l2b_cls.run_data import RunData, read_run_data
from l2b_data.errors import ConfigError
from l2b_data.samples.image_set import open_image_set
from l2b_data.samples.reviewed_labels import read_reviewed_labels
from pipelines.plan.derive_samples import SampleCounts, derive_samples
from pipelines.plan.derived import filled
from pipelines.plan.exclude import exclude_samples, read_excluded, require_known
from pipelines.plan.request import Planner, Say, TrainRequest
from pipelines.plan.reviewed import with_reviewed
from pipelines.plan.samples import resolve_images


def _noise(request: TrainRequest, default: str | None) -> tuple[LabelNoise, str]:
    if request.labels is not None:
        return parse_noise("none"), Path(request.labels).stem
    noise = parse_noise(request.noise or default or "none")
    return noise, str(noise).replace(":", "-").replace(",", "-")


def _resolve(
    data: Path, request: TrainRequest, settings: Settings, noise: LabelNoise, say: Say
) -> tuple[Settings, RunData]:
    images = open_image_set(data)
    named = require_known(read_excluded(request, say, "sample"), images.names, images.root, "sample")
    reviewed = None if request.labels is None else read_reviewed_labels(Path(request.labels), images)
    found = resolve_images(
        images,
        settings,
        noise,
        noise_seed=request.noise_seed,
        meta_size_asked=any(override.startswith("data.meta_size=") for override in request.overrides),
        say=say,
    )
    if reviewed is not None:
        found = with_reviewed(found, reviewed, settings, say=say)
    if named:
        found = exclude_samples(found, named)
    derived = derive_samples(SampleCounts(len(found.train), len(found.meta)), settings)
    settings = filled_in(filled(settings, derived, say) if derived else settings, found)
    if settings.network.weights is not None or settings.network.architecture.startswith("timm/"):
        network_of(settings)  # weights that do not fit, and unknown names, are found before anything is written
    return settings, found


def _reopen(run: Path, moved: Path | None, settings: Settings, say: Say) -> RunData:
    data = read_run_data(run, moved)
    if (settings.task.classes, settings.task.channels) != (data.images.classes, data.images.channels):
        raise ConfigError(f"{data.images.root} has other channels or classes than {run / 'config.yaml'}: train anew")
    return data


CLASSIFICATION = Planner(
    package="l2b_cls",
    kind="classification",
    wanted="a prepared data set (`l2b-cls prepare`)",
    files=("config.yaml", "split.json", "noisy_labels.csv"),
    score=("test_accuracy", "accuracy"),
    load_settings=load_settings,
    read_settings=read_settings,
    noise=_noise,
    resolve=_resolve,
    reopen=_reopen,
    run_training=run_training,
)
