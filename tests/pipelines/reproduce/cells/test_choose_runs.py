"""Which runs a table and a user's wishes make."""

import pytest

from l2b_data.errors import ConfigError, DataError
from pipelines.reproduce.cells.choose_runs import (
    Asked,
    check_overrides,
    choose_runs,
    chosen_columns,
    chosen_rows,
    parse_data,
)
from pipelines.reproduce.tables.read_table import read_table

TABLE1 = read_table("table1", "classification")
KNOWN = ("ce", "bootstrap-hard", "l2rw", "l2b", "l2b-dividemix")


def chosen(table, tmp_path, **asked):
    asked = Asked(tmp_path, asked.pop("data", dict.fromkeys(table.data, tmp_path)), "cpu", **asked)
    return choose_runs(table, asked, KNOWN)


def test_a_run_is_a_request_of_train(tmp_path):
    (run,) = chosen(TABLE1, tmp_path, cells=["cifar10:0.4"], methods=["ce"], overrides=["epochs=2"], device="cpu")
    assert run.out == tmp_path / "runs" / "cifar10-uniform-0.4_ce_s0"
    request = run.request
    assert (request.recipe, request.data, request.method, request.noise) == ("cifar10", tmp_path, "ce", "uniform:0.4")
    assert (request.preset, request.overrides, request.device, request.out) == ("cpu", ["epochs=2"], "cpu", run.out)


def test_every_cell_of_a_seed_comes_before_the_next_seed(tmp_path):
    runs = chosen(TABLE1, tmp_path, cells=["cifar10"], methods=["ce", "l2b"], seeds=2)
    assert [run.out.name for run in runs[:3]] == [
        *("cifar10-uniform-0.2_ce_s0", "cifar10-uniform-0.2_l2b_s0", "cifar10-uniform-0.3_ce_s0")
    ]
    assert [run.seed for run in runs] == [0] * 8 + [1] * 8


def test_noise_follows_the_seed_in_classification_and_is_one_in_segmentation(tmp_path):
    runs = chosen(TABLE1, tmp_path, cells=["cifar10:0.4"], methods=["ce"], seeds=3)
    assert [(run.request.seed, run.request.noise_seed) for run in runs] == [(0, 0), (1, 1), (2, 2)]
    table = read_table("table6", "segmentation")
    asked = Asked(tmp_path, {"promise12": tmp_path}, "cpu", cells=["promise12:L1"], seeds=3)
    runs = choose_runs(table, asked, ["unetpp"])
    assert [(run.request.seed, run.request.noise_seed) for run in runs] == [(0, 0), (1, 0), (2, 0)]


def test_metrics_of_one_noise_share_a_run(tmp_path):
    table = read_table("table5", "segmentation")
    runs = choose_runs(table, Asked(tmp_path, {"promise12": tmp_path}, "cpu"), ["unetpp", "l2b"])
    assert [run.out.name for run in runs] == ["promise12-L2_unetpp_s0", "promise12-L2_l2b_s0"]


def test_the_size_of_the_clean_set_and_none_at_all(tmp_path):
    table = read_table("table7", "classification")
    runs = chosen(table, tmp_path, cells=["cifar10:0.5"])
    assert {run.row.key: run.request.overrides for run in runs} == {
        "l2b-dividemix-0": ["data.keep_meta_in_train=true", "meta.source=online"],
        "l2b-dividemix-500": ["data.keep_meta_in_train=true", "data.meta_size=500"],
        "l2b-dividemix-1000": ["data.keep_meta_in_train=true", "data.meta_size=1000"],
    }


def test_what_the_ablation_fixes(tmp_path):
    runs = chosen(read_table("table8", "classification"), tmp_path, cells=["cifar100:0.2"])
    assert {run.row.title: run.request.overrides for run in runs} == {
        "CE": [],
        "alpha=0": ["bootstrap.normalize=rectified", "bootstrap.candidates=pseudo"],
        "beta=0": ["bootstrap.normalize=rectified", "bootstrap.candidates=given"],
        "alpha+beta=1": ["bootstrap.normalize=sum_to_one"],
        "alpha,beta>=0": ["bootstrap.normalize=rectified"],
    }


