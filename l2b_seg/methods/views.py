"""Candidates of a weighted step of segmentation: pseudo-labels of five views, of the network or of its average."""

from typing import cast

from l2b_run.methods.reweight import Candidates, own, own_or_teacher
from l2b_run.training.batches import Drawn
from l2b_run.training.method import Training
from l2b_seg.batches.slice_batches import SliceBatches
from l2b_seg.batches.views import view_pseudo_label
from l2b_seg.task import Task


def candidates(run: Training, epoch: int, step: int, drawn: Drawn | None = None) -> Candidates:
    """The batches of this step (`drawn` instead of the given one) and the pseudo-label that `bootstrap.pseudo_label`
    names: views, own or teacher. Of views the first is the slice itself.
    """
    if run.settings.bootstrap.pseudo_label != "views":
        return own_or_teacher(run, epoch, step, drawn)
    batches, task = cast(SliceBatches, run.batches), cast(Task, run.task)
    drawn, views = batches.given_views(epoch, step, drawn)
    meta = batches.clean_views(epoch, step, run.settings.meta_batch_size)
    return Candidates(drawn, meta, view_pseudo_label(views, task))


def own_candidates(run: Training, epoch: int, step: int) -> Candidates:
    """As `candidates`, with the label of the logits in place of the averaged network's."""
    views = run.settings.bootstrap.pseudo_label == "views"
    return (candidates if views else own)(run, epoch, step)
