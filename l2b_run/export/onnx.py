"""A network as an ONNX file that carries its own description, and its difference from the network."""

import io
import json
import logging
import warnings
from collections.abc import Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from l2b_data.errors import ConfigError, L2BError
from l2b_data.files.atomic import atomic_file
from l2b_data.files.extras import require_extra

OPSET = 18
METADATA_KEY = "l2b"
BATCHES = (1, 2, 5)
TOLERANCE = 1e-4


def require_onnx(file: Path) -> None:
    """Raises ConfigError where `file` does not end with .onnx, or the extra `onnx` is not installed."""
    if file.suffix.lower() != ".onnx":
        raise ConfigError(f"--onnx {file}: name a file that ends with .onnx")
    require_extra("onnx", "export --onnx")


def onnx_bytes(network: nn.Module, example: Tensor, metadata: Mapping[str, Any], *, input_name: str) -> bytes:
    """An ONNX file's bytes: `input_name` as `example` (N, ...) float32, N free, -> "probabilities".

    `metadata` lies in the file as JSON under METADATA_KEY. Needs the extra `onnx`.
    """
    logging.getLogger("onnxscript").setLevel(logging.ERROR)
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):  # its progress goes to stdout
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            network,
            (example,),
            input_names=[input_name],
            output_names=["probabilities"],
            dynamic_shapes={input_name: {0: torch.export.Dim("batch", min=1)}},
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    model = program.model_proto
    entry = model.metadata_props.add()
    entry.key, entry.value = METADATA_KEY, json.dumps(metadata, allow_nan=False)
    content: bytes = model.SerializeToString()
    return content


def onnx_difference(network: nn.Module, content: bytes, inputs: Tensor, *, input_name: str) -> float:
    """The largest absolute difference between onnxruntime (CPU) and `network` on `inputs`, over batches of BATCHES."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    differences = []
    for n in BATCHES:
        with torch.no_grad():
            expected = network(inputs[:n]).numpy()
        (found,) = session.run(["probabilities"], {input_name: inputs[:n].numpy()})
        differences.append(float(np.abs(found - expected).max()))
    return max(differences)


def write_onnx(file: Path, content: bytes, parity: Mapping[str, float]) -> dict[str, Any]:
    """Write the bytes of an ONNX file; returns file, bytes, opset and parity (largest differences from the run).

    Raises L2BError for a difference of TOLERANCE or more, or one that is no number; nothing is written then.
    """
    if not max(parity.values()) < TOLERANCE:
        raise L2BError(f"{file} was not written: its probabilities differ from the run's by {parity}; report this")
    with atomic_file(file) as temporary:
        temporary.write_bytes(content)
    return {"file": str(file), "bytes": len(content), "opset": OPSET, "parity": parity}
