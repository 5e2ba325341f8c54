"""The line of every key of a TOML text, which ``tomllib`` does not keep."""

from __future__ import annotations

import tomllib
from collections import Counter

import tree_sitter_toml
from tree_sitter import Language, Node, Parser

KeyPath = tuple[str | int, ...]


def lines(text: str) -> dict[KeyPath, int]:
    """The line, from 1, of each key and each element of a list; the text is TOML without faults."""
    tree = Parser(Language(tree_sitter_toml.language())).parse(text.encode())
    found: dict[KeyPath, int] = {}
    arrays: Counter[KeyPath] = Counter()
    for node in tree.root_node.named_children:
        if node.type == "pair":
            _pair(node, (), found)
        elif node.type in ("table", "table_array_element"):
            path = _table_path(node, arrays)
            for length in range(1, len(path) + 1):
                _note(found, path[:length], node)
            for child in node.named_children:
                if child.type == "pair":
                    _pair(child, path, found)
    return found


def _table_path(node: Node, arrays: Counter[KeyPath]) -> KeyPath:
    """Where a table header leads: into the last element of every list of tables on the way."""
    keys = _keys(node.named_children[0])
    path: KeyPath = ()
    for key in keys[:-1]:
        path = (*path, key)
        if arrays[path]:
            path = (*path, arrays[path] - 1)
    path = (*path, keys[-1])
    if node.type == "table_array_element":
        arrays[path] += 1
        path = (*path, arrays[path] - 1)
    return path


def _pair(node: Node, path: KeyPath, found: dict[KeyPath, int]) -> None:
    key, value = node.named_children[:2]
    for part in _keys(key):
        path = (*path, part)
        _note(found, path, node)
    _value(value, path, found)


def _value(node: Node, path: KeyPath, found: dict[KeyPath, int]) -> None:
    if node.type == "inline_table":
        for child in node.named_children:
            if child.type == "pair":
                _pair(child, path, found)
    elif node.type == "array":
        elements = [child for child in node.named_children if child.type != "comment"]
        for index, element in enumerate(elements):
            _note(found, (*path, index), element)
            _value(element, (*path, index), found)


def _keys(node: Node) -> list[str]:
    if node.type == "dotted_key":
        return [key for child in node.named_children for key in _keys(child)]
    text = (node.text or b"").decode()
    if node.type == "quoted_key":
        return list(tomllib.loads(f"{text} = 0"))
    return [text]


def _note(found: dict[KeyPath, int], path: KeyPath, node: Node) -> None:
    found.setdefault(path, node.start_point[0] + 1)
