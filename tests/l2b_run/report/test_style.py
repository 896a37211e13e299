"""Lines of runs are told apart, and within five of them by hue alone."""

from l2b_run.report.style import run_line


def test_the_first_twenty_lines_differ():
    lines = [run_line(number) for number in range(20)]
    assert len({(line.hue, line.dash) for line in lines}) == 20
    assert len({line.hue for line in lines[:5]}) == 5
