"""The settings of a classification run: one typed, strict object (made from recipe, preset, method and --set)."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field, PositiveFloat, PositiveInt, field_validator

from l2b_cls.methods.table import METHODS
from l2b_run.settings import shared
from l2b_run.settings.shared import Strict, TrainingSettings
from l2b_run.training.method_settings import with_methods


class TaskSettings(Strict):
    """What is classified: filled in from the data set when a run is planned."""

    classes: list[str] = Field(["0", "1"], min_length=2)
    channels: int = Field(3, ge=1)
    size: list[PositiveInt] = Field([32, 32], min_length=2, max_length=2, description="stored images: height, width")
    colour_as_grey: bool = Field(False, description="one channel, into which `prepare --grey` has read colour images")


class DataSettings(Strict):
    """Which samples train, judge and evaluate."""

    meta_size: int = Field(1000, ge=1, description="clean samples, class-balanced where they are drawn from `train`")
    meta_from: Literal["train", "val"] = "train"
    keep_meta_in_train: bool = Field(False, description="the meta samples also train, under their given labels")
    train_samples: int | None = Field(None, ge=2, description="a class-stratified part of the training samples")
    tuning_samples: int = Field(0, ge=0, description="training samples set aside and evaluated instead of the test set")
    evaluate_on: Literal["test", "val"] = "test"
    balanced_epoch: int = Field(0, ge=0, description="samples an epoch, balanced by given label, drawn anew; 0: all")


ARCHITECTURES = (
    *("small-cnn", "preact-resnet18", "preact-resnet18-stem", "resnet32", "wrn-28-10", "resnet18", "resnet18-cifar"),
    *("resnet50", "efficientnet-lite0"),
)


class NetworkSettings(Strict):
    architecture: str = Field("small-cnn", description="timm/NAME: a network of timm, such as timm/convnext_tiny")
    widths: list[PositiveInt] = Field([24, 48, 96], min_length=1, description="small-cnn alone: channels a block")
    weights: str | None = Field(None, description="file of pretrained weights (.safetensors, .pth), or 'package'")

    @field_validator("architecture")
    @classmethod
    def _known(cls, name: str) -> str:
        if name in ARCHITECTURES or (name.startswith("timm/") and name != "timm/"):
            return name
        raise ValueError(f"one of {', '.join(ARCHITECTURES)}, or timm/NAME")


class AugmentationSettings(Strict):
    """Drawn an image: crop of the padded image, mirroring, rotation, or a resized crop."""

    crop_padding: int = Field(4, ge=0)
    padding_mode: Literal["zeros", "reflect"] = "zeros"
    flip: float = Field(0.5, ge=0, le=1)
    rotation_deg: float = Field(0.0, ge=0, le=180)
    resized_crop: float = Field(1.0, gt=0, le=1, description="smallest share of the area; 1: no resized crop")
    size: int | None = Field(None, ge=8, description="images are brought to size x size; None: as stored")
    meta: Literal["drawn", "none"] = Field(
        "drawn", description="meta samples: augmented like the given ones, or not at all (Clothing1M)"
    )
    fit: Literal["resize", "crop"] = Field(
        "resize", description="how: scaled, or cut out (anywhere in training, else in the middle)"
    )
    mean: list[float] | None = Field(None, description="a channel, of images in [0, 1]; None: of the training samples")
    std: list[PositiveFloat] | None = None


class BootstrapSettings(shared.BootstrapSettings):
    """How alpha and beta are made (l2b), or the weights of l2rw; the defaults are the paper's equations."""

    pseudo_label: Literal["own", "teacher"] = "own"
    mixup_alpha: float | None = Field(None, gt=0, description="l2b on mixed pairs of images (released code: 32)")


class MetaSettings(shared.MetaSettings):
    per_class: int | None = Field(None, ge=1, description="online: at most so many samples a class")
    loss_epochs: int = Field(1, ge=1, description="online: losses averaged over so many epochs (DivideMix at 90 %: 5)")


class ClsSettings(TrainingSettings):
    """Everything a run depends on besides its data and its label noise."""

    task: TaskSettings = TaskSettings()
    data: DataSettings = DataSettings()
    network: NetworkSettings = NetworkSettings()
    augmentation: AugmentationSettings = AugmentationSettings()
    bootstrap: BootstrapSettings = BootstrapSettings()
    meta: MetaSettings = MetaSettings()
    epochs: int = Field(300, ge=1)
    batch_size: int = Field(128, ge=2)
    meta_batch_size: int = Field(128, ge=2)
    label_smoothing: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="share of a target spread over all classes, in plain and clean steps",
    )
    sampling: Literal["epochs", "iid"] = Field("epochs", description="iid: every batch a fresh draw (MW-Net family)")
    log_weights_every: int = Field(1, ge=1, description="epochs between logs of every training sample's weights")

    def faults(self) -> list[str]:
        faults = []
        if self.network.weights == "package" and self.network.architecture != "efficientnet-lite0":
            faults.append(
                f"network.weights 'package' is for efficientnet-lite0; name a file for {self.network.architecture}"
            )
        if (self.augmentation.mean is None) != (self.augmentation.std is None):
            faults.append("augmentation.mean and augmentation.std come together")
        if self.steps_per_epoch is not None and self.sampling != "iid":
            faults.append("steps_per_epoch needs sampling iid; with epochs, an epoch is one pass")
        return faults


if TYPE_CHECKING:
    Settings = ClsSettings
else:
    Settings = with_methods(ClsSettings, METHODS)
