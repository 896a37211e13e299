"""The settings of a run: one typed, strict object (recipe.py makes it from recipe, preset, method and --set)."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, PositiveInt, model_validator

from l2b_run.settings import shared
from l2b_run.settings.shared import Strict, TrainingSettings
from l2b_run.training.method_settings import with_methods
from l2b_seg.batches.augment import AugmentationSettings
from l2b_seg.methods.table import METHODS
from l2b_seg.task import TaskSettings


class DataSettings(Strict):
    """Which cases are what, when the data set is prepared from its raw source."""

    split: Literal["official", "random"] = "official"
    split_seed: int = 0
    test_cases: int = Field(8, ge=1)
    tuning_cases: int = Field(0, ge=0, description="training cases set aside and evaluated instead of the test cases")


Share = Annotated[float, Field(ge=0, le=1)]


class SliceSettings(Strict):
    size: int = Field(144, ge=32, multiple_of=16)
    crop: float = Field(1.0, gt=0, le=1, description="share of rows and of columns that is kept")
    centre: list[Share] = Field([0.5, 0.5], min_length=2, max_length=2, description="of the kept part: rows, columns")
    intensity: Literal["minmax", "zscore"] = "minmax"
    mask_threshold: Literal["any", "half"] = "any"
    plane: Literal["LPS", "LSP", "PLS", "PSL", "SLP", "SPL"] | None = Field(
        None, description="lines of columns, rows and slices; LPS: axial. Left out: the one most images are stored in"
    )


class NetworkSettings(Strict):
    architecture: Literal["monai", "smp"] = "monai"
    widths: list[PositiveInt] = Field([64, 128, 256, 512, 1024], min_length=5, max_length=5)
    encoder: str = "resnet18"
    encoder_depth: int = Field(4, ge=3, le=5)
    encoder_weights: str | None = None
    prior: list[Annotated[float, Field(gt=0, lt=1)]] | None = Field(
        None,
        min_length=2,
        description="shares of background and classes that the first step predicts; left out: as drawn",
    )


class OptimizerSettings(shared.OptimizerSettings):
    lr: float = Field(0.005, gt=0)
    clip_norm: float | None = Field(0.2, gt=0)
    schedule: Literal["constant", "cosine", "inverse", "steps"] = "inverse"


class BootstrapSettings(shared.BootstrapSettings):
    """How alpha and beta are made; the defaults are the paper's equations and the released code's extra step."""

    pseudo_label: Literal["own", "teacher", "views"] = "views"
    supervised_meta_step: bool = True


class PlugInSettings(shared.PlugInSettings):
    clip_norm: float | None = Field(0.2, gt=0)


class SegSettings(TrainingSettings):
    """Everything a run depends on besides its data."""

    task: TaskSettings = TaskSettings()
    data: DataSettings = DataSettings()
    slices: SliceSettings = SliceSettings()
    network: NetworkSettings = NetworkSettings()
    augmentation: AugmentationSettings = AugmentationSettings()
    optimizer: OptimizerSettings = OptimizerSettings()
    bootstrap: BootstrapSettings = BootstrapSettings()
    plug_in: PlugInSettings = PlugInSettings()
    batch_size: int = Field(1, ge=1)
    meta_batch_size: int = Field(2, ge=1)
    foreground_share: float = Field(
        0.0, ge=0, le=1, description="share of each batch drawn from slices with a class, every class in turn"
    )
    loss: Literal["cross_entropy", "dice_ce"] = Field(
        "cross_entropy", description="of plain steps and of clean ones; dice_ce: soft Dice loss beside it (MONAI's)"
    )
    class_weights: list[Annotated[float, Field(gt=0)]] | None = Field(
        None, min_length=2, description="of background and classes in the cross-entropy of these steps"
    )
    mixup_alpha: float = Field(0.2, gt=0, description="mixup: a pair's share ~ Beta(a, a)")

    @model_validator(mode="before")
    @classmethod
    def _clean_share(cls, given: Any) -> Any:
        """Runs and recipes of version 0.3 say clean_share for both shares: of nl and l2b it was the gradient's."""
        if not isinstance(given, dict) or given.get("method") not in ("nl", "l2b") or "clean_share" not in given:
            return given
        bootstrap = given.get("bootstrap", {})
        if not isinstance(bootstrap, dict):
            return given
        rest = {key: value for key, value in given.items() if key != "clean_share"}
        return rest | {"bootstrap": {"clean_gradient": given["clean_share"], **bootstrap}}

    def faults(self) -> list[str]:
        multiple = 2**self.network.encoder_depth
        if self.network.architecture == "smp" and self.slices.size % multiple:
            return [f"slices.size {self.slices.size} must be a multiple of {multiple} at this encoder_depth"]
        return []


if TYPE_CHECKING:
    Settings = SegSettings
else:
    Settings = with_methods(SegSettings, METHODS)
