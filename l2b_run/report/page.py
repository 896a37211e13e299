"""A self-contained HTML page from a template: styles and script inside, nothing loaded, texts that stay texts."""

import base64
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from l2b_data.files.atomic import write_text
from l2b_run.report.curves import HEIGHT, WIDTH, curve_panels
from l2b_run.report.runs import RunRecord, definitions_of


def render_page(package: str, template: str, *, style: str, script: str = "", **values: Any) -> str:
    """Fill `template` of `package`/templates; it may import macros from those of l2b_run.report.

    The template gets `style`, `script` ("": a page without) and `policy`, the content security policy that allows these
    and inline pictures alone. Of `values`, texts are escaped; Markup is not.
    """
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package, "templates"), PackageLoader("l2b_run.report", "templates")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    rules = ["default-src 'none'", "img-src data:"]
    for name, text in (("style", style), ("script", script)):
        if text:
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
            rules.append(f"{name}-src 'sha256-{digest}'")
    policy = Markup("; ".join([*rules, "base-uri 'none'", "form-action 'none'"]))
    found = environment.get_template(template)
    return found.render(policy=policy, style=Markup(style), script=Markup(script), **values)


def page_source(package: str, *names: str) -> str:
    """The files `names` of `package`/templates as one text."""
    return "".join(files(package).joinpath("templates", name).read_text(encoding="utf-8") for name in names)


def json_for_script(value: Any) -> str:
    r"""JSON that may stand in a <script> element: no `<`, `>` or `&` in it, whatever the texts; they become \u003c."""
    text = json.dumps(value, allow_nan=False, ensure_ascii=True, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def run_labels(paths: Sequence[Path]) -> list[str]:
    """Folder names, with as many parents as it takes to tell the runs apart."""
    full = [path.resolve() for path in paths]
    names = [path.name for path in full]
    if len(set(names)) == len(names) or len(full) < 2:
        return names
    common = os.path.commonpath([str(path.parent) for path in full])
    return [str(path.relative_to(common)) for path in full]


def write_page(
    out: Path | str,
    package: str,
    *,
    title: str,
    labels: Sequence[str],
    runs: Sequence[RunRecord],
    curves: Sequence[tuple[str, str]],
    definitions: Mapping[str, str],
    sections: Mapping[str, object],
    more_curves: Sequence[object] = (),
    review: str = "",
    **values: Any,
) -> Path:
    """Write report.html.j2 of `package`/templates, which extends frame.html.j2, with report.css and report.js there.

    It holds its styles, script and pictures itself and loads nothing; a content security policy forbids the rest. Every
    text from the files stays text. curves: (key in metrics.jsonl, title). sections: heading -> what it shows; one
    without anything is left out. more_curves: what the template draws below the runs' curves. review: `audit_key` of
    the audit whose samples are decided on in the page; "": none. Atomic: on any error an existing file stays as it is.
    Returns the path.
    """
    panels = curve_panels([(label, run.epochs) for label, run in zip(labels, runs, strict=True)], curves)
    decide = ["decisions"] if review else []
    there = {"Runs": runs, "Curves": panels or more_curves, **sections, "Definitions": True}
    page = render_page(
        package,
        "report.html.j2",
        style=page_source("l2b_run.report", *(f"{name}.css" for name in ("report", *decide)))
        + page_source(package, "report.css"),
        script=page_source("l2b_run.report", *(f"{name}.js" for name in ("tables", *decide)))
        + page_source(package, "report.js"),
        review=review,
        title=title,
        sections=[name for name, shown in there.items() if shown],
        panels=panels,
        panel_size=(WIDTH, HEIGHT),
        more_curves=more_curves,
        warnings=_warnings(labels, runs),
        definitions=definitions_of((run.summary for run in runs), definitions),
        **values,
    )
    write_text(Path(out), page)
    return Path(out)


def _warnings(labels: Sequence[str], runs: Sequence[RunRecord]) -> list[tuple[str, str]]:
    return [(label, line) for label, run in zip(labels, runs, strict=True) for line in run.summary.warnings or ()]
