"""From a YAML recipe to the settings of a classification run."""

from pathlib import Path

from l2b_cls.config import Settings
from l2b_run.settings import recipe as recipes


def load_settings(
    recipe: str | Path, *, preset: str, method: str, seed: int = 0, overrides: list[str] | None = None
) -> Settings:
    """`load_settings` of a classification recipe. Raises ConfigError with every fault in one message."""
    return recipes.load_settings(
        Settings, recipe, kind="classification", preset=preset, method=method, seed=seed, overrides=overrides
    )


def read_settings(config: Path) -> Settings:
    """The resolved settings of a classification run's folder. Raises ConfigError with every fault."""
    return recipes.read_settings(Settings, config)
