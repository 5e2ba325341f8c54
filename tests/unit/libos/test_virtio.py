"""virtio: rings, discovery, and the framing of the control channel, on the host."""

from __future__ import annotations

import pytest

from tests.unit.libos.conftest import CTest

RING = ["drivers/virtio/ring.c"]


def test_ring(c_test: CTest) -> None:
    c_test("virtio_ring", RING)


def test_ring_refuses_nonsense(c_test: CTest) -> None:
    with pytest.raises(pytest.fail.Exception, match="returned a buffer that it was not given"):
        c_test("virtio_ring", RING, "nonsense")


def test_command_line(c_test: CTest) -> None:
    c_test("virtio_cmdline", ["drivers/virtio/cmdline.c"])


def test_control_reader(c_test: CTest) -> None:
    c_test("control_reader", ["drivers/virtio/console/control_reader.c"])
