"""What the settings of every run have in common."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, model_validator

NormalizerName = Literal[
    "rectified", "softmax", "sigmoid", "rectified_sigmoid", "sum_to_one", "soft_choice", "soft_trust"
]

BETWEEN_LABELS: tuple[NormalizerName, ...] = ("sum_to_one", "soft_choice")
"""Normalisers that share one weight out among the labels of an element: of one label alone they make a plain mean."""


class Strict(BaseModel):
    """A part of the settings: no unknown key, no conversion of types, no NaN, never changed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class SgdSettings(Strict):
    """Stochastic gradient descent."""

    lr: float = Field(0.1, gt=0, description="learning rate")
    momentum: float = Field(0.9, ge=0, lt=1, description="share of the step before in a step")
    weight_decay: float = Field(5e-4, ge=0, description="pull of every weight towards 0")
    nesterov: bool = Field(False, description="Nesterov's momentum")

    @model_validator(mode="after")
    def _has_momentum(self) -> Self:
        if self.nesterov and self.momentum == 0:
            raise ValueError("nesterov is a kind of momentum: set momentum above 0, or nesterov=false")
        return self


class OptimizerSettings(SgdSettings):
    """The optimizer of the network and its learning rate over the epochs."""

    name: Literal["sgd", "adamw"] = Field(
        "sgd", description="adamw: momentum is its first beta; where labels are weighed, with lookahead none"
    )
    clip_norm: float | None = Field(None, gt=0)
    schedule: Literal["constant", "cosine", "inverse", "steps"] = Field(
        "cosine",
        description="cosine: to `lr_min` at the end; inverse: lr * 20 / (20 + epoch); steps: times `gamma` at "
        "`milestones`",
    )
    lr_min: float = Field(0.0, ge=0)
    half_period: int | None = Field(
        None, ge=1, description="cosine: epochs until `lr_min`, after which lr rises again (UniCon: 280 of 350)"
    )
    milestones: list[PositiveInt] = Field([])
    gamma: float = Field(0.1, gt=0, le=1)


class BootstrapSettings(Strict):
    """How the weights of l2b, l2rw and nl are made; the defaults are the paper's equations."""

    normalize: NormalizerName = Field("rectified", description="from alignments to weights; rectified: eq. 8-9")
    temperature: float = Field(1.0, gt=0, description="of softmax, soft_choice and soft_trust")
    lookahead: Literal["optimizer", "none"] = Field(
        "optimizer",
        description="where the meta gradient is taken: after a step of the optimizer, or where the network is",
    )
    pseudo_label: str = Field(
        "own",
        description="the network's own, the averaged network's (teacher), or the mean of five views' (segmentation)",
    )
    candidates: Literal["both", "given", "pseudo"] = Field(
        "both",
        description="labels that are weighed; pseudo: alpha = 0, for normalisers between labels plain self-training "
        "without a judge",
    )
    supervised_meta_step: bool = Field(False, description="the meta batch also teaches, in a step of its own")
    clean_gradient: float = Field(0.0, ge=0, lt=1, description="share of the meta gradient in the step's own")
    judge_decay: float = Field(0.0, ge=0, lt=1, description="moving average of the meta gradient over steps; 0: none")
    mode: Literal["exact", "fast"] = Field(
        "exact", description="alignments by forward-mode differentiation, or by a finite difference"
    )


class PlugInSettings(Strict):
    """L2B on top of a method of two networks: a weighted step after each of its own (L2B, CVPR 2024, as released)."""

    networks: Literal["first", "both"] = Field("first", description="networks that take the step; both still predict")
    labels: Literal["soft", "noisy"] = Field(
        "soft", description="given labels of the step: the base's refined and guessed targets, or those of the data"
    )
    clip_norm: float | None = Field(0.8, gt=0, description="largest gradient norm of the step")


class MetaSettings(Strict):
    """Where the meta batch comes from.

    source "clean": clean cases or samples. "online": training ones whose given labels a mixture model of the losses
    takes for clean (its posterior above `threshold`), chosen anew every epoch after the warm-up. "given": ones under
    their given labels, for a `loss` that survives their noise: "mae", whose gradient under symmetric noise points where
    the clean one does (RMNW-Net).
    """

    source: Literal["clean", "online", "given"] = Field(
        "clean", description="clean labels; online: given labels taken for clean; given: given labels as they are"
    )
    threshold: float = Field(0.5, gt=0, lt=1, description="online: posterior above which a label is taken for clean")
    loss: Literal["cross_entropy", "mae"] = Field("cross_entropy", description="of the meta batch")


class RunSettings(Strict):
    """What arguments of their own say, not --set. `with_methods` narrows `method` to the names of a table."""

    recipe: str
    preset: str
    method: str
    seed: int = 0

    @classmethod
    def method_name(cls, name: str) -> str:
        """The method that goes by `name`, its own or an alias; an unknown name as it is."""
        return name


class TrainingSettings(RunSettings):
    """What the training loop and the methods read, whatever the task; a task gives the blocks its own defaults."""

    optimizer: OptimizerSettings = OptimizerSettings()
    bootstrap: BootstrapSettings = BootstrapSettings()
    meta: MetaSettings = MetaSettings()
    plug_in: PlugInSettings = PlugInSettings()
    epochs: int = Field(100, ge=1)
    warm_up: float = Field(0.0, ge=0, lt=1, description="share of the epochs, at the start, on the given label alone")
    batch_size: int = Field(128, ge=1)
    meta_batch_size: int = Field(128, ge=1, description="clean ones a step")
    joint_by: Literal["batch", "steps"] = Field(
        "batch", description="joint: clean ones in the same batch, or a step of their own after each given batch"
    )
    clean_share: float = Field(0.33, ge=0, lt=1, description="joint by batch: share of clean ones in it")
    clean_steps: Literal["all", "warm_up", "measured"] = Field(
        "all",
        description="when clean ones take steps of their own (joint by steps; supervised_meta_step); measured: but "
        "where they are known by heart",
    )
    average_decay: float = Field(0.0, ge=0, lt=1, description="moving average of the weights; 0: none")
    evaluate_every: int = Field(1, ge=1)
    steps_per_epoch: int | None = Field(
        None, ge=1, description="left out: as many as make one pass; classification: with sampling iid"
    )
    restarts: int = Field(
        0, ge=0, le=3, description="new starts, at a quarter of the learning rate, of a network that predicts nothing"
    )
    derive: Literal["none", "cpu", "gpu"] = Field(
        "none", description="values that nobody set come from the data set's fingerprint, within a budget of time"
    )
    derived: dict[str, str] = Field({}, description="the values that came from it, by name, and why")

    @property
    def warm_up_epochs(self) -> int:
        """Epochs before the first weighted one; never all of them."""
        return min(round(self.warm_up * self.epochs), self.epochs - 1)

    def clean_step_in(self, epoch: int) -> bool:
        """Whether `clean_steps` allows steps of the clean ones alone in this epoch, counted from 0."""
        return self.clean_steps != "warm_up" or epoch < self.warm_up_epochs

    def faults(self) -> list[str]:
        """What a task's own settings contradict each other in, a line each."""
        return []
