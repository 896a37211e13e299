"""The settings of a run: one typed, strict object (recipe.py makes it from recipe, preset, method and --set)."""

from typing import Literal

from pydantic import Field, PositiveInt, model_validator

from l2b_run.settings.shared import (
    BETWEEN_LABELS,
    CANDIDATES,
    NormalizerName,
    RunSettings,
    SgdSettings,
    Strict,
    one_label_fault,
)

MethodName = Literal["unetpp", "meta", "joint", "finetune", "nl", "mixup", "l2b"]


class TaskSettings(Strict):
    """What is segmented out of what: names from the data set, filled in when a run is planned."""

    channels: list[str] = Field(["image"], min_length=1)
    classes: list[str] = Field(["prostate"], min_length=1, description="foreground classes in the order of their label")


class DataSettings(Strict):
    """Which cases are what, when the data set is prepared from its raw source."""

    split: Literal["official", "random"] = "official"
    split_seed: int = 0
    test_cases: int = Field(8, ge=1)
    tuning_cases: int = Field(0, ge=0, description="training cases set aside and evaluated instead of the test cases")


class SliceSettings(Strict):
    size: int = Field(144, ge=32, multiple_of=16)
    crop: float = Field(1.0, gt=0, le=1)
    intensity: Literal["minmax", "zscore"] = "minmax"
    mask_threshold: Literal["any", "half"] = "any"


class NetworkSettings(Strict):
    architecture: Literal["monai", "smp"] = "monai"
    widths: list[PositiveInt] = Field([64, 128, 256, 512, 1024], min_length=5, max_length=5)
    encoder: str = "resnet18"
    encoder_depth: int = Field(4, ge=3, le=5)
    encoder_weights: str | None = None


class AugmentationSettings(Strict):
    flip: float = Field(0.5, ge=0, le=1)
    rotation_deg: float = Field(10.0, ge=0, le=180)
    scale: float = Field(0.0, ge=0, lt=1)
    intensity: float = Field(0.0, ge=0, lt=1)


class OptimizerSettings(SgdSettings):
    lr: float = Field(0.005, gt=0)
    clip_norm: float | None = Field(0.2, gt=0)
    schedule: Literal["constant", "cosine", "inverse"] = Field(
        "inverse", description="inverse: lr * 20 / (20 + epoch), as released; cosine: to 0 at the last step"
    )


class BootstrapSettings(Strict):
    """How alpha and beta are made; the defaults are the paper's equations and the released code's extra step."""

    normalize: NormalizerName = "rectified"
    temperature: float = Field(1.0, gt=0)
    lookahead: Literal["optimizer", "none"] = "optimizer"
    pseudo_label: Literal["own", "teacher", "views"] = "views"
    candidates: Literal["both", "pseudo"] = Field("both", description=CANDIDATES)
    supervised_meta_step: bool = True
    judge_decay: float = Field(0.0, ge=0, lt=1, description="moving average of the meta gradient over steps; 0: none")
    mode: Literal["exact", "fast"] = "exact"


class MetaSettings(Strict):
    """Who judges the weights.

    source "clean": the meta cases. "online": training slices whose given masks a mixture model takes for clean (its
    posterior above `threshold`), chosen anew every epoch after the warm-up. "given": any training slices, for a `loss`
    that survives their noise: "mae", whose gradient under symmetric noise points where the clean one does (RMNW-Net).
    """

    source: Literal["clean", "online", "given"] = "clean"
    threshold: float = Field(0.5, gt=0, lt=1)
    loss: Literal["cross_entropy", "mae"] = "cross_entropy"


class FinetuneSettings(Strict):
    """finetune: the last `share` of the epochs see the clean cases alone, at `lr`."""

    share: float = Field(0.25, gt=0, lt=1)
    lr: float = Field(0.005, gt=0)


class Settings(RunSettings):
    """Everything a run depends on besides its data."""

    method: MethodName
    task: TaskSettings = TaskSettings()
    data: DataSettings = DataSettings()
    slices: SliceSettings = SliceSettings()
    network: NetworkSettings = NetworkSettings()
    augmentation: AugmentationSettings = AugmentationSettings()
    optimizer: OptimizerSettings = OptimizerSettings()
    bootstrap: BootstrapSettings = BootstrapSettings()
    meta: MetaSettings = MetaSettings()
    finetune: FinetuneSettings = FinetuneSettings()
    epochs: int = Field(100, ge=1)
    warm_up: float = Field(0.0, ge=0, lt=1, description="share of the epochs, at the start, on the given label alone")
    batch_size: int = Field(1, ge=1)
    meta_batch_size: int = Field(2, ge=1)
    clean_share: float = Field(
        0.33, ge=0, lt=1, description="joint: of clean slices in a batch; nl, l2b: of the clean gradient in the step's"
    )
    joint_by: Literal["batch", "steps"] = Field(
        "batch", description="joint: clean slices in the same batch, or a step of their own after each given batch"
    )
    mixup_alpha: float = Field(0.2, gt=0)
    average_decay: float = Field(0.0, ge=0, lt=1, description="moving average of the weights; 0: none")
    evaluate_every: int = Field(1, ge=1)

    @property
    def warm_up_epochs(self) -> int:
        """Epochs before the first weighted one; never all of them."""
        return min(round(self.warm_up * self.epochs), self.epochs - 1)

    @model_validator(mode="after")
    def _consistent(self) -> "Settings":
        faults = []
        if self.bootstrap.pseudo_label == "teacher" and self.average_decay == 0:
            faults.append("bootstrap.pseudo_label 'teacher' is the averaged network: set average_decay above 0")
        if self.meta.source != "clean" and self.method in ("meta", "joint", "finetune"):
            faults.append(f"method {self.method} learns from clean cases: without them take l2b, nl, unetpp or mixup")
        if self.meta.source == "online" and self.method in ("nl", "l2b") and self.warm_up_epochs == 0:
            faults.append("meta.source 'online' asks the network which slices are clean: set warm_up above 0")
        if self.method == "nl" and self.bootstrap.normalize in BETWEEN_LABELS:
            faults.append(one_label_fault("nl", self.bootstrap.normalize))
        multiple = 2**self.network.encoder_depth
        if self.network.architecture == "smp" and self.slices.size % multiple:
            faults.append(f"slices.size {self.slices.size} must be a multiple of {multiple} at this encoder_depth")
        if faults:
            raise ValueError("; ".join(faults))
        return self
