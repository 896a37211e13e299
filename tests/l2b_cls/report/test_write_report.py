"""The report: what stands in it, what is left out, and folders that are no runs."""

import base64
import io
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from l2b_cli.cls.report import report as command
from l2b_cls.metrics.summary import Summary
from l2b_cls.report.cards import bar_end, sample_deck
from l2b_cls.report.pictures import png_uri
from l2b_cls.report.run_record import RunRecord, read_run
from l2b_cls.report.tables import confusion_table, run_table
from l2b_cls.report.weights import weight_panels
from l2b_cls.report.write_report import write_report
from l2b_data.errors import ConfigError, DataError
from tests.command import call_command
from tests.l2b_cls.saved_run import BATCH, save_images, save_run

AUDIT_ROW = {
    "rank": 1,
    "index": 5,
    "name": "picture 5",
    "given": "cat",
    "proposed": "owl",
    "score": 0.97,
    "probability_given": 0.0314,
    "fold": 1,
}


@pytest.fixture
def images(tmp_path):
    return save_images(tmp_path / "data")


def save_audit(run, *, truth=True):
    quality = {
        "known": 12,
        "wrong": 4,
        "transition": [[0.75, 0.25, 0], [0, 1, 0], [0, 0, 1]],
        "ranking": {
            name: {"auroc": value, "average_precision": 0.5} for name, value in (("score", 0.9), ("loss", 0.8))
        },
        "flags": {"score": {"flagged": 3, "precision": 1.0, "recall": 0.75}},
    }
    found = {
        "run": run.name,
        "n": 16,
        "flagged": 3,
        "in_sample": False,
        "classes": ["cat", "dog", "owl"],
        "transition": [[0.7, 0.3, 0], [0, 1, 0], [0.002, 0, 0.998]],
        "truth": quality if truth else None,
        "definitions": {"judged_by": "networks trained as the run was"},
        "samples": [AUDIT_ROW, AUDIT_ROW | {"rank": 2, "index": 2, "name": "picture 2", "score": 0.6}],
    }
    (run / "audit").mkdir()
    (run / "audit" / "audit.json").write_text(json.dumps(found))


