"""From a YAML recipe to the settings of a classification run."""

from pathlib import Path

import yaml

from l2b_cls.config import Settings
from l2b_run import recipe as recipes
from l2b_run.errors import ConfigError


def load_settings(
    recipe: str | Path, *, preset: str, method: str, seed: int = 0, overrides: list[str] | None = None
) -> Settings:
    """`l2b_run.recipe.load_settings` of a classification recipe. Raises ConfigError with every fault in one message."""
    return recipes.load_settings(
        Settings, recipe, kind="classification", preset=preset, method=method, seed=seed, overrides=overrides
    )


def read_settings(config: Path) -> Settings:
    """The resolved settings of a run folder. Raises ConfigError."""
    try:
        return Settings.model_validate(yaml.safe_load(config.read_text(encoding="utf-8")))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigError(f"{config} does not hold this version's settings: {error}") from error
