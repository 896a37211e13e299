"""Who judges: a judge with the cases it judges, and all judges of an audit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from l2b_seg.audit.outlook import Outlook

Look = Callable[[str, str], Outlook]
"""(case, folder of its mask) -> what the judge says of that mask. Raises DataError where a file cannot be used."""


@dataclass(frozen=True)
class Judge:
    """A network, the mean of several, or predictions from files.

    fold: number of the network; None where it is no fold's. name: in words. cases: audited cases it judges.
    learnt: cases it learnt from: it judges them in-sample. clean: in words -> clean cases it did not learn from, by
    which it can be measured; the first that has any counts.
    """

    fold: int | None
    name: str
    look: Look = field(repr=False)
    cases: Sequence[str]
    learnt: frozenset[str] = frozenset()
    clean: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Panel:
    """The judges that together judge every audited case once.

    text: who they are, in words. way_out: what to do where one of them is dead. record: what audit.json says of them.
    workers: processes that look at cases side by side; 1: this one alone. skip_faulty: whether a case that cannot be
    used is listed, and the others judged, rather than the first ends it all. trust: whether trust maps are written.
    """

    judges: Sequence[Judge]
    text: str
    way_out: str
    record: Mapping[str, Any]
    workers: int = 1
    skip_faulty: bool = False
    trust: bool = True

    @property
    def measured(self) -> Sequence[Judge]:
        """Those whose quality is measured: the networks of the folds; the mean of them is at least as good."""
        return [judge for judge in self.judges if judge.fold is not None] or self.judges
