"""Compiling through the cache."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from meshkernel.errors import BuildError, UserError
from meshkernel.toolchain import tools
from meshkernel.toolchain.cache import Cache, digest
from meshkernel.toolchain.compile import Compiler, Unit


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir()
    (folder / "answer.h").write_text("#define ANSWER 42\n")
    (folder / "a.c").write_text(
        '#include "answer.h"\nconst char *file = __FILE__;\nint a(void) { return ANSWER; }\n'
    )
    return folder


def unit(tree: Path) -> Unit:
    return Unit(tree / "a.c", ("-O2", "-g", f"-I{tree}"), (tree,))


def test_second_compilation_does_nothing(tree: Path, tmp_path: Path) -> None:
    first, second = Compiler(Cache(tmp_path / "cache")), Compiler(Cache(tmp_path / "cache"))
    assert first.compile([unit(tree)]) == second.compile([unit(tree)])
    assert (first.compiled, second.compiled) == (1, 0)


@pytest.mark.parametrize("name", ["a.c", "answer.h"])
def test_change_of_a_file_compiles_again(tree: Path, tmp_path: Path, name: str) -> None:
    compiler = Compiler(Cache(tmp_path / "cache"))
    before = compiler.compile([unit(tree)])
    (tree / name).write_text((tree / name).read_text().replace("42", "43") + "\n")
    again = Compiler(compiler.cache)
    assert again.compile([unit(tree)]) != before
    assert (compiler.compiled, again.compiled) == (1, 1)


def test_a_header_of_which_nothing_is_used_may_change(tree: Path, tmp_path: Path) -> None:
    compiler = Compiler(Cache(tmp_path / "cache"))
    before = compiler.compile([unit(tree)])
    (tree / "answer.h").write_text("#define ANSWER 42\n#define MK_HAVE_NET 1\n")
    assert Compiler(compiler.cache).compile([unit(tree)]) == before
    (tree / "answer.h").write_text("#define ANSWER 42\nint first_line;\n")
    assert Compiler(compiler.cache).compile([unit(tree)]) != before


def test_services_with_different_headers_remember_each_their_own(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def service(name: str) -> Unit:
        generated = tmp_path / name
        generated.mkdir(exist_ok=True)
        (generated / "config.h").write_text(f"#define MK_NAME {name}\n")
        return Unit(tree / "b.c", ("-O2", f"-I{generated}"), (tree, generated))

    (tree / "b.c").write_text('#include "config.h"\nint b(void) { return 1; }\n')
    services = [service("cart"), service("users")]
    objects = Compiler(Cache(tmp_path / "cache")).compile(services)
    assert len(set(objects)) == 1  # neither uses it
    monkeypatch.setattr(tools, "run", lambda *_, **__: pytest.fail("the compiler was run"))
    again = Compiler(Cache(tmp_path / "cache"))
    assert again.compile([*services, *services[::-1]]) == [*objects, *objects]


def test_a_header_that_is_gone_is_looked_for_again(tree: Path, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    before = Compiler(cache).compile([unit(tree)])
    (tree / "answer.h").rename(tree / "other.h")
    (tree / "a.c").write_text((tree / "a.c").read_text().replace("answer.h", "other.h"))
    assert Compiler(cache).compile([unit(tree)]) != before
    (tree / "a.c").write_text((tree / "a.c").read_text().replace("other.h", "answer.h"))
    with pytest.raises(BuildError, match=r"answer\.h"):
        Compiler(cache).compile([unit(tree)])


def test_other_flags_compile_again(tree: Path, tmp_path: Path) -> None:
    compiler = Compiler(Cache(tmp_path / "cache"))
    compiler.compile([unit(tree), Unit(tree / "a.c", ("-O1", f"-I{tree}"), (tree,))])
    assert compiler.compiled == 2


def test_objects_do_not_name_the_folder(tree: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved" / "tree"
    shutil.copytree(tree, moved)
    first = Compiler(Cache(tmp_path / "one")).compile([unit(tree)])[0].read_bytes()
    second = Compiler(Cache(tmp_path / "two")).compile([unit(moved)])[0].read_bytes()
    assert first == second
    assert str(tmp_path).encode() not in first


def test_moved_tree_hits_the_cache(tree: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved" / "tree"
    shutil.copytree(tree, moved)
    compiler = Compiler(Cache(tmp_path / "cache"))
    compiler.compile([unit(tree), unit(moved)])
    compiler.compile([unit(moved)])
    assert compiler.compiled <= 2
    assert Compiler(compiler.cache).compile([unit(moved)]) == compiler.compile([unit(tree)])


def test_fault_in_the_source_carries_the_compilers_words(tree: Path, tmp_path: Path) -> None:
    (tree / "a.c").write_text("int a(void) { return nothing; }\n")
    with pytest.raises(BuildError, match="nothing") as caught:
        Compiler(Cache(tmp_path / "cache")).compile([unit(tree)])
    assert caught.value.exitcode == 1
    assert not list((tmp_path / "cache").rglob("*.o"))


def test_digest_separates_its_parts() -> None:
    assert digest("ab", "c") != digest("a", "bc")


def test_missing_tool_names_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(UserError, match="apt-get install qemu-system-x86"):
        tools.find("qemu-system-x86_64")


def test_old_qemu_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    old = tmp_path / "qemu-system-x86_64"
    old.write_text("#!/bin/sh\necho 'QEMU emulator version 5.2.0 (Debian 1:5.2)'\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    tools._tool.cache_clear()
    with pytest.raises(UserError, match=r"version 5\.2\.0, and 7\.2 is needed"):
        tools.qemu()
    tools._tool.cache_clear()


@pytest.mark.parametrize(
    ("banner", "version"),
    [
        ("gcc (Debian 12.2.0-14+deb12u1) 12.2.0", (12, 2, 0)),
        ("GNU ld (GNU Binutils for Debian) 2.40", (2, 40)),
        ("QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)", (7, 2, 22)),
        ("no version", ()),
    ],
)
def test_versions(banner: str, version: tuple[int, ...]) -> None:
    assert tools.parse_version(banner) == version
