"""The settings of a run: one typed, strict object, made at the door from recipe, preset, method and --set."""

from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from l2b_run.errors import ConfigError

Model = TypeVar("Model", bound=BaseModel)
MethodName = Literal["unetpp", "meta", "joint", "finetune", "nl", "mixup", "l2b"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class DataSettings(_Strict):
    """Which cases are what, when the data set is prepared from its raw source."""

    split: Literal["official", "random"] = "official"
    split_seed: int = 0
    test_cases: int = Field(8, ge=1)
    tuning_cases: int = Field(0, ge=0, description="training cases set aside and evaluated instead of the test cases")


class SliceSettings(_Strict):
    size: int = Field(144, ge=16, multiple_of=16)
    crop: float = Field(1.0, gt=0, le=1)
    intensity: Literal["minmax", "zscore"] = "minmax"
    mask_threshold: Literal["any", "half"] = "any"


class NetworkSettings(_Strict):
    architecture: Literal["monai", "smp"] = "monai"
    widths: list[int] = Field([64, 128, 256, 512, 1024], min_length=5, max_length=5)
    encoder: str = "resnet18"
    encoder_depth: int = Field(4, ge=3, le=5)
    encoder_weights: str | None = None


class AugmentationSettings(_Strict):
    flip: float = Field(0.5, ge=0, le=1)
    rotation_deg: float = Field(10.0, ge=0, le=180)
    scale: float = Field(0.0, ge=0, lt=1)
    intensity: float = Field(0.0, ge=0, lt=1)


class OptimizerSettings(_Strict):
    lr: float = Field(0.005, gt=0)
    momentum: float = Field(0.9, ge=0, lt=1)
    weight_decay: float = Field(5e-4, ge=0)
    nesterov: bool = False
    clip_norm: float | None = Field(0.2, gt=0)
    schedule: Literal["constant", "cosine", "inverse"] = Field(
        "inverse", description="inverse: lr * 20 / (20 + epoch), as released; cosine: to 0 at the last step"
    )


class BootstrapSettings(_Strict):
    """How alpha and beta are made; the defaults are the paper's equations and the released code's extra step."""

    normalize: Literal["rectified", "softmax", "sigmoid", "sum_to_one", "soft_choice"] = "rectified"
    temperature: float = Field(1.0, gt=0)
    lookahead: Literal["optimizer", "none"] = "optimizer"
    pseudo_label: Literal["own", "teacher", "views"] = "views"
    candidates: Literal["both", "pseudo"] = "both"
    supervised_meta_step: bool = True
    meta_gradient_weight: float = Field(0.0, ge=0, description="times the meta gradient, added to the step's")
    judge_decay: float = Field(0.0, ge=0, lt=1, description="moving average of the meta gradient over steps; 0: none")
    mode: Literal["exact", "fast"] = "exact"


class FinetuneSettings(_Strict):
    """finetune: the last `share` of the epochs see the clean cases alone, at `lr`."""

    share: float = Field(0.25, gt=0, lt=1)
    lr: float = Field(0.005, gt=0)


class Settings(_Strict):
    """Everything a run depends on besides its data."""

    recipe: str
    preset: str
    method: MethodName
    seed: int = 0
    data: DataSettings = DataSettings()
    slices: SliceSettings = SliceSettings()
    network: NetworkSettings = NetworkSettings()
    augmentation: AugmentationSettings = AugmentationSettings()
    optimizer: OptimizerSettings = OptimizerSettings()
    bootstrap: BootstrapSettings = BootstrapSettings()
    finetune: FinetuneSettings = FinetuneSettings()
    epochs: int = Field(100, ge=1)
    warm_up_epochs: int = Field(0, ge=0)
    batch_size: int = Field(1, ge=1)
    meta_batch_size: int = Field(2, ge=1)
    clean_share: float = Field(0.33, gt=0, lt=1, description="joint: share of clean slices in a batch")
    mixup_alpha: float = Field(0.2, gt=0)
    average_decay: float = Field(0.0, ge=0, lt=1, description="moving average of the weights; 0: none")
    evaluate_every: int = Field(1, ge=1)

    @model_validator(mode="after")
    def _consistent(self) -> "Settings":
        if self.warm_up_epochs >= self.epochs:
            raise ValueError(f"warm_up_epochs {self.warm_up_epochs} leaves nothing of {self.epochs} epochs")
        if self.bootstrap.pseudo_label == "teacher" and self.average_decay == 0:
            raise ValueError(
                "bootstrap.pseudo_label 'teacher' needs average_decay > 0: the teacher is the averaged network"
            )
        return self


class Recipe(_Strict):
    """A YAML recipe: base settings, presets over them, and in a preset what differs by method."""

    name: str
    base: dict[str, Any] = {}
    presets: dict[str, dict[str, Any]]


def load_settings(
    recipe: str | Path, *, preset: str, method: str, seed: int = 0, overrides: list[str] | None = None
) -> Settings:
    """Recipe <- preset <- the preset's `methods.<method>` <- overrides ("key.sub=value", values as YAML).

    `recipe` is a name shipped in pipelines/ or a path. Raises ConfigError with every fault in one message.
    """
    path = _recipe_path(recipe)
    content = _validate(Recipe, _load_yaml(path), f"recipe {path}")
    if preset not in content.presets:
        raise ConfigError(f"preset {preset!r} is not in {path}; it has {', '.join(content.presets)}")
    layers = dict(content.presets[preset])
    by_method = layers.pop("methods", {})
    merged = _merge(_merge(content.base, layers), by_method.get(method, {}))
    for override in overrides or []:
        merged = _merge(merged, _parse_override(override))
    merged |= {"recipe": content.name, "preset": preset, "method": method, "seed": seed}
    return _validate(Settings, merged, f"settings from {path}, preset {preset}, method {method}")


def _recipe_path(recipe: str | Path) -> Path:
    path = Path(recipe)
    if path.suffix in (".yaml", ".yml"):
        if not path.is_file():
            raise ConfigError(f"recipe {path} does not exist")
        return path
    shipped = Path(__file__).resolve().parent.parent / "pipelines"
    path = shipped / f"{recipe}.yaml"
    if not path.is_file():
        names = ", ".join(sorted(p.stem for p in shipped.glob("*.yaml")))
        raise ConfigError(f"unknown recipe {str(recipe)!r}: name one of {names}, or give a .yaml file")
    return path


def _load_yaml(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ConfigError(f"recipe {path} is not valid YAML: {error}") from error


def _merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merge(merged[key], value) if both else value
    return merged


def _parse_override(text: str) -> dict[str, Any]:
    key, sign, value = text.partition("=")
    if not sign or not key:
        raise ConfigError(f"--set {text!r}: write key=value, for example --set optimizer.lr=0.1")
    nested: Any = yaml.safe_load(value)
    for part in reversed(key.split(".")):
        nested = {part: nested}
    result: dict[str, Any] = nested
    return result


def _validate(model: type[Model], content: Any, what: str) -> Model:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        faults = [
            f"{'.'.join(map(str, e['loc'])) or 'settings'}: {e['msg']} (got {e['input']!r})" for e in error.errors()
        ]
        raise ConfigError(f"{what}:\n  " + "\n  ".join(faults)) from error
