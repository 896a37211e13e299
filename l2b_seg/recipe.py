"""From a YAML recipe to the settings of a run, at the door: every fault in one message, nothing executed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from l2b_run.errors import ConfigError
from l2b_seg.config import MethodName, Settings

Model = TypeVar("Model", bound=BaseModel)
_BY_ARGUMENT = ("recipe", "preset", "method", "seed")  # said by an argument of their own, not by --set


class Recipe(BaseModel):
    """A YAML recipe: base settings, presets over them, and in a preset, under `methods`, what differs by method.

    noise: of the training masks, where `train` is not told: a level, or "clean" for the masks as they are.
    """

    model_config = ConfigDict(extra="forbid", strict=True)
    name: str
    noise: str = "clean"
    base: dict[str, Any] = {}
    presets: dict[str, dict[str, Any]]


class _ByMethod(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    methods: Mapping[MethodName, dict[str, Any]] = {}


def load_settings(
    recipe: str | Path, *, preset: str, method: str, seed: int = 0, overrides: list[str] | None = None
) -> Settings:
    """Recipe <- preset <- the preset's `methods.<method>` <- overrides ("key.sub=value", values as YAML).

    `recipe` is a name shipped in pipelines/ or a path. Raises ConfigError with every fault in one message.
    """
    path, content = _recipe_path(recipe), load_recipe(recipe)
    if preset not in content.presets:
        raise ConfigError(f"preset {preset!r} is not in {path}; it has {', '.join(content.presets)}")
    layers = dict(content.presets[preset])
    by_method = validate(_ByMethod, {"methods": layers.pop("methods", {})}, f"recipe {path}, preset {preset}").methods
    merged = _merge(content.base, layers)
    for name, layer in by_method.items():
        merged = _merge(merged, layer) if name == method else merged
    for override in _parse_overrides(overrides or []):
        merged = _merge(merged, override)
    if "task" in merged:
        raise ConfigError(f"{path}, preset {preset}, --set: task cannot be set; the data set says what it is")
    merged |= {"recipe": content.name, "preset": preset, "method": method, "seed": seed}
    return validate(Settings, merged, f"settings from {path}, preset {preset}, method {method}")


def load_recipe(recipe: str | Path) -> Recipe:
    """A recipe shipped in pipelines/ by its name, or a .yaml file. Raises ConfigError."""
    path = _recipe_path(recipe)
    return validate(Recipe, _load_yaml(path), f"recipe {path}")


def validate(model: type[Model], content: Any, what: str) -> Model:
    """`content` as a `model`. Raises ConfigError naming `what` and every fault with its key and the value met."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise ConfigError(f"{what}:\n  " + "\n  ".join(map(_fault, error.errors()))) from error


def _fault(fault: Any) -> str:
    message = fault["msg"].removeprefix("Value error, ")
    if not fault["loc"]:
        return str(message)
    return f"{'.'.join(map(str, fault['loc']))}: {message} (got {fault['input']!r})"


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
        return _numbers(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise ConfigError(f"recipe {path} cannot be read as YAML: {error}") from error


def _parse_overrides(texts: list[str]) -> list[dict[str, Any]]:
    """Each "a.b=value" as nested dicts. Raises ConfigError naming every text that is none."""
    parsed, faults = [], []
    for text in texts:
        key, sign, value = text.partition("=")
        try:
            nested: Any = _numbers(yaml.safe_load(value))
        except yaml.YAMLError:
            faults.append(f"--set {text!r}: {value!r} is no YAML value")
            continue
        if not sign or not all(key.split(".")):
            faults.append(f"--set {text!r}: write key=value, for example --set optimizer.lr=0.1")
        elif key in _BY_ARGUMENT:
            faults.append(f"--set {text!r}: use the argument or option for {key}")
        for part in reversed(key.split(".")):
            nested = {part: nested}
        parsed.append(nested)
    if faults:
        raise ConfigError("\n  ".join(faults))
    return parsed


def _merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merge(merged[key], value) if both else value
    return merged


def _numbers(value: Any) -> Any:
    """YAML 1.1 reads 1e-3, without a dot, as text: a number is meant."""
    if isinstance(value, dict):
        return {key: _numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    if isinstance(value, str) and "e" in value.lower() and value[:1] in "+-.0123456789":
        try:
            return float(value)
        except ValueError:
            return value
    return value
