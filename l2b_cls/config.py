"""The settings of a classification run: one typed, strict object (made from recipe, preset, method and --set)."""

from typing import Any, Literal

from pydantic import BaseModel, Field, PositiveFloat, PositiveInt, model_validator

from l2b_run.settings.shared import (
    BETWEEN_LABELS,
    CANDIDATES,
    NormalizerName,
    RunSettings,
    SgdSettings,
    Strict,
    one_label_fault,
)

MethodName = Literal[
    "ce",
    "bootstrap-hard",
    "bootstrap-soft",
    "mixup",
    "focal",
    "glc",
    "joint",
    "finetune",
    "l2rw",
    "mwnet",
    "mnwnet",
    "rmnwnet",
    "l2b",
]

NOISY_META: dict[str, dict[str, str]] = {
    "mnwnet": {"source": "given", "loss": "cross_entropy"},
    "rmnwnet": {"source": "given", "loss": "mae"},
}


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


class NetworkSettings(Strict):
    architecture: Literal[
        "small-cnn",
        "preact-resnet18",
        "preact-resnet18-stem",
        "resnet32",
        "wrn-28-10",
        "resnet18",
        "resnet50",
        "efficientnet-lite0",
    ] = "small-cnn"
    widths: list[PositiveInt] = Field([24, 48, 96], min_length=1, description="small-cnn alone: channels a block")
    weights: str | None = Field(None, description="file of pretrained weights (.safetensors, .pth), or 'package'")


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


class OptimizerSettings(SgdSettings):
    lr: float = Field(0.1, gt=0)
    clip_norm: float | None = Field(None, gt=0)
    schedule: Literal["constant", "cosine", "steps"] = Field(
        "cosine", description="cosine: to 0 at the last epoch, a step an epoch; steps: times `gamma` at `milestones`"
    )
    milestones: list[PositiveInt] = Field([])
    gamma: float = Field(0.1, gt=0, le=1)


class BootstrapSettings(Strict):
    """How alpha and beta are made (l2b), or the weights of l2rw; the defaults are the paper's equations."""

    normalize: NormalizerName = "rectified"
    temperature: float = Field(1.0, gt=0)
    lookahead: Literal["optimizer", "none"] = "optimizer"
    pseudo_label: Literal["own", "teacher"] = "own"
    candidates: Literal["both", "given", "pseudo"] = Field("both", description=CANDIDATES)
    supervised_meta_step: bool = False
    judge_decay: float = Field(0.0, ge=0, lt=1, description="moving average of the meta gradient over steps; 0: none")
    mixup_alpha: float | None = Field(None, gt=0, description="l2b on mixed pairs of images (released code: 32)")
    mode: Literal["exact", "fast"] = "exact"


class MetaSettings(Strict):
    """Who judges the weights.

    source "clean": clean samples. "online": training samples whose given labels a mixture model of the losses takes for
    clean (its posterior above `threshold`), chosen anew every epoch after the warm-up. "given": a meta set under its
    given labels. `loss` "mae": 2 (1 - p_y), the mean absolute error of RMNW-Net. Methods mnwnet and rmnwnet are mwnet
    with source "given", rmnwnet with loss "mae" as well: these they bring with them.
    """

    source: Literal["clean", "online", "given"] = "clean"
    threshold: float = Field(0.5, gt=0, lt=1)
    per_class: int | None = Field(None, ge=1, description="online: at most so many samples a class")
    loss_epochs: int = Field(1, ge=1, description="online: losses averaged over so many epochs (DivideMix at 90 %: 5)")
    loss: Literal["cross_entropy", "mae"] = "cross_entropy"


class WeightNetSettings(SgdSettings):
    """MW-Net's weighting function (methods mwnet, mnwnet, rmnwnet): 1 - hidden - 1, of a sample's loss.

    optimizer "adam": of MW-Net's stable release; momentum and nesterov are then without effect.
    """

    hidden: int = Field(100, ge=1)
    optimizer: Literal["sgd", "adam"] = "sgd"
    lr: float = Field(1e-3, gt=0)
    nesterov: bool = True
    weight_norm: Literal["sum1", "none"] = "sum1"


class LossSettings(Strict):
    """bootstrap-hard, bootstrap-soft (Reed et al. 2015), focal, mixup."""

    bootstrap_hard: float = Field(0.8, ge=0, le=1, description="share of the given label in the target")
    bootstrap_soft: float = Field(0.95, ge=0, le=1)
    detach_target: bool = Field(False, description="bootstrap-soft: no gradient through the prediction in the target")
    focal_gamma: float = Field(2.0, ge=0)
    mixup_alpha: float = Field(1.0, gt=0)


class FinetuneSettings(Strict):
    """finetune: the last `share` of the epochs see the clean samples alone, at `lr`."""

    share: float = Field(0.25, gt=0, lt=1)
    lr: float = Field(0.01, gt=0)


