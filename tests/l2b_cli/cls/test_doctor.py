"""`l2b-cls doctor`: what it finds here, and that it sees a step that goes wrong."""

import json

import torch

import l2b
from l2b_cli.cls.doctor import PACKAGES
from l2b_cli.cls.doctor import doctor as command
from tests.command import call_command


def test_this_installation_is_usable():
    random_state = torch.get_rng_state()
    code, out, _ = call_command(command, "--json")
    assert torch.equal(torch.get_rng_state(), random_state)
    found = json.loads(out)
    assert (code, found["problems"], found["usable"]) == (0, [], True)
    assert set(PACKAGES) < set(found["versions"])
    assert found["self_test"]["cpu"]["ok"] is True


def test_a_step_that_does_not_move_the_network_is_seen(monkeypatch):
    real = l2b.train_step

    def idle(model, optimizer, *batches, **options):
        before = [parameter.detach().clone() for parameter in model.parameters()]
        step = real(model, optimizer, *batches, **options)
        with torch.no_grad():
            for parameter, old in zip(model.parameters(), before, strict=True):
                parameter.copy_(old)
        return step

    monkeypatch.setattr(l2b, "train_step", idle)
    code, out, message = call_command(command)
    assert code == 1
    assert "the step did not move the network" in message
    assert "usable                      no" in out
