"""What the label noise did, as text for a person."""

from collections.abc import Sequence

from data_prep.label_noise.corrupt_labels import NoisyLabels

WHOLE_MATRIX = 10
"""Up to so many classes the whole confusion matrix is shown; above, its largest entries off the diagonal."""


def describe_noise(noisy: NoisyLabels, class_names: Sequence[str], *, known: bool = True) -> str:
    """A line with the labels changed, and the confusion matrix in percent of each class; lines without a newline.

    known: whether the labels before the noise are the truth; the share changed is then the effective rate. Mistakes are
    counted by kind, and those that were left out are named with the reason.
    Of more than ten classes the ten most frequent confusions take the matrix's place. No samples: the line alone.
    """
    total = int(noisy.counts.sum())
    rule = f" ({noisy.rule})" if noisy.rule else ""
    line = f"label noise {noisy.noise}{rule}: {noisy.changed} of {total} labels changed"
    line += f", effective rate {noisy.effective_rate:.1%}" if known else "; how many were wrong before is not known"
    if not total or noisy.noise.kind == "none":
        return line
    more = _matrix if len(class_names) <= WHOLE_MATRIX else _top
    return "\n".join([line, *_mistakes(noisy), *more(noisy, class_names)])


def _mistakes(noisy: NoisyLabels) -> list[str]:
    if noisy.planted is None:
        return []
    counts, how = noisy.planted.counts, noisy.planted.how
    lines = [f"  {kind}: {counts[kind]}" + (f" ({how[kind]})" if how[kind] else "") for kind in counts]
    short = round(noisy.noise.rate * int(noisy.counts.sum())) - sum(counts.values())
    lines += [f"  {short} fewer than asked for: these kinds cannot hold more"] if short else []
    return lines + [f"  {kind}: left out: {why}" for kind, why in noisy.planted.left_out.items()]


def _matrix(noisy: NoisyLabels, class_names: Sequence[str]) -> list[str]:
    labels = [name if name == str(number) else f"{number} {name}" for number, name in enumerate(class_names)]
    width = max(map(len, labels))
    rows = [" " * width + "  given, % of each class before it"]
    rows.append(" " * width + "".join(f" {number:>5}" for number in range(len(labels))))
    for label, shares in zip(labels, noisy.matrix, strict=True):
        rows.append(f"{label:<{width}}" + "".join(f" {100 * share:5.1f}" for share in shares))
    return rows


def _top(noisy: NoisyLabels, class_names: Sequence[str]) -> list[str]:
    pairs = [
        (int(count), clean, given)
        for clean, row in enumerate(noisy.counts)
        for given, count in enumerate(row)
        if clean != given and count
    ]
    pairs.sort(key=lambda pair: (-pair[0], pair[1:]))
    return [f"  {class_names[clean]} -> {class_names[given]}: {count}" for count, clean, given in pairs[:WHOLE_MATRIX]]
