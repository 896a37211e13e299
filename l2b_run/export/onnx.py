"""A network as an ONNX file that carries its own description, and its difference from the network."""

import io
import json
import logging
import warnings
from collections.abc import Callable, Mapping
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


def write_onnx(
    file: Path,
    network: nn.Module,
    inputs: Mapping[str, Tensor],
    metadata: Mapping[str, Any],
    *,
    input_name: str,
    parity: Mapping[str, float] | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Write `network` as ONNX: `input_name` (N, ...) float32, N free, -> "probabilities"; `say` gets a line a step.

    `metadata` lies in the file as JSON under METADATA_KEY. inputs: name -> (n, ...), n of at least the largest of
    BATCHES, on which onnxruntime (CPU) is compared with torch; "random" is traced. Needs the extra `onnx`. Atomic.

    Returns:
        file, bytes, opset, and parity: `parity`, and of each input the largest absolute difference over batches of
        BATCHES.

    Raises:
        L2BError: a difference of TOLERANCE or more, or one that is no number; nothing is written.
    """
    say("[1/2] tracing the network")
    content = _onnx_bytes(network, inputs["random"][:2], metadata, input_name=input_name)
    say("[2/2] comparing it with the run in onnxruntime")
    found = {name: _difference(network, content, of, input_name=input_name) for name, of in inputs.items()}
    found |= parity or {}
    if not max(found.values()) < TOLERANCE:
        raise L2BError(f"{file} was not written: its probabilities differ from the run's by {found}; report this")
    with atomic_file(file) as temporary:
        temporary.write_bytes(content)
    return {"file": str(file), "bytes": len(content), "opset": OPSET, "parity": found}


def _onnx_bytes(network: nn.Module, example: Tensor, metadata: Mapping[str, Any], *, input_name: str) -> bytes:
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
    for node in model.graph.node:  # stack traces, with the folders this program is installed in
        del node.metadata_props[:]
    entry = model.metadata_props.add()
    entry.key, entry.value = METADATA_KEY, json.dumps(metadata, allow_nan=False)
    return model.SerializeToString()


def _difference(network: nn.Module, content: bytes, inputs: Tensor, *, input_name: str) -> float:
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
