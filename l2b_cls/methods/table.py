"""The methods of classification: a name and a line each."""

from l2b_cls.methods.d2l import D2L
from l2b_cls.methods.given_losses import BOOTSTRAP_HARD, BOOTSTRAP_SOFT, FOCAL
from l2b_cls.methods.glc import GLC
from l2b_cls.methods.m_correction import M_CORRECTION
from l2b_cls.methods.mentornet_pd import MENTORNET_PD
from l2b_cls.methods.mixed_pairs import candidates
from l2b_cls.methods.s_model import S_MODEL
from l2b_cls.methods.self_paced import SELF_PACED
from l2b_cls.methods.semi_supervised.divide_mix import divide_mix
from l2b_cls.methods.semi_supervised.unicon import unicon
from l2b_cls.methods.weight_nets import MNWNET, MWNET, RMNWNET
from l2b_run.methods.clean_only import CLEAN_ONLY
from l2b_run.methods.co_teaching import CO_TEACHING
from l2b_run.methods.finetune import FINETUNE
from l2b_run.methods.joint import JOINT
from l2b_run.methods.l2b_net import l2b_net
from l2b_run.methods.mixup import mixup
from l2b_run.methods.plain import PLAIN
from l2b_run.methods.reweight import given_weights, l2b
from l2b_run.training.method import Method

METHODS: dict[str, Method] = {
    "ce": PLAIN,
    "bootstrap-hard": BOOTSTRAP_HARD,
    "bootstrap-soft": BOOTSTRAP_SOFT,
    "mixup": mixup(lambda settings: float(settings.losses.mixup_alpha)),
    "focal": FOCAL,
    "glc": GLC,
    "clean-only": CLEAN_ONLY,
    "self-paced": SELF_PACED,
    "mentornet-pd": MENTORNET_PD,
    "s-model": S_MODEL,
    "d2l": D2L,
    "m-correction": M_CORRECTION,
    "joint": JOINT,
    "finetune": FINETUNE,
    "l2rw": given_weights("L2RW (Ren et al., ICML 2018)"),
    "mwnet": MWNET,
    "mnwnet": MNWNET,
    "rmnwnet": RMNWNET,
    "l2b": l2b(candidates),
    "l2b-net": l2b_net(),
    "co-teaching": CO_TEACHING,
    "dividemix": divide_mix(),
    "l2b-dividemix": divide_mix(l2b=True),
    "unicon": unicon(),
    "l2b-unicon": unicon(l2b=True),
    "c2d": divide_mix(c2d=True),
    "l2b-c2d": divide_mix(c2d=True, l2b=True),
}
