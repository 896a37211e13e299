"""Where the curves say a warm-up ends."""

from l2b_run.report.curves import curve_panels

CURVES = (("loss", "training loss"), ("test_dice", "Dice"))


def rows(epochs: int, warm_up: int) -> list[dict]:
    found = [{"epoch": epoch, "loss": 1 / epoch} for epoch in range(1, epochs + 1)]
    return [row | ({"warm_up": True} if row["epoch"] <= warm_up else {}) for row in found]


def test_a_line_at_the_last_epoch_of_the_warm_up():
    (panel,) = curve_panels([("a", rows(10, 4))], CURVES)
    ((x, epoch, labels),) = panel["warm_ups"]
    places = [float(point.split(",")[0]) for point in panel["lines"][0]["points"].split()]
    assert (x, epoch, labels) == (places[3], "4", "a")


def test_runs_of_one_length_share_a_line_and_runs_without_have_none():
    (panel,) = curve_panels([("a", rows(10, 4)), ("b", rows(10, 0)), ("c", rows(10, 4)), ("d", rows(10, 5))], CURVES)
    assert [(epoch, labels) for _, epoch, labels in panel["warm_ups"]] == [("4", "a, c"), ("5", "d")]
    (plain,) = curve_panels([("b", rows(10, 0))], CURVES)
    assert plain["warm_ups"] == []


def test_a_curve_that_begins_after_the_warm_up_does_not_show_it():
    late = [row | {"test_dice": 0.5} if row["epoch"] > 6 else row for row in rows(10, 4)]
    _, panel = curve_panels([("a", late)], CURVES)
    assert panel["warm_ups"] == []