def text_of(page):
    """What a reader reads: no markup, no styles, no script."""
    page = re.sub(r"<(script|style)[^>]*>.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_two_runs_and_all_sections(tmp_path, images):
    runs = [save_run(tmp_path / "plain", images, method="ce", weights=False, accuracy=0.5)]
    runs.append(save_run(tmp_path / "l2b", images, accuracy=0.75, seed=1))
    lines = []
    page = write_report(runs, tmp_path / "r.html", title="Mine", say=lines.append).read_text()
    text = text_of(page)
    for part in ("Mine", "Curves", "Confusion", "Labels", "symmetric:0.4 (25.0% wrong)", "0.7500", "1 min 01 s"):
        assert part in text, part
    assert "Audit" not in text
    assert lines == ["[1/2] plain", "[2/2] l2b"]
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page
    assert page.count("data:image/png;base64,") == 32  # 16 training samples of each run


def test_the_weights_of_the_disbelieved_are_shown(tmp_path, images):
    run = read_run(save_run(tmp_path / "l2b", images))
    deck = sample_deck("l2b", run, limit=4, batch=BATCH)
    cards = deck["cards"]
    assert {card["kind"] for card in cards} == {"distrusted"}  # no given label kept its weight against the network
    assert {card["truth"] for card in cards} == {"wrong"}
    place = run.labels.index.tolist().index(int(cards[0]["name"].split()[1]))
    assert cards[0]["alpha"] == pytest.approx(BATCH * run.log.alpha[:, place].mean(), rel=1e-5)
    assert cards[0]["beta"] > 1 > cards[0]["alpha"]
    assert cards[0]["clean"] == cards[0]["said"] != cards[0]["given"]
    assert "loss of the given label" in deck["how"]


def test_labels_trusted_against_the_network_are_shown_too(tmp_path, images):
    run = read_run(save_run(tmp_path / "l2b", images))
    run.log.predicted[-1] = (run.labels.given + 1) % 3
    cards = sample_deck("l2b", run, limit=6)["cards"]
    assert [card["kind"] for card in cards] == ["distrusted"] * 4 + ["trusted"] * 2
    assert [card["rank"] for card in cards] == [1, 2, 3, 4, 1, 2]
    assert all(card["alpha"] > card["beta"] for card in cards[4:])


def test_bars_are_full_at_plain_training_unless_a_weight_passes_it():
    def deck(*weights):
        return {"cards": [{"alpha": weight, "beta": None} for weight in weights]}

    assert bar_end([deck(0.1, 1.0), deck(None)]) == 1
    assert bar_end([deck(0.1), deck(1.01)]) == 4
    assert bar_end([]) == 1


def test_without_weights_the_loss_ranks(tmp_path, images):
    run = read_run(save_run(tmp_path / "ce", images, weights=False))
    deck = sample_deck("ce", run, limit=4)
    assert [card["truth"] for card in deck["cards"]] == ["wrong"] * 4
    assert deck["cards"][0]["alpha"] is None
    assert "loss of the given label" in deck["how"]
    assert weight_panels("ce", run) is None


def test_an_audit_ranks_instead(tmp_path, images):
    run = save_run(tmp_path / "l2b", images)
    save_audit(run)
    deck = sample_deck("l2b", read_run(run), limit=9)
    assert [card["name"] for card in deck["cards"]] == ["picture 5", "picture 2"]
    assert {card["by"] for card in deck["cards"]} == {"proposed"}
    assert deck["how"].startswith("Ranked by the audit, judged by networks trained as the run was.")
    assert ("suspicion", "0.970") in deck["cards"][0]["numbers"]
    assert "reason" not in dict(deck["cards"][0]["numbers"])
    text = text_of(write_report([run], tmp_path / "r.html").read_text(encoding="utf-8"))
    assert "of 12 samples are known; they were read after the ranking, for this table alone: 4 of their given" in text
    assert "3 of 16 given labels are doubted, judged by networks trained as the run was" in text
    assert "this audit 0.900 0.500 3 1.000 0.750" in text
    assert "loss of the given label (cleanlab&#39;s default) 0.800 0.500 – – –" in text
    assert "cat as dog : 30.0% (in truth 25.0%)" in text


def test_numbers_of_a_card_say_whose_they_are(tmp_path, images):
    """By the network that judged the sample, as in audit.csv; in-sample ones are called so."""
    folder = save_run(tmp_path / "l2b", images)
    run = read_run(folder)
    assert [name for name, _ in sample_deck("l2b", run, limit=1)["cards"][0]["numbers"]] == ["p(given), in-sample"]
    save_audit(folder)
    run = read_run(folder)
    assert sample_deck("l2b", run, limit=1)["cards"][0]["numbers"] == [("p(given)", "0.031"), ("suspicion", "0.970")]
    run.audit["in_sample"] = True
    run.log.predicted[-1] = (run.labels.given + 1) % 3
    run.log.probability[-1] = 0.25
    cards = sample_deck("l2b", run, limit=6)["cards"]
    assert cards[0]["numbers"][0] == ("p(given), in-sample", "0.031")
    (trusted, *_) = (card for card in cards if card["kind"] == "trusted" and card["by"] == "pseudo")
    assert trusted["numbers"] == [("p(given), in-sample", "0.250")]


def test_findings_of_the_audit_stand_on_the_card(tmp_path, images):
    run = save_run(tmp_path / "l2b", images)
    (run / "audit").mkdir()
    (run / "audit" / "audit.json").write_text(json.dumps({"samples": [AUDIT_ROW | {"reason": "copies; outlier"}]}))
    card = sample_deck("l2b", read_run(run), limit=1)["cards"][0]
    assert ("reason", "copies; outlier") in card["numbers"]


def test_the_audit_of_another_folder(tmp_path, images):
    run = save_run(tmp_path / "l2b", images)
    save_audit(run, truth=False)
    (run / "audit").rename(tmp_path / "elsewhere")
    assert read_run(run).audit is None
    text = text_of(write_report([run], tmp_path / "r.html", audit=tmp_path / "elsewhere").read_text())
    assert "given labels are doubted" in text
    assert "ranked by" not in text


def test_weights_of_right_and_wrong_labels_against_the_epoch(tmp_path, images):
    run = read_run(save_run(tmp_path / "l2b", images))
    group = weight_panels("l2b", run, batch=BATCH)
    assert [panel["key"] for panel in group["panels"]] == ["alpha", "beta"]
    wrong = run.labels.clean != run.labels.given
    first = group["panels"][0]["lines"]
    assert [line["label"] for line in first] == ["given label right", "given label wrong"]
    expected = BATCH * run.log.alpha[0][wrong].mean()
    assert first[1]["marks"][0][2] == f"given label wrong, epoch 1: {expected:.4g}"


def test_clean_labels_that_are_not_known_are_not_shown(tmp_path, images):
    run = save_run(tmp_path / "l2b", images, known=False)
    summary = json.loads((run / "summary.json").read_text()) | {"noise": "none", "effective_noise": None}
    (run / "summary.json").write_text(json.dumps(summary))
    assert weight_panels("l2b", read_run(run)) is None
    page = write_report([run], tmp_path / "r.html").read_text(encoding="utf-8")
    assert "none drawn" in page
    assert 'data-filter="truth"' not in page
    assert "given label wrong" not in page


def test_a_data_set_that_has_gone_or_is_another_one(tmp_path, images):
    run = save_run(tmp_path / "l2b", images)
    images.root.rename(tmp_path / "moved")
    page = write_report([run], tmp_path / "r.html").read_text(encoding="utf-8")
    assert "No pictures: " in page
    assert "data:image/png" not in page
    assert "picture" not in [card["name"] for card in sample_deck("l2b", read_run(run), limit=3)["cards"]]
    save_images(images.root, count=6)
    assert "is not the data set of this run any more" in write_report([run], tmp_path / "r.html").read_text(
        encoding="utf-8"
    )


def test_a_run_that_has_only_begun(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "metrics.jsonl").write_text('{"epoch": 1, "loss": 0.5}\n{"epoch": 2, "lo')
    text = text_of(write_report([tmp_path / "run"], tmp_path / "r.html").read_text(encoding="utf-8"))
    assert "training loss" in text
    assert "Confusion" not in text


DAMAGED = {  # file: content, message
    "summary.json": ("{", "summary.json cannot be read"),
    "sample_weights.npz": ("nothing", "sample_weights.npz cannot be read"),
    "noisy_labels.csv": ("index,clean,given\n1,1,1\n", "sample_weights.npz has 16 samples, noisy_labels.csv 1"),
    "audit/audit.json": ('{"samples": [{"rank": 1}]}', "holds no ranking of samples"),
    "predictions.csv": ("index\n", "its columns are not"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_files(tmp_path, images, name):
    content, message = DAMAGED[name]
    run = save_run(tmp_path / "l2b", images)
    (run / name).parent.mkdir(exist_ok=True)
    (run / name).write_text(content)
    out = tmp_path / "r.html"
    out.write_text("old")
    with pytest.raises(DataError, match=message):
        write_report([run], out)
    assert out.read_text() == "old"


def test_folders_that_are_no_runs(tmp_path):
    with pytest.raises(ConfigError, match="no run folder given"):
        write_report([], tmp_path / "r.html")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"nowhere: no such run folder; .*not the folder of a run"):
        write_report([tmp_path / "nowhere", tmp_path / "empty"], tmp_path / "r.html")


def test_confusion_by_hand():
    counts = np.array([[8, 2, 0], [0, 0, 0], [1, 0, 99]])
    found = confusion_table("run", counts, ["a", "b", "c"])
    assert [row["recall"] for row in found["rows"]] == ["80.0%", "–", "99.0%"]
    assert [[cell["heat"] for cell in row["cells"]] for row in found["rows"]] == [[5, 3, 0], [0, 0, 0], [1, 0, 5]]
    assert [(pair["true"], pair["said"], pair["count"], pair["share"]) for pair in found["pairs"]] == [
        ("a", "b", 2, "20.0%"),
        ("c", "a", 1, "1.0%"),
    ]
    many = confusion_table("run", np.eye(30, dtype=int) + np.eye(30, k=1, dtype=int), [str(n) for n in range(30)])
    assert many["rows"] == []
    assert len(many["pairs"]) == 8


def test_the_best_of_a_column_is_named_and_empty_columns_are_left_out(tmp_path):
    def run(accuracy, seconds):
        said = {"test": {"last": {"accuracy": accuracy}}, "train_seconds": seconds}
        return RunRecord(tmp_path, Summary.from_json(said), [])

    table = run_table(["a", "b"], [run(0.5, 10), run(0.7, 20)])
    assert [key for key, _ in table["columns"]] == ["last", "train_seconds"]
    assert [row["best"] for row in table["rows"]] == [set(), {"last"}]
    apart = [replace(run(0.5 + n / 10, 10), evaluated=frozenset({str(n)})) for n in range(2)]
    other = run_table(["a", "b"], apart)
    assert [row["best"] for row in other["rows"]] == [set(), set()]
    assert other["told"] == "No best is marked: the runs were evaluated on different samples or data sets."


@pytest.mark.parametrize(("shape", "size", "mode"), [((20, 30, 3), (30, 20), "RGB"), ((500, 250, 1), (80, 160), "L")])
def test_pictures(shape, size, mode):
    picture = np.random.default_rng(0).integers(0, 255, shape, dtype=np.uint8)
    content = base64.b64decode(png_uri(picture).partition(",")[2])
    image = Image.open(io.BytesIO(content))
    assert (image.format, image.size, image.mode) == ("PNG", size, mode)
    if shape[0] == 20:
        np.testing.assert_array_equal(np.asarray(image), picture)


def test_the_command(tmp_path, images):
    run, out = save_run(tmp_path / "l2b", images), tmp_path / "r.html"
    code, told, _ = call_command(command, run, "--out", out, "--title", "<b>bold</b>", "--samples", 2)
    assert (code, told.strip()) == (0, str(out))
    page = out.read_text()
    assert "<b>bold</b>" not in page
    assert "&lt;b&gt;bold&lt;/b&gt;" in page
    assert page.count("<article") == 2
    assert call_command(command, tmp_path / "none")[0] == 3
