"""`l2b-cls prepare`: the table of its commands."""

from l2b_cli.cls.prepare.own import folder
from l2b_cli.cls.prepare.published import cifar10, cifar100, clothing1m, digits, isic2019, medmnist
from l2b_cli.shared.make_app import make_group

COMMANDS = (cifar10, cifar100, isic2019, clothing1m, medmnist, digits, folder)
app = make_group("prepare", "Turn images and labels into a prepared set.", COMMANDS)
