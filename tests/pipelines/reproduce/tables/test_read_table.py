"""The papers' tables as they stand in the files, and files that are none."""

import pytest

from l2b_data.errors import ConfigError
from pipelines.reproduce.cells.choose_runs import Asked, choose_runs
from pipelines.reproduce.cells.table_task import table_task
from pipelines.reproduce.tables.list_tables import list_tables
from pipelines.reproduce.tables.read_table import read_table, read_table_file, read_tables

CLS = [
    *("table1", "table2", "table3", "table4", "table7", "table8"),
    *("rmnw1", "rmnw2", "rmnw3", "fig1a", "fig3", "fig4"),
]
TABLES = read_tables("segmentation") + read_tables("classification")

TABLE = """
name: mine
kind: classification
title: what it shows
source: a paper
metric: accuracy
decimals: 1
columns:
  - {cell: "cifar10:0.2", data: cifar10, noise: "uniform:0.2"}
  - {cell: "cifar10:0.4", data: cifar10, noise: "uniform:0.4"}
rows:
  - {method: ce, title: CE, paper: [86.9, 83.3]}
"""


def test_each_task_has_its_tables():
    assert {table.name for table in read_tables("classification")} == set(CLS)
    assert {table.name for table in read_tables("segmentation")} == {"table5", "table6"}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_table_has_every_number_and_a_figure_has_none(table):
    for row in table.rows:
        assert len(row.paper) == (0 if table.figure else len(table.columns)), row.key
    if table.figure:
        assert all(row.method for row in table.rows)


@pytest.mark.parametrize(
    ("name", "row", "cell", "paper", "std"),
    [
        ("table1", "ce", "cifar10:0.2", 86.9, None),
        ("table1", "l2b", "cifar100:0.5", 64.5, None),
        ("table1", "bootstrap-hard", "isic2019:0.4", 75.7, None),
        ("table2", "l2b-unicon", "cifar10:0.9", 92.8, None),
        ("table2", "GCE", "cifar100:0.9", 8.9, None),
        ("table2", "m-correction", "cifar10:0.8", 86.8, None),
        ("table3", "l2b-c2d", "cifar10:0.4", 94.0, None),
        ("table3", "Chen et al.", "cifar10:0.4", 88.6, None),
        ("table4", "l2b", "clothing1m:as-given", 77.5, 0.2),
        ("table4", "mwnet", "clothing1m:as-given", 73.7, None),
        ("table7", "l2b-dividemix-0", "cifar10:0.9", 82.6, None),
        ("table7", "l2b-c2d-500", "cifar100:0.9", 60.8, None),
        ("table8", "l2b-sum1", "cifar100:0.4", 59.1, None),
        ("rmnw1", "rmnwnet", "cifar100:uniform:0.6", 63.79, 0.39),
        ("rmnw1", "ce", "cifar10:flip2:0.4", 70.77, 2.31),
        ("rmnw1", "s-model", "cifar10:uniform:0.6", None, None),
        ("rmnw2", "mnwnet", "cifar10:flip:0.3", 92.01, 0.23),
        ("rmnw3", "mwnet", "cifar100:flip:0.3", 0.5145, None),
        ("rmnw3", "mnwnet", "cifar10:flip2:0.2", 0.2531, None),
        ("table6", "l2b", "promise12:L1", 77.70, None),
        ("table6", "unetpp", "promise12:L3", 80.03, None),
    ],
)
def test_numbers_as_printed(name, row, cell, paper, std):
    table = next(table for table in TABLES if table.name == name)
    place = table.cells.index(cell)
    (found,) = [one for one in table.rows if one.key == row]
    assert found.paper[place] == paper
    assert (found.std[place] if found.std else None) == std


def test_distances_of_segmentation_as_printed():
    table = read_table("table5", "segmentation")
    assert [table.head_of(column) for column in table.columns] == ["L2 Dice %", "L2 HD", "L2 HD95", "L2 ASD"]
    rows = {row.key: row.paper for row in table.rows}
    assert rows["l2b"] == [80.83, 6.68, None, 2.10]
    assert rows["clean-only"] == [73.04, 17.06, None, 5.50]


def test_what_other_papers_measured_is_marked():
    quoted = {table.name: {row.key for row in table.rows if row.quoted} for table in TABLES}
    assert "mixup" in quoted["table2"]
    assert "dividemix" not in quoted["table2"]
    assert {row.key for row in read_table("rmnw1", "classification").rows} - quoted["rmnw1"] == {
        *("mwnet", "mnwnet", "rmnwnet")
    }


@pytest.mark.parametrize("preset", ["paper", "cpu"])
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_recipes_take_what_a_table_sets(tmp_path, table, preset):
    task = table_task(table.kind)
    pretrained = [f"{name}:network.weights=encoder.safetensors" for name in ("c2d", "l2b-c2d")]
    asked = Asked(tmp_path, dict.fromkeys(table.data, tmp_path), preset, overrides=pretrained)
    distinct = {}
    for run in choose_runs(table, asked, task.methods):
        request = run.request
        distinct[request.recipe, request.method, *request.overrides] = request
        task.planner.noise(request, None)
    for request in distinct.values():
        task.planner.load_settings(request.recipe, preset=preset, method=request.method, overrides=request.overrides)


