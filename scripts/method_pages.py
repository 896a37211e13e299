"""docs/methods: a page a method, its words written by hand, the rest made from the table of methods and the settings.

    python scripts/method_pages.py            # after a change of a method, its settings or the words
    python scripts/method_pages.py --check    # names the pages that are stale; exit code 1

The words stand in docs/methods/NAME.md itself, above the line MARK: a heading "# NAME", what the method does and when
to use it. Where it reads settings beside its own block, or only some of that, they end in lines such as
"Settings: warm_up, bootstrap, losses.mixup_alpha". What is below the line is made here, and so is the index, README.md.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from l2b_cli.shared.methods_of import method_row
from l2b_cls.config import Settings as ClsSettings
from l2b_cls.methods.table import METHODS as CLS
from l2b_data.files.atomic import write_text
from l2b_run.training.method import Method
from l2b_seg.config import Settings as SegSettings
from l2b_seg.methods.table import METHODS as SEG

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "methods"
INDEX = "README.md"
MARK = "<!-- Made by scripts/method_pages.py from here on; write above this line. -->"
_SETTINGS = "Settings:"
_COMMON = """# Methods

What `train --method` takes, from the tables in `l2b_seg/methods/table.py` and `l2b_cls/methods/table.py`. Cost is that
of a step in plain steps of the same network, with a meta batch as large as the train batch. Every method also reads
`optimizer`, `epochs`, `batch_size`, `average_decay` and the data's settings. The pages give each option's default; a
recipe's preset may have another value (`--dry-run` prints what holds), and `--set KEY=VALUE` changes it.
"""


@dataclass(frozen=True)
class Tool:
    """A command, the methods of its table, and the settings of its runs."""

    command: str
    methods: Mapping[str, Method]
    settings: type[BaseModel]


TOOLS = (Tool("l2b-seg", SEG, SegSettings), Tool("l2b-cls", CLS, ClsSettings))


@dataclass(frozen=True)
class Option:
    """A setting: "block.name", its default and the other values it can have, what it means."""

    key: str
    default: str
    meaning: str


def made_pages(folder: Path = FOLDER) -> dict[Path, str]:
    """Every page as it should be, the words in `folder` with what is made below them, and the index.

    Raises ValueError with all that is missing or unknown.
    """
    found, faults = {folder / INDEX: index()}, []
    for name in _names():
        path = folder / f"{name}.md"
        try:
            found[path] = page(name, words_of(path))
        except ValueError as error:
            faults.append(f"{path}: {error}")
    if faults:
        raise ValueError("\n".join(faults))
    return found


def stale_pages(folder: Path = FOLDER) -> list[Path]:
    """Pages of `folder` that are not as they should be, and those of no method."""
    made = made_pages(folder)
    stale = [path for path, text in made.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    return stale + sorted(set(folder.glob("*.md")) - set(made))


def words_of(path: Path) -> str:
    """What is written by hand at the head of a page. Raises ValueError where there is nothing, or no heading."""
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    words = text.partition(MARK)[0].strip()
    if not words.startswith(f"# {path.stem}\n"):
        raise ValueError(f"write '# {path.stem}', what it does and when to use it, then run scripts/method_pages.py")
    return words


def page(name: str, words: str) -> str:
    """A method's page: its words, the facts of the table, its options."""
    tools = [tool for tool in TOOLS if name in tool.methods]
    facts = {
        "What it does": _said(tools, name, "text"),
        "Source": _said(tools, name, "source"),
        "Clean labels": _said(tools, name, "needs"),
        "Cost of a step": _said(tools, name, "cost", "{:g} x a plain step"),
        "Fixed": ", ".join(f"`meta.{key}={value}`" for key, value in tools[0].methods[name].meta.items()),
        "Also called": ", ".join(f"`{alias}`" for alias in tools[0].methods[name].aliases),
        "Command": ", ".join(f"`{tool.command} train RECIPE --method {name}`" for tool in tools),
    }
    lines = [words, "", MARK, "", "| | |", "|---|---|"]
    lines += [f"| {key} | {value} |" for key, value in facts.items() if value]
    options = list(_option_lines(tools, name, _named_settings(words)))
    if options:
        lines += ["", "| option | default | meaning |", "|---|---|---|", *options]
    return "\n".join(lines) + "\n"


