"""A table or figure of a paper as a value: columns of data and noise, rows of methods, the paper's own numbers."""

from dataclasses import dataclass
from typing import Literal, Self

from pydantic import Field, model_validator

from l2b_run.settings.recipe import Kind
from l2b_run.settings.shared import Strict

MetricName = Literal["accuracy", "dice", "hd", "hd95", "assd", "auc"]


@dataclass(frozen=True)
class Metric:
    """How a metric is written: its word, and the factor from a summary's value to the tables' unit (100: percent)."""

    word: str
    factor: float = 1.0


METRICS: dict[MetricName, Metric] = {
    "accuracy": Metric("accuracy %", 100),
    "dice": Metric("Dice %", 100),
    "hd": Metric("HD"),
    "hd95": Metric("HD95"),
    "assd": Metric("ASD"),
    "auc": Metric("AUC"),
}


class Overrides(Strict):
    """What a table, a column or a row sets over the recipe, as `--set` has it: in every preset, and in one alone."""

    always: list[str] = Field([], alias="set")
    set_of_preset: dict[str, list[str]] = Field({})

    def of(self, preset: str) -> list[str]:
        """Those that hold in `preset`, its own last."""
        return self.always + self.set_of_preset.get(preset, [])


class Column(Overrides):
    """Data and noise of the training labels. cell: its name for `--cells`. data: a recipe's name."""

    cell: str
    data: str
    noise: str
    metric: MetricName | None = Field(None, description="the table's, if left out")


class Row(Overrides):
    """A method. title: its name in the paper. method: ours, None without one. name: apart from rows of its method.

    paper, std: the paper's number a column, None where it has none. quoted: the paper took them from other papers.
    meta_size: number of clean samples, 0 for none; the recipe's where it is None.
    """

    title: str
    method: str | None = None
    name: str = ""
    meta_size: int | None = Field(None, ge=0)
    quoted: bool = False
    paper: list[float | None] = Field([])
    std: list[float | None] = Field([])

    @property
    def key(self) -> str:
        """What the row goes by in `--methods` and in the names of run folders."""
        return self.name or self.method or self.title


class Table(Overrides):
    """A table. runs: over which the paper's numbers are means, None where it does not say.

    noise_seed: whether every seed draws noise and split of its own, or all share one noise. figure: curves by epoch.
    """

    name: str
    kind: Kind
    title: str
    source: str
    metric: MetricName
    decimals: int = Field(ge=0, le=4)
    runs: int | None = Field(None, ge=1)
    noise_seed: Literal["every", "one"] = "every"
    figure: bool = False
    notes: list[str] = Field([])
    columns: list[Column] = Field(min_length=1)
    rows: list[Row] = Field(min_length=1)

    @property
    def data(self) -> list[str]:
        """The recipes whose data it needs, in their order."""
        return list(dict.fromkeys(column.data for column in self.columns))

    @property
    def cells(self) -> list[str]:
        """The names that `--cells` takes, in their order."""
        return list(dict.fromkeys(column.cell for column in self.columns))

    def metric_of(self, column: Column) -> MetricName:
        """What the numbers of a column are."""
        return column.metric or self.metric

    def head_of(self, column: Column) -> str:
        """Heading of a column below its data's: the noise, and the metric where it is not the same for all."""
        noise = "labels as given" if column.noise == "none" else column.noise
        several = len({self.metric_of(one) for one in self.columns}) > 1
        return f"{noise} {METRICS[self.metric_of(column)].word}" if several else noise

    @model_validator(mode="after")
    def _fits(self) -> Self:
        faults, keys = [], [row.key for row in self.rows]
        faults += [f"row {key!r} stands there twice" for key in dict.fromkeys(keys) if keys.count(key) > 1]
        for row in self.rows:
            for name, numbers in (("paper", row.paper), ("std", row.std)):
                if numbers and len(numbers) != len(self.columns):
                    faults.append(f"row {row.key!r}: {name} has {len(numbers)} numbers for {len(self.columns)} columns")
        if faults:
            raise ValueError("; ".join(faults))
        return self
