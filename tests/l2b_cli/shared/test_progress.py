"""Progress on stderr: a line a step or epoch where it is no terminal, a bar on one, silence where it was asked for."""

import io

import pytest

from l2b_cli.shared.progress import resumable, training_progress
from l2b_cli.shared.say import stderr_lines

STEP = {"epoch": 1, "step": 2, "steps": 4}
EPOCH = {"epoch": 1, "loss": 0.25, "seconds": 1.5, "test_dice": 0.5}


class Terminal(io.StringIO):
    def isatty(self):
        return True


def train(**options):
    with training_progress(3, title="l2b L2", score=("test_dice", "Dice"), **options) as progress:
        progress(STEP)
        progress(EPOCH)


def prepare(**options):
    with stderr_lines("prepare", **options) as say:
        say("[1/2] case0")
        say("warning: spacing [1, 1, 1]")


def test_lines_where_there_is_no_terminal(capsys):
    train()
    assert capsys.readouterr().err == "l2b L2: epoch 1/3, loss 0.2500, Dice 0.500, 1.5 s\n"
    prepare()
    assert capsys.readouterr().err == "[1/2] case0\nwarning: spacing [1, 1, 1]\n"


def test_quiet_leaves_warnings_alone(capsys):
    train(quiet=True)
    prepare(quiet=True)
    assert capsys.readouterr().err == "warning: spacing [1, 1, 1]\n"


def test_a_bar_on_a_terminal(monkeypatch):
    monkeypatch.setattr("sys.stderr", terminal := Terminal())
    monkeypatch.setenv("TERM", "xterm")
    train()
    assert "l2b L2" in terminal.getvalue()
    assert "Dice 0.500" in terminal.getvalue()
    prepare()
    assert "prepare case0" in terminal.getvalue()
    assert "warning: spacing [1, 1, 1]" in terminal.getvalue()


@pytest.mark.parametrize("kept", [True, False])
def test_ctrl_c_says_how_to_go_on_where_an_epoch_is_kept(tmp_path, capsys, kept):
    if kept:
        (tmp_path / "checkpoint_latest.pt").touch()
    with pytest.raises(KeyboardInterrupt), resumable(tmp_path):
        raise KeyboardInterrupt
    assert (f"go on with --resume {tmp_path}" in capsys.readouterr().err) is kept
