"""From a YAML recipe to the settings of a segmentation run."""

from pathlib import Path

from l2b_run.settings import recipe
from l2b_run.settings import recipe as recipes
from l2b_seg.config import Settings


def load_settings(
    recipe: str | Path, *, preset: str, method: str, seed: int = 0, overrides: list[str] | None = None
) -> Settings:
    """`load_settings` of a segmentation recipe. Raises ConfigError with every fault in one message."""
    return recipes.load_settings(
        Settings, recipe, kind="segmentation", preset=preset, method=method, seed=seed, overrides=overrides
    )


def read_settings(config: Path) -> Settings:
    """The resolved settings of a segmentation run's folder. Raises ConfigError with every fault."""
    return recipe.read_settings(Settings, config)
