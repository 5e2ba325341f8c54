"""One module on both sides: which methods pass inside that pass on the host, and which do not."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Mapping
from pathlib import Path

from attrs import asdict, frozen

from .exceptions import Exempt, reason_of
from .outcomes import Outcome, Outcomes

MISSING = Outcome("missing", "the method did not run")


@frozen
class Compared:
    """One module.

    Attributes:
        module: its name.
        host: outcomes on the host, by method.
        inside: outcomes in a machine.
        host_said, inside_said: the last lines of both.
        interpreter: the version that ran it, on both sides.
        commit: the state of the repository.
    """

    module: str
    host: Mapping[str, Outcome]
    inside: Mapping[str, Outcome]
    host_said: tuple[str, ...] = ()
    inside_said: tuple[str, ...] = ()
    interpreter: str = ""
    commit: str = ""

    @classmethod
    def of(cls, module: str, host: Outcomes, inside: Outcomes, commit: str = "") -> Compared:
        """Of what this interpreter has just run."""
        version = platform.python_version()
        return cls(module, host.found, inside.found, _last(host), _last(inside), version, commit)

    @property
    def passed_on_host(self) -> list[str]:
        return [test for test, outcome in self.host.items() if outcome.passed]

    @property
    def passed_inside(self) -> list[str]:
        """Of those that pass on the host."""
        return [test for test in self.passed_on_host if self.outcome(test).passed]

    @property
    def lost(self) -> dict[str, Outcome]:
        """Methods that pass on the host alone, with what they did inside."""
        return {t: self.outcome(t) for t in self.passed_on_host if not self.outcome(t).passed}

    def outcome(self, test: str) -> Outcome:
        """Inside."""
        return self.inside.get(test, MISSING)

    def excepted(self, exempt: Iterable[Exempt]) -> dict[str, str]:
        """Those of the lost that have a reason, with it."""
        reasons = {test: reason_of(test, exempt) for test in self.lost}
        return {test: reason for test, reason in reasons.items() if reason is not None}

    def unexplained(self, exempt: Iterable[Exempt]) -> dict[str, Outcome]:
        """Those of the lost that have none."""
        excepted = self.excepted(exempt)
        return {test: outcome for test, outcome in self.lost.items() if test not in excepted}


def _last(outcomes: Outcomes) -> tuple[str, ...]:
    return tuple(outcomes.other[-10:])


def save(compared: Compared, folder: Path) -> None:
    """Keeps what was seen."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(compared), indent=1)
    (folder / f"{compared.module}.json").write_text(text + "\n", encoding="utf-8")


def load(module: str, folder: Path) -> Compared | None:
    """What was kept, if the module ran."""
    path = folder / f"{module}.json"
    if not path.is_file():
        return None
    values = json.loads(path.read_text(encoding="utf-8"))
    return Compared(
        values["module"],
        {test: Outcome(**outcome) for test, outcome in values["host"].items()},
        {test: Outcome(**outcome) for test, outcome in values["inside"].items()},
        tuple(values["host_said"]),
        tuple(values["inside_said"]),
        values["interpreter"],
        values["commit"],
    )


def load_all(folder: Path) -> list[Compared]:
    """Everything that was kept there."""
    found = (load(path.stem, folder) for path in sorted(folder.glob("*.json")))
    return [each for each in found if each is not None]
