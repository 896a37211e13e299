"""A page a method in docs/methods, none of them stale."""

import shutil

import pytest

from l2b_cls.methods.table import METHODS as CLS
from l2b_seg.methods.table import METHODS as SEG
from scripts.method_pages import FOLDER, INDEX, MARK, index, made_pages, main, page, stale_pages, words_of


@pytest.fixture
def pages(tmp_path):
    """A copy of the folder."""
    return shutil.copytree(FOLDER, tmp_path / "methods")


def test_every_method_has_its_page_and_none_is_stale():
    assert {path.stem for path in made_pages() if path.name != INDEX} == {*CLS, *SEG}
    assert stale_pages() == []


@pytest.mark.parametrize("path", sorted(FOLDER.glob("[a-z]*.md")), ids=lambda path: path.stem)
def test_its_words_are_a_few_lines(path):
    assert 3 <= len(words_of(path).splitlines()) <= 14


def test_what_is_below_the_line_is_of_the_table_and_the_settings():
    shared = page("mixup", "# mixup\n\nWords.\n\nSettings: losses.mixup_alpha,\nmixup_alpha")
    assert shared.startswith(f"# mixup\n\nWords.\n\nSettings: losses.mixup_alpha,\nmixup_alpha\n\n{MARK}\n")
    for line in (
        f"| Source | {CLS['mixup'].source} |",
        "| Clean labels | no |",
        "| Cost of a step | 1 x a plain step |",
        "| Command | `l2b-seg train RECIPE --method mixup`, `l2b-cls train RECIPE --method mixup` |",
        "| `losses.mixup_alpha` | `1.0` (l2b-cls) | mixup: a pair's share ~ Beta(a, a) |",
        "| `mixup_alpha` | `0.2` (l2b-seg) | mixup: a pair's share ~ Beta(a, a) |",
    ):
        assert f"\n{line}\n" in shared
    assert "`losses.focal_gamma`" not in shared
    own = page("self-paced", "# self-paced\n\nWords.")
    assert "| `self_paced.all_until` | `0.18` | share of the epochs, at the start, in which all train |" in own
    inherited = page("rmnwnet", "# rmnwnet\n\nWords.")
    assert "| `weight_net.lr` | `0.001` | learning rate |" in inherited
    assert "| Fixed | `meta.source=given`, `meta.loss=mae` |" in inherited
    assert "| Also called | `meta` |" in page("clean-only", "# clean-only\n\nWords.")
    both = page("joint", "# joint\n\nWords.\n\nSettings: joint_by, meta_batch_size")
    assert "| `joint_by` | `batch` of batch, steps | joint: " in both
    assert "| `meta_batch_size` | `2` (l2b-seg); `128` (l2b-cls) | clean ones a step |" in both


def test_what_differs_between_the_tools_is_said_of_each():
    text = f"{SEG['dividemix'].text} (l2b-seg); {CLS['dividemix'].text} (l2b-cls)"
    assert f"| What it does | {text} |" in page("dividemix", "# dividemix\n\nWords.")
    assert f"| [dividemix](dividemix.md) | {text} | l2b-seg, l2b-cls | no | " in index()
    assert f"| [joint](joint.md) | {CLS['joint'].text} | l2b-seg, l2b-cls | yes | 2 | " in index()


def test_a_change_below_the_line_a_lost_index_and_a_page_of_no_method_are_stale(pages):
    assert stale_pages(pages) == []
    changed = pages / "l2b.md"
    changed.write_text(changed.read_text().replace("| Source |", "| From |"))
    (pages / INDEX).unlink()
    (pages / "gone.md").write_text("# gone\n")
    assert stale_pages(pages) == [pages / INDEX, changed, pages / "gone.md"]


def test_all_that_is_missing_is_named(pages):
    (pages / "ce.md").unlink()
    (pages / "glc.md").write_text(f"{MARK}\n")
    (pages / "focal.md").write_text("# focal\n\nWords.\n\nSettings: losses.focal_gama\n")
    with pytest.raises(ValueError, match=r"ce\.md") as error:
        made_pages(pages)
    lines = str(error.value).splitlines()
    assert len(lines) == 3
    assert "glc.md: write '# glc', what it does and when to use it" in lines[2]
    assert "focal.md: 'Settings: losses.focal_gama': no such setting" in lines[1]


def test_an_option_without_a_meaning_is_refused():
    with pytest.raises(ValueError, match="no description of batch_size, epochs"):
        page("ce", "# ce\n\nWords.\n\nSettings: batch_size, epochs")


def test_the_script_writes_and_checks(pages, capsys):
    stale = pages / "l2b.md"
    stale.write_text(words_of(stale))
    assert main(["--check"], pages) == 1
    assert "l2b.md: stale" in capsys.readouterr().err
    assert main([], pages) == 0
    assert main(["--check"], pages) == 0
    (pages / "ce.md").unlink()
    assert main([], pages) == 1
    assert "write '# ce'" in capsys.readouterr().err