def index() -> str:
    """README.md of the folder: a line a method."""
    lines = [_COMMON, "| method | what it does | tools | clean labels | cost | source |", "|---|---|---|---|---|---|"]
    for name in _names():
        tools = [tool for tool in TOOLS if name in tool.methods]
        text, source, needs = (_said(tools, name, key) for key in ("text", "source", "needs"))
        commands, cost = ", ".join(tool.command for tool in tools), _said(tools, name, "cost", "{:g}")
        lines.append(f"| [{name}]({name}.md) | {text} | {commands} | {needs} | {cost} | {source} |")
    return "\n".join(lines) + "\n"


def _names() -> list[str]:
    """The methods of both tools, classification's first, each once."""
    return list(dict.fromkeys([*CLS, *SEG]))


def _named_settings(words: str) -> list[str]:
    """The settings that the words name at their end."""
    names = words.partition(f"\n{_SETTINGS}")[2]
    return [name.strip() for name in names.split(",")] if names else []


def _option_lines(tools: list[Tool], name: str, named: list[str]) -> Iterator[str]:
    """A line of the table of options for each setting; ones of the same name in both tools are one line."""
    by_key: dict[str, dict[str, Option]] = {}
    for key in named + _own_block(tools, name, named):
        found = {tool.command: list(_options(tool.settings, key)) for tool in tools}
        if not any(found.values()):
            raise ValueError(f"'{_SETTINGS} {key}': no such setting")
        for command, options in found.items():
            for option in options:
                by_key.setdefault(option.key, {})[command] = option
    if silent := [key for key, each in by_key.items() if not all(option.meaning for option in each.values())]:
        raise ValueError(f"no description of {', '.join(silent)}; give their Fields one")
    for key, each in by_key.items():
        defaults = _of_tools({command: option.default for command, option in each.items()}, tools)
        both = {command: option.meaning for command, option in each.items()}
        meanings = _of_tools(both, [tool for tool in tools if tool.command in both])
        yield f"| `{key}` | {defaults} | {meanings} |"


def _own_block(tools: list[Tool], name: str, named: list[str]) -> list[str]:
    """The method's own block, unless the words name what of it counts."""
    blocks = {block[0] for tool in tools if (block := tool.methods[name].settings) is not None}
    return sorted(block for block in blocks if not any(one.startswith(f"{block}.") for one in named))


def _options(settings: type[BaseModel], key: str) -> Iterator[Option]:
    """The setting `key` of a tool, or all settings of the block of that name; none where it has no such thing."""
    block, _, inside = key.partition(".")
    if block not in settings.model_fields:
        return
    default = settings.model_fields[block].default
    if not isinstance(default, BaseModel):
        yield _option(settings, block, block, default)
        return
    for name in type(default).model_fields:
        if inside in ("", name):
            yield _option(type(default), name, f"{block}.{name}", getattr(default, name))


def _option(model: type[BaseModel], name: str, key: str, default: Any) -> Option:
    annotation = model.model_fields[name].annotation
    shown = f"`{default if isinstance(default, str) else json.dumps(default)}`"
    if get_origin(annotation) is Literal:
        shown += " of " + ", ".join(str(choice) for choice in get_args(annotation))
    return Option(key, shown, _meaning(model, name))


def _meaning(model: type[BaseModel], name: str) -> str:
    """The description of a setting, or of the one it overrides."""
    for base in model.__mro__:
        field = getattr(base, "__pydantic_fields__", {}).get(name)
        if field is not None and field.description:
            return str(field.description)
    return ""


def _said(tools: list[Tool], name: str, key: str, text: str = "{}") -> str:
    """What the table says of a method under `key`, written as `text`."""
    return _of_tools({tool.command: text.format(method_row(name, tool.methods[name])[key]) for tool in tools}, tools)


def _of_tools(values: Mapping[str, str], tools: list[Tool]) -> str:
    """One value where all tools say the same, else each with its tool."""
    if len(values) == len(tools) and len(set(values.values())) == 1:
        return next(iter(values.values()))
    return "; ".join(f"{value} ({command})" for command, value in values.items())


def main(arguments: list[str], folder: Path = FOLDER) -> int:
    """Write every page; with --check only say which are stale."""
    try:
        if "--check" not in arguments:
            for path, text in made_pages(folder).items():
                write_text(path, text)
        stale = stale_pages(folder)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    for path in stale:
        print(f"{path}: stale, or the page of no method; run python scripts/method_pages.py", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