class Settings(RunSettings):
    """Everything a run depends on besides its data and its label noise."""

    method: MethodName
    task: TaskSettings = TaskSettings()
    data: DataSettings = DataSettings()
    network: NetworkSettings = NetworkSettings()
    augmentation: AugmentationSettings = AugmentationSettings()
    optimizer: OptimizerSettings = OptimizerSettings()
    bootstrap: BootstrapSettings = BootstrapSettings()
    meta: MetaSettings = MetaSettings()
    weight_net: WeightNetSettings = WeightNetSettings()
    losses: LossSettings = LossSettings()
    finetune: FinetuneSettings = FinetuneSettings()
    epochs: int = Field(300, ge=1)
    warm_up: float = Field(0.0, ge=0, lt=1, description="share of the epochs, at the start, on the given label alone")
    batch_size: int = Field(128, ge=2)
    meta_batch_size: int = Field(128, ge=2)
    sampling: Literal["epochs", "iid"] = Field("epochs", description="iid: every batch a fresh draw (MW-Net family)")
    steps_per_epoch: int | None = Field(None, ge=1, description="with sampling iid; None: as many as make one pass")
    joint_by: Literal["batch", "steps"] = Field(
        "batch", description="joint: clean samples in the same batch, or a step of their own after each given batch"
    )
    clean_share: float = Field(0.33, ge=0, lt=1, description="joint in one batch: share of clean samples in it")
    clean_steps: Literal["all", "warm_up"] = Field(
        "all",
        description="when clean samples take steps of their own (joint by steps; l2rw, l2b: supervised_meta_step)",
    )
    average_decay: float = Field(0.0, ge=0, lt=1, description="moving average of the weights; 0: none")
    evaluate_every: int = Field(1, ge=1)
    log_weights_every: int = Field(1, ge=1, description="epochs between logs of every training sample's weights")

    @property
    def warm_up_epochs(self) -> int:
        """Epochs before the first weighted one; never all of them."""
        return min(round(self.warm_up * self.epochs), self.epochs - 1)

    @property
    def takes_clean_steps(self) -> bool:
        """Whether clean samples ever take a step of their own, beside the given ones."""
        if self.method == "joint":
            return self.joint_by == "steps"
        return self.method in ("l2rw", "l2b") and self.bootstrap.supervised_meta_step

    def clean_step_in(self, epoch: int) -> bool:
        """Whether they take one in this epoch, counted from 0."""
        return self.takes_clean_steps and (self.clean_steps == "all" or epoch < self.warm_up_epochs)

    @model_validator(mode="before")
    @classmethod
    def _of_method(cls, given: Any) -> Any:
        """What the method's name says of its meta set, where nothing else is asked for."""
        if not isinstance(given, dict) or given.get("method") not in NOISY_META:
            return given
        meta = given.get("meta", {})
        if isinstance(meta, BaseModel):
            meta = meta.model_dump(exclude_unset=True)
        return given | {"meta": NOISY_META[given["method"]] | meta} if isinstance(meta, dict) else given

    @model_validator(mode="after")
    def _consistent(self) -> "Settings":
        faults = []
        if self.bootstrap.pseudo_label == "teacher" and self.average_decay == 0:
            faults.append("bootstrap.pseudo_label 'teacher' is the averaged network: set average_decay above 0")
        if self.network.weights == "package" and self.network.architecture != "efficientnet-lite0":
            faults.append(
                f"network.weights 'package' is for efficientnet-lite0; name a file for {self.network.architecture}"
            )
        if self.meta.source != "clean" and self.method in ("joint", "finetune", "glc", "mwnet"):
            faults.append(f"method {self.method} learns from clean samples: without them take ce, l2b, l2rw or rmnwnet")
        if (named := NOISY_META.get(self.method)) and named != {"source": self.meta.source, "loss": self.meta.loss}:
            said = " and ".join(f"meta.{key} {value!r}" for key, value in named.items())
            faults.append(f"method {self.method} has {said}; for other ones take mwnet, mnwnet or rmnwnet")
        if self.method in ("glc", "finetune") and self.epochs < 2:
            faults.append(f"method {self.method} has two phases: epochs must be at least 2, not {self.epochs}")
        if self.meta.source == "online" and self.method in ("l2rw", "l2b") and self.warm_up_epochs == 0:
            faults.append("meta.source 'online' asks the network which labels are clean: set warm_up above 0")
        if self.clean_steps == "warm_up" and self.takes_clean_steps and self.warm_up_epochs == 0:
            faults.append(
                "clean_steps 'warm_up' without a warm-up: clean samples would teach nothing; set warm_up above 0"
            )
        one_label = self.method == "l2rw" or (self.method == "l2b" and self.bootstrap.candidates == "given")
        if one_label and self.bootstrap.normalize in BETWEEN_LABELS:
            faults.append(one_label_fault(self.method, self.bootstrap.normalize))
        if self.optimizer.schedule == "steps" and not self.optimizer.milestones:
            faults.append("optimizer.schedule 'steps' needs optimizer.milestones: the epochs at which lr falls")
        if (self.augmentation.mean is None) != (self.augmentation.std is None):
            faults.append("augmentation.mean and augmentation.std come together")
        if self.steps_per_epoch is not None and self.sampling != "iid":
            faults.append("steps_per_epoch needs sampling iid; with epochs, an epoch is one pass")
        if faults:
            raise ValueError("; ".join(faults))
        return self
