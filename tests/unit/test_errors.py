"""The one tree of errors."""

from __future__ import annotations

import re

import pytest

from meshkernel import errors
from meshkernel.errors import BuildError, Fault, MeshkernelError, RemoteError, UserError


def test_the_docstring_draws_the_tree_as_it_is() -> None:
    drawn = re.findall(r"[├└]── (\w+)|^ *(MeshkernelError)$", errors.__doc__ or "", re.M)
    classes = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, MeshkernelError)
    }
    assert {first or second for first, second in drawn} == classes


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (Fault("w", "r"), "w, r"),
        (Fault("w", "r", "f"), "f: w, r"),
        (Fault("w", "r", "f", 3), "f:3: w, r"),
        (Fault("w", "r", "f", 3, "k"), "f:3: k: w, r"),
        (Fault("w", "r", key="k"), "k: w, r"),
    ],
)
def test_a_fault_leaves_out_what_does_not_apply(fault: Fault, text: str) -> None:
    assert str(fault) == text


def test_a_user_error_carries_every_fault() -> None:
    error = UserError(Fault("a", "b"), Fault("c", "d"))
    assert str(error) == "a, b\nc, d"
    assert len(error.faults) == 2


def test_errors_hold_data() -> None:
    build = BuildError("cc failed", exitcode=1, command=["cc"], output="x")
    assert (build.exitcode, build.command, build.output) == (1, ["cc"], "x")
    remote = RemoteError("KeyError", "'k'", "stack")
    assert (str(remote), remote.stack) == ("KeyError: 'k'", "stack")


def test_classes_are_named_with_their_module_but_for_builtins() -> None:
    assert errors.name_of(KeyError) == "KeyError"
    assert errors.name_of(RemoteError) == "meshkernel.errors.RemoteError"