def test_rows_of_the_paper_preset_run_on_the_networks_of_the_paper(tmp_path):
    task, table = table_task("classification"), read_table("rmnw1", "classification")
    asked = Asked(tmp_path, dict.fromkeys(table.data, tmp_path), "paper", methods=("ce", "mwnet"))
    networks = set()
    for run in choose_runs(table, asked, task.methods):
        request = run.request
        settings = task.planner.load_settings(
            request.recipe, preset="paper", method=request.method, overrides=request.overrides
        )
        milestones = settings.optimizer.milestones
        networks.add((request.noise.partition(":")[0], settings.network.architecture, *milestones, settings.epochs))
    assert networks == {("uniform", "wrn-28-10", 36, 38, 120), ("flip2", "resnet32", 40, 50, 120)}


@pytest.mark.parametrize(
    ("name", "cell", "dividemix", "c2d", "unicon"),
    [
        ("table2", "cifar10:0.2", (0, 0.5, 1), (0, 1), (0, 0.5)),
        ("table2", "cifar10:0.5", (25, 0.5, 1), (25, 1), (30, 0.5)),
        ("table7", "cifar10:0.8", (25, 0.5, 1), (25, 1), (30, 1)),
        ("table2", "cifar10:0.9", (50, 0.6, 5), (50, 5), (50, 1)),
        ("table7", "cifar100:0.2", (25, 0.5, 1), (25, 1), (30, 0.5)),
        ("table2", "cifar100:0.5", (150, 0.5, 1), (150, 1), (30, 0.5)),
        ("table2", "cifar100:0.8", (150, 0.5, 1), (500, 1), (30, 1)),
        ("table7", "cifar100:0.9", (150, 0.6, 5), (500, 5), (30, 1)),
    ],
)
def test_bases_have_the_published_values_of_each_noise(tmp_path, name, cell, dividemix, c2d, unicon):
    """dividemix: weight of the unlabelled loss, threshold, epochs of losses; c2d: without threshold; unicon: factor."""
    task, table = table_task("classification"), read_table(name, "classification")
    pretrained = ["c2d:network.weights=encoder.safetensors"]
    data = dict.fromkeys(table.data, tmp_path)
    asked = Asked(tmp_path, data, "paper", cells=[cell], methods=["dividemix", "c2d", "unicon"], overrides=pretrained)
    found = {}
    for run in choose_runs(table, asked, task.methods):
        request = run.request
        found[run.row.key] = task.planner.load_settings(
            request.recipe, preset="paper", method=request.method, overrides=request.overrides
        )
    own = found["dividemix"].dividemix
    assert (own.unlabelled_weight, own.threshold, own.loss_epochs) == dividemix
    assert (found["c2d"].c2d.unlabelled_weight, found["c2d"].c2d.loss_epochs) == c2d
    assert (found["unicon"].unicon.unlabelled_weight, found["unicon"].unicon.unlabelled_factor) == unicon


def test_an_unknown_table_is_refused_with_the_names_there_are():
    with pytest.raises(ConfigError, match="there is no table 'table9': take one of fig1a, fig3, fig4, rmnw1, rmnw2"):
        read_table("table9", "classification")
    with pytest.raises(ConfigError, match="there is no table 'table1': take one of table5, table6"):
        read_table("table1", "segmentation")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (("[86.9, 83.3]", "[86.9]"), "row 'ce': paper has 1 numbers for 2 columns"),
        (("title: CE, ", "title: CE, std: [1, 2, 3], "), "row 'ce': std has 3 numbers for 2 columns"),
        (("method: ce", "methd: ce"), "rows.0.methd"),
        (("rows:\n", "rows:\n  - {method: ce, title: again}\n"), "row 'ce' stands there twice"),
        (("metric: accuracy", "metric: speed"), "metric"),
        (("name: mine", "name: yours"), "its name is 'yours'"),
        (("name: mine", "name: ["), "cannot be read as YAML"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path, change, fault):
    path = tmp_path / "mine.yaml"
    path.write_text(TABLE)
    assert read_table_file(path).rows[0].paper == [86.9, 83.3]
    path.write_text(TABLE.replace(*change))
    with pytest.raises(ConfigError) as caught:
        read_table_file(path)
    assert fault in str(caught.value)
    assert "mine.yaml" in str(caught.value)


def test_methods_that_are_not_there_yet_are_listed():
    (listed,) = [row for row in list_tables("classification", ["ce", "l2b"]) if row["table"] == "table3"]
    assert listed["cells"] == ["cifar10:0.4"]
    assert [row["row"] for row in listed["rows"] if row["runs"]] == ["ce", "l2b"]
    assert listed["unknown_methods"] == ["m-correction", "dividemix", "l2rw", "mwnet", "l2b-c2d"]
