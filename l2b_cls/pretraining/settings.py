"""The settings of `pretrain simclr`, and how they come from a recipe of classification."""

from functools import partial
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from l2b_cls.config import NetworkSettings, TaskSettings
from l2b_cls.recipe import load_settings as load_training_settings
from l2b_data.errors import ConfigError, noted
from l2b_run.settings import recipe as recipes
from l2b_run.settings.shared import OptimizerSettings, RunSettings, Strict


class ImageSettings(Strict):
    """Which training images are learnt from: those of a `train` with the same values that takes no meta set out."""

    train_samples: int | None = Field(None, ge=2, description="a class-stratified part of the training images")
    tuning_samples: int = Field(0, ge=0, description="training images set aside, as by `train`")
    noise_seed: int = Field(0, ge=0, description="`train --noise-seed`, which draws the part")


class ViewSettings(Strict):
    """Drawn a view: a resized crop, mirroring, rotation; the change of colour is SimCLR's."""

    resized_crop: float = Field(0.2, gt=0, lt=1, description="smallest share of the area")
    flip: float = Field(0.5, ge=0, le=1)
    rotation_deg: float = Field(0.0, ge=0, le=180)
    size: PositiveInt | None = Field(None, ge=8, description="views are size x size; None: as the images are stored")
    mean: list[float] | None = Field(None, description="a channel, of images in [0, 1]; None: of the training images")
    std: list[PositiveFloat] | None = None


class SimclrOptimizerSettings(OptimizerSettings):
    lr: float = Field(0.5, gt=0)
    weight_decay: float = Field(1e-4, ge=0)


class SimclrSettings(RunSettings):
    """Everything a pretraining depends on besides its images; the defaults are those C2D pretrained with."""

    method: Literal["simclr"]
    task: TaskSettings = TaskSettings()
    data: ImageSettings = ImageSettings()
    network: NetworkSettings = NetworkSettings()
    augmentation: ViewSettings = ViewSettings()
    optimizer: SimclrOptimizerSettings = SimclrOptimizerSettings()
    temperature: float = Field(0.5, gt=0, description="of the contrastive loss")
    projection: int = Field(128, ge=1, description="outputs of the projection head")
    epochs: int = Field(1000, ge=1)
    batch_size: int = Field(1024, ge=2, description="images a step, each in two views")

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if (self.augmentation.mean is None) != (self.augmentation.std is None):
            raise ValueError("augmentation.mean and augmentation.std come together")
        return self


def load_settings(
    recipe: str | Path, *, preset: str, method: str, seed: int = 0, overrides: list[str] | None = None
) -> SimclrSettings:
    """The recipe's network, image size and images under this preset <- its `pretraining` values <- overrides.

    Raises ConfigError with every fault in one message, also where the recipe has no such values for the preset.
    """
    faults: list[str] = []
    merged: dict[str, Any] = {}
    name = str(recipe)
    with noted(faults):
        training = load_training_settings(recipe, preset=preset, method="ce")
        content = recipes.load_recipe(recipe, kind="classification")
        name = content.name
        if preset not in content.pretraining:
            has = ", ".join(content.pretraining) or "none"
            raise ConfigError(f"recipe {recipe} has no pretraining values for preset {preset!r} (it has: {has})")
        kept = {
            "network": training.network.model_dump(),
            "augmentation": training.augmentation.model_dump(include=set(ViewSettings.model_fields) - {"resized_crop"}),
            "data": training.data.model_dump(include={"train_samples", "tuning_samples"}),
        }
        merged = recipes.merge(kept, content.pretraining[preset])
    return recipes.resolved(
        SimclrSettings,
        merged,
        overrides or [],
        {"recipe": name, "preset": preset, "method": method, "seed": seed},
        where=f"settings from {recipe}, preset {preset}, method {method}",
        faults=faults,
    )


read_settings = partial(recipes.read_settings, SimclrSettings)
