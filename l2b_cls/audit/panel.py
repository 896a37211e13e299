"""What the judges of an audit say of every sample, and what its pictures are without them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from l2b_cls.audit.findings.outliers import outliers, standardised
from l2b_cls.audit.findings.pictures import Described
from l2b_cls.audit.judges.second_opinion import plain_features, second_opinion
from l2b_cls.audit.verdict import Evidence
from l2b_cls.batches.sample_batches import Samples


@dataclass(frozen=True)
class Panel:
    """N samples that were judged, the n training ones first. probabilities: (N, K). features: (N, F), None where they
    are not known. fold: (N,) int64, the network that judged a sample, -1: one for all. described, copy_of (N,): of the
    pictures. clean_places: (m,) positions of those whose label is known to be right and was not learnt from; clean:
    (m,) these labels."""

    probabilities: np.ndarray = field(repr=False)
    features: np.ndarray | None = field(repr=False)
    fold: np.ndarray = field(repr=False)
    described: Described = field(repr=False)
    copy_of: np.ndarray = field(repr=False)
    clean_places: np.ndarray = field(repr=False)
    clean: np.ndarray = field(repr=False)

    def evidence(self, given: Samples, columns: Mapping[str, np.ndarray]) -> Evidence:
        """The evidence about the given labels of the training samples, the second opinion mixed in.

        columns: further label columns (n,) of them, -1 for none.
        """
        count = len(given)
        labels = np.concatenate([given.labels, np.zeros(len(self.fold) - count, np.int64)])
        mixed = second_opinion(
            self.probabilities,
            labels,
            np.arange(len(labels)) < count,
            features=self.features,
            plain=plain_features(self.described.thumbnails, standardised(self.described.statistics)),
            fold=self.fold,
            groups=self.copy_of,
        )
        train = np.arange(count)
        features = None if self.features is None else self.features[:count]
        return Evidence(
            probabilities=mixed[:count],
            given=given.labels,
            clean_probabilities=mixed[self.clean_places],
            clean=self.clean,
            same=self.described.same[:count],
            copy_of=self.copy_of[:count],
            alone=outliers(self.described.part(train), features, self.fold[:count]),
            order=given.index,
            groups=[given.source.groups[index] for index in given.index.tolist()],
            columns=columns,
        )
