"""The metadata of a run as a page for readers."""

from collections.abc import Mapping
from typing import Any

from l2b_data.cases.noise_manifest import noise_text
from l2b_data.files.shorten import counted

_SHOWN = {"dice": "Dice", "iou": "IoU", "hd": "HD", "hd95": "HD95", "assd": "ASSD"}


def model_card(metadata: Mapping[str, Any]) -> str:
    """Markdown of `run_metadata`: what goes in and comes out, what it was trained on, how it did, its limits."""
    channels, classes = ", ".join(metadata["channels"]), ", ".join(metadata["classes"])
    number = counted(len(metadata["channels"]), "channel")
    takes, gives = metadata["input"], metadata["output"]
    steps = "\n".join(f"{number}. {_step(step)}" for number, step in enumerate(takes["preprocessing"], 1))
    version = f" {metadata['l2b_version']}" if metadata["l2b_version"] else ""
    return f"""# Segmentation of {classes}

A UNet++ that marks {classes} in 2-D slices or pictures with {number} ({channels}),
trained with l2b-seg{version} by method `{metadata["training"]["method"]}`.

## Use

    l2b-seg predict THIS_FOLDER IMAGE_OR_FOLDER MASKS

or load `model.safetensors` into the network `metadata.json` names. Input: {_shape(takes)}, float32, made so:

{steps}

Output: {_shape(gives)}, {gives["text"]}. Channels: {", ".join(gives["channels"])}.
Values in a mask: {", ".join(f"{name} = {value}" for name, value in metadata["classes"].items())}; \
{metadata["background"]} is background.

## Training

{_training(metadata["training"])}

## Results

{_results(metadata["results"])}

## Limits

Research software, no medical device. It has seen the data named above and no other: on images of another scanner,
protocol, organ or population it may fail without a sign. Where its training masks were wrong in one way throughout, it
may have learned that. Look at its masks, and evaluate on cases of your own before you rely on them.
"""


def _step(step: Mapping[str, Any]) -> str:
    value = step[{"orientation": "plane", "intensity": "kind", "crop": "share", "resize": "size"}[step["step"]]]
    return f"{step['step']}" + (f" {value}" if value is not None else "") + f": {step['text']}"


def _shape(tensor: Mapping[str, Any]) -> str:
    return f"`{tensor['name']}` ({', '.join(map(str, tensor['shape']))})"


def _training(training: Mapping[str, Any]) -> str:
    how = (
        f"Recipe `{training['recipe']}`, preset `{training['preset']}`, method `{training['method']}`, "
        f"{training['epochs']} epochs, seed {training['seed']}."
    )
    data = training["data"]
    if data is None:
        return f"{how}\n\nThe run does not say what data it was trained on."
    known = noise_text(data["noise"])
    noise = f" ({known})" if known else ""
    return (
        f"{how}\n\nData set `{data['data_set']}`: {data['n_train']} training cases with the masks of `{data['labels']}`"
        f"{noise}, {data['n_meta']} cases with masks known to be clean, {data['n_evaluation']} cases for evaluation."
    )


def _results(results: Mapping[str, Any] | None) -> str:
    if results is None:
        return "The run was not evaluated."
    names = [name for name in _SHOWN if results["mean"].get(name) is not None]
    rows = {"mean": results, **results.get("classes", {})}
    lines = [f"| | {' | '.join(_SHOWN[name] for name in names)} |", f"|---|{'---|' * len(names)}"]
    for label, row in rows.items():
        lines.append(f"| {label} | {' | '.join(_number(name, row['mean'].get(name)) for name in names)} |")
    definitions = results["definitions"] or {}
    meanings = "\n".join(f"- {_SHOWN[name]}: {definitions[name]}" for name in names if name in definitions)
    return (
        "\n".join(lines)
        + f"\n\nMean over {results['n_cases']} cases after the last epoch; distances in {results['unit']}, over the "
        f"{results['n_defined']} cases with both masks; {results['n_missed']} missed.\n\n{meanings}"
    )


def _number(name: str, value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.4f}" if name in ("dice", "iou") else f"{value:.2f}"
