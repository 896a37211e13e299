"""The tables of the papers, a YAML file each, in this folder."""

from collections.abc import Collection
from pathlib import Path

import yaml

from l2b_data.errors import ConfigError
from l2b_run.settings.recipe import Kind, validate
from pipelines.reproduce.tables.table import Table

FOLDER = Path(__file__).parent


def read_table(name: str, kind: Kind) -> Table:
    """The table of this name. Raises ConfigError, with the names there are, where `kind` has none of it."""
    tables = {table.name: table for table in read_tables(kind)}
    if name not in tables:
        raise ConfigError(f"there is no table {name!r}: take one of {', '.join(tables)} (--list says more)")
    return tables[name]


def read_tables(kind: Kind) -> list[Table]:
    """All tables of a task, by name. Raises ConfigError for a file that is none."""
    tables = [read_table_file(path) for path in sorted(FOLDER.glob("*.yaml"))]
    return [table for table in tables if table.kind == kind]


def read_table_file(path: Path) -> Table:
    """The table of a YAML file, its name the file's. Raises ConfigError with every fault."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigError(f"table {path} cannot be read as YAML: {error}") from error
    table = validate(Table, content, f"table {path}")
    if table.name != path.stem:
        raise ConfigError(f"table {path}: its name is {table.name!r}")
    return table


def unknown_methods(table: Table, known: Collection[str]) -> list[str]:
    """Methods that rows of the table name and that are not among the `known` ones."""
    return list(dict.fromkeys(row.method for row in table.rows if row.method and row.method not in known))
