"""`l2b-seg prepare`: the table of its commands."""

from l2b_cli.seg.prepare.own import folder, isic_lesions, msd, nnunet
from l2b_cli.seg.prepare.published import promise12, synthetic
from l2b_cli.shared.make_app import make_group

COMMANDS = (promise12, synthetic, folder, msd, nnunet, isic_lesions)
app = make_group("prepare", "Turn raw data into a prepared data set.", COMMANDS)
