"""The methods of segmentation: a name and a line each."""

from l2b_run.methods.clean_only import CLEAN_ONLY
from l2b_run.methods.co_teaching import CO_TEACHING
from l2b_run.methods.finetune import FINETUNE
from l2b_run.methods.joint import JOINT
from l2b_run.methods.l2b_net import l2b_net
from l2b_run.methods.mixup import mixup
from l2b_run.methods.plain import PLAIN
from l2b_run.methods.reweight import given_weights, l2b
from l2b_run.training.method import Method
from l2b_seg.methods.divide_mix import divide_mix
from l2b_seg.methods.views import candidates, own_candidates

METHODS: dict[str, Method] = {
    "unetpp": PLAIN,
    "clean-only": CLEAN_ONLY,
    "joint": JOINT,
    "finetune": FINETUNE,
    "nl": given_weights("NL reweighting (Mirikharaji et al., 2019): L2RW, a pixel", candidates),
    "mixup": mixup(lambda settings: float(settings.mixup_alpha)),
    "l2b": l2b(candidates),
    "l2b-net": l2b_net(own_candidates),
    "co-teaching": CO_TEACHING,
    "dividemix": divide_mix(),
    "l2b-dividemix": divide_mix(l2b=True),
}
