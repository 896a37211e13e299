"""Networks of timm by name: built without a network, weights from a file, a step of the engine."""

import socket

import pytest
import timm
import torch
from safetensors.torch import save_file

from l2b import train_step
from l2b_cls.config import NetworkSettings
from l2b_cls.losses import cross_entropy
from l2b_cls.networks import build_network, places_of
from l2b_data.errors import ConfigError

NAMES = ["resnet10t", "convnext_atto", "vit_tiny_patch16_224", "mobilenetv3_small_050.lamb_in1k"]


def build(name, *, classes=3, channels=1, size=(32, 32), **more):
    torch.manual_seed(0)
    settings = NetworkSettings(architecture=f"timm/{name}", **more)
    return build_network(settings, classes=classes, channels=channels, size=size)


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    def refuse(*arguments, **options):
        raise AssertionError("a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.parametrize("name", NAMES)
def test_one_exact_step_of_the_engine(name):
    model = build(name)
    x, y = torch.randn(4, 1, 32, 32), torch.tensor([0, 1, 2, 0])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    step = train_step(model, optimizer, (x, y), (x[:2], y[:2]), loss=cross_entropy, pseudo_label=lambda z: z.argmax(1))
    assert step.logits.shape == (4, 3)
    assert float(step.weights.sum()) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_weights_are_those_of_the_file_but_for_the_head(name, tmp_path):
    torch.manual_seed(1)
    source = timm.create_model(name, num_classes=7, in_chans=3)
    path = tmp_path / "weights.safetensors"
    save_file(source.state_dict(), path)
    size = (224, 224)  # a transformer's positions are those of its image size
    model, fresh = build(name, size=size, weights=str(path)), build(name, size=size)
    stem, head = places_of(f"timm/{name}", model)
    given = source.state_dict()
    for key, value in model.state_dict().items():
        if key.startswith(f"{head}."):
            assert torch.equal(value, fresh.state_dict()[key])
        elif key == f"{stem}.weight":
            assert torch.equal(value, given[key].sum(dim=1, keepdim=True))
        else:
            assert torch.equal(value, given[key])


def test_unknown_names_suggest_near_ones():
    with pytest.raises(ConfigError, match=r"timm has no such model; did you mean .*timm/convnext_tiny"):
        build("convnext_tinny")
    with pytest.raises(ConfigError, match="no such model"):
        build("hf-hub:someone/something")


def test_what_does_not_fit_the_images_is_named():
    with pytest.raises(ConfigError, match=r"timm/vit_tiny_patch16_224 cannot be built for 1 channels of 8 x 8"):
        build("vit_tiny_patch16_224", size=(8, 8))
    with pytest.raises(ConfigError, match="several heads"):
        build("deit_tiny_distilled_patch16_224")


@pytest.mark.parametrize("name", ["vgg", "timm/"])
def test_settings_name_what_there_is(name):
    with pytest.raises(ValueError, match=r"one of small-cnn, .*efficientnet-lite0, or timm/NAME"):
        NetworkSettings(architecture=name)
