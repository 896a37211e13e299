"""From a YAML recipe to the settings of a run, at the door: every fault in one message, nothing executed."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from l2b_data.errors import ConfigError, noted
from l2b_run.settings.shared import RunSettings
from l2b_run.settings.unknown_key import unknown_key

Model = TypeVar("Model", bound=BaseModel)
Settings = TypeVar("Settings", bound=RunSettings)
Kind = Literal["segmentation", "classification"]
_STRICT = ConfigDict(extra="forbid", strict=True)
_SHIPPED = Path(__file__).resolve().parents[2] / "pipelines" / "recipes"
_BY_ARGUMENT = tuple(RunSettings.model_fields)  # said by an argument of their own, not by --set


class _Loader(yaml.SafeLoader):
    """YAML with 1e-3 as a number, as version 1.2 has it; 1.1, which PyYAML reads, wants a dot in it."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)[eE][-+]?[0-9]+$"), list("-+.0123456789")
)


class Recipe(BaseModel):
    """A YAML recipe: base settings, presets over them, and in a preset, under `methods`, what differs by method.

    noise: of the training labels, where `train` is not told. pretraining: by preset, values of `pretrain`.
    """

    model_config = _STRICT
    name: str
    kind: Kind = "segmentation"
    noise: str | None = None
    base: dict[str, Any] = {}
    presets: dict[str, dict[str, Any]]
    pretraining: dict[str, dict[str, Any]] = {}


def load_settings(
    model: type[Settings],
    recipe: str | Path,
    *,
    kind: Kind,
    preset: str,
    method: str,
    seed: int = 0,
    overrides: list[str] | None = None,
) -> Settings:
    """Recipe <- preset <- the preset's `methods.<method>` <- overrides ("key.sub=value", values as YAML) as a `model`.

    `recipe` is a name shipped in pipelines/recipes/ or a path, of this `kind`. `model` has `method` as a Literal, and a
    `task`. Raises ConfigError with every fault in one message.
    """
    faults: list[str] = []
    merged: dict[str, Any] = {}
    method = model.method_name(method)
    name, where = str(recipe), f"settings from {recipe}, preset {preset}, method {method}"
    with noted(faults):
        content, path = load_recipe(recipe, kind=kind), _recipe_path(recipe, kind)
        name, where, merged = content.name, f"settings from {path}, preset {preset}, method {method}", content.base
        if preset in content.presets:
            merged = _with_preset(model, merged, content.presets[preset], method, f"recipe {path}, preset {preset}")
        else:
            faults.append(f"preset {preset!r} is not in {path}; it has {', '.join(content.presets)}")
    known = {"recipe": name, "preset": preset, "method": method, "seed": seed}
    return resolved(model, merged, overrides or [], known, where=where, faults=faults)


def resolved(
    model: type[Settings],
    merged: dict[str, Any],
    overrides: list[str],
    known: dict[str, Any],
    *,
    where: str,
    faults: list[str],
) -> Settings:
    """`merged` <- overrides <- what arguments say (`known`) as a `model`, whose `task` is left to the data.

    Raises ConfigError with `faults` and all that is wrong, which `where` names.
    """
    with noted(faults):
        for override in _parse_overrides(overrides, model):
            merged = merge(merged, override)
    if "task" in merged:
        faults.append(f"{where}, --set: task cannot be set; the data set says what it is")
        merged = {key: value for key, value in merged.items() if key != "task"}
    with noted(faults):
        settings = validate(model, merged | known, where)
    if faults:
        raise ConfigError("\n".join(faults))
    return settings