def test_the_preset_s_own_settings_come_after_those_of_all_and_a_column_s_after_the_table_s(tmp_path):
    table = read_table("rmnw1", "classification")
    for preset, count in (("paper", 17), ("cpu", 0)):
        asked = Asked(tmp_path, {"cifar10": tmp_path}, preset, cells=["cifar10:flip2:0.4"], methods=["ce"])
        (run,) = choose_runs(table, asked, ["ce"])
        assert len(run.request.overrides) == count
        if preset == "paper":
            assert run.request.overrides[0] == "network.architecture=wrn-28-10"
            assert run.request.overrides[-2] == "network.architecture=resnet32"


def test_a_method_names_all_of_its_rows(tmp_path):
    table = read_table("table7", "classification")
    assert [row.key for row in chosen_rows(table, ["l2b-dividemix"], KNOWN)] == [
        f"l2b-dividemix-{size}" for size in (0, 500, 1000)
    ]
    assert [row.key for row in chosen_rows(table, ["l2b-dividemix-500"], KNOWN)] == ["l2b-dividemix-500"]


def test_unknown_cells_and_methods_are_refused_with_those_there_are():
    with pytest.raises(ConfigError) as caught:
        chosen_columns(TABLE1, ["cifar10:0.4", "cifar10:0.7", "cifar"])
    assert "--cells cifar10:0.7, cifar: table1 has cifar10:0.2, cifar10:0.3" in str(caught.value)
    with pytest.raises(ConfigError) as caught:
        chosen_rows(read_table("table2", "classification"), ["l3b", "dividemix", "GCE"], ["mixup"])
    assert str(caught.value).splitlines() == [
        "--methods l3b: no row of table2; it has mixup",
        "--methods dividemix: table2 has its published numbers alone, no such method is here",
        "--methods GCE: table2 has its published numbers alone, no such method is here",
    ]


def test_data_by_name_and_one_path_for_cells_of_one_data_set(tmp_path):
    (tmp_path / "a=b").mkdir()
    everything, one = TABLE1.columns, chosen_columns(TABLE1, ["cifar100"])
    assert parse_data([f"cifar10={tmp_path}"], TABLE1, everything) == {"cifar10": tmp_path}
    assert parse_data([str(tmp_path / "a=b")], TABLE1, one) == {"cifar100": tmp_path / "a=b"}
    for texts, fault in (
        ([str(tmp_path)], "which of cifar10, cifar100, isic2019? NAME=PATH"),
        ([f"mnist={tmp_path}"], "table1 needs cifar10, cifar100, isic2019"),
        ([f"cifar10={tmp_path}", f"cifar10={tmp_path}"], "cifar10 was given already"),
        ([], "--data is missing: name cifar10=PATH or cifar100=PATH or isic2019=PATH"),
    ):
        with pytest.raises(ConfigError) as caught:
            parse_data(texts, TABLE1, everything)
        assert fault in str(caught.value)
    with pytest.raises(ConfigError, match="--data is missing: name cifar100=PATH"):
        parse_data([f"cifar10={tmp_path}"], TABLE1, one)
    with pytest.raises(DataError, match="nowhere: no such folder"):
        parse_data([f"cifar10={tmp_path / 'nowhere'}"], TABLE1, everything)


def test_cells_without_data_are_not_run(tmp_path):
    runs = chosen(TABLE1, tmp_path, methods=["ce"], data={"isic2019": tmp_path})
    assert [run.column.cell for run in runs] == [f"isic2019:0.{rate}" for rate in (2, 3, 4, 5)]


def test_settings_of_a_row_a_method_and_a_data_set(tmp_path):
    texts = ["epochs=2", "ce:epochs=3", "cifar100:batch_size=9", "cifar100:l2b:optimizer.lr=0.5", "l2rw:warm_up=0.5"]
    found = {
        (run.column.data, run.row.key): run.request.overrides
        for run in chosen(
            TABLE1, tmp_path, cells=["cifar10:0.2", "cifar100:0.2"], methods=["ce", "l2b"], overrides=texts
        )
    }
    assert found == {
        ("cifar10", "ce"): ["epochs=2", "epochs=3"],
        ("cifar10", "l2b"): ["epochs=2"],
        ("cifar100", "ce"): ["epochs=2", "epochs=3", "batch_size=9"],
        ("cifar100", "l2b"): ["epochs=2", "batch_size=9", "optimizer.lr=0.5"],
    }
    check_overrides(TABLE1, [*texts, "network.weights=a:b=c"])
    with pytest.raises(ConfigError, match="--set c2d:epochs=2: no row, method or data set of table1 has such a name"):
        check_overrides(TABLE1, ["epochs=2", "c2d:epochs=2"])