def _with_preset(
    model: type[RunSettings], base: dict[str, Any], preset: dict[str, Any], method: str, what: str
) -> dict[str, Any]:
    """`base`, over it the preset, over that its entry for the method."""
    names: Any = model.model_fields["method"].annotation
    by_method = create_model("ByMethod", __config__=_STRICT, methods=(Mapping[names, dict[str, Any]], {}))
    layers = dict(preset)
    entries = layers.pop("methods", {})
    if isinstance(entries, dict):
        entries = {model.method_name(name) if isinstance(name, str) else name: one for name, one in entries.items()}
    checked: Any = validate(by_method, {"methods": entries}, what)
    return merge(merge(base, layers), checked.methods.get(method, {}))


def load_recipe(recipe: str | Path, *, kind: Kind) -> Recipe:
    """A shipped recipe by its name, or a .yaml file. Raises ConfigError, also for another kind's."""
    path = _recipe_path(recipe, kind)
    content = validate(Recipe, _load_yaml(path), f"recipe {path}")
    if content.kind != kind:
        raise ConfigError(f"recipe {path} is for {content.kind}, not {kind}; name one of {_shipped_names(kind)}")
    return content


def read_settings(model: type[Settings], config: Path) -> Settings:
    """The resolved settings of a run folder. Raises ConfigError with every fault."""
    what = f"{config} does not hold this version's settings"
    try:
        content = yaml.safe_load(config.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigError(f"{what}: {error}") from error
    return validate(model, content, what)


def validate(model: type[Model], content: Any, what: str) -> Model:
    """`content` as a `model`. Raises ConfigError naming `what` and every fault with its key and the value met."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        faults = [_fault(model, fault) for fault in error.errors()]
        raise ConfigError(f"{what}:\n  " + "\n  ".join(faults)) from error


def _fault(model: type[BaseModel], fault: Any) -> str:
    message = fault["msg"].removeprefix("Value error, ")
    if not fault["loc"]:
        return str(message)
    if fault["type"] == "extra_forbidden":
        hidden = (*_BY_ARGUMENT, "task") if issubclass(model, RunSettings) else ()
        return unknown_key(model, fault["loc"], fault["input"], hidden=hidden)
    return f"{'.'.join(map(str, fault['loc']))}: {message} (got {fault['input']!r})"


def _recipe_path(recipe: str | Path, kind: Kind) -> Path:
    path = Path(recipe)
    if path.suffix in (".yaml", ".yml"):
        if not path.is_file():
            raise ConfigError(f"recipe {path} does not exist")
        return path
    path = _SHIPPED / f"{recipe}.yaml"
    if not path.is_file():
        raise ConfigError(f"unknown recipe {str(recipe)!r}: name one of {_shipped_names(kind)}, or give a .yaml file")
    return path


def _shipped_names(kind: Kind) -> str:
    return ", ".join(
        path.stem for path in sorted(_SHIPPED.glob("*.yaml")) if _load_yaml(path).get("kind", "segmentation") == kind
    )


def _load_yaml(path: Path) -> Any:
    try:
        return yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise ConfigError(f"recipe {path} cannot be read as YAML: {error}") from error


def _parse_overrides(texts: list[str], model: type[BaseModel]) -> list[dict[str, Any]]:
    """Each "a.b=value" as nested dicts; 5 is "5" where the setting is text. Raises ConfigError naming every fault."""
    parsed, faults = [], []
    for text in texts:
        key, sign, value = text.partition("=")
        try:
            nested: Any = yaml.load(value, _Loader)
        except yaml.YAMLError:
            faults.append(f"--set {text!r}: {value!r} is no YAML value")
            continue
        if nested is not None and not isinstance(nested, str) and _is_text(model, key):
            nested = value.strip()
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


def _is_text(model: type[BaseModel], key: str) -> bool:
    """Whether the setting `key` of `model` is text, or text or null."""
    found: Any = model
    for part in key.split("."):
        fields = getattr(found, "model_fields", {})
        found = fields[part].annotation if part in fields else None
    return found in (str, str | None)


def merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """`base` with what `over` says instead or besides, blocks one by one."""
    merged = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = merge(merged[key], value) if both else value
    return merged
