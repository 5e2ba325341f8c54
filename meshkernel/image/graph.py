"""modulegraph2's graph, with the edges of each module at hand.

Only for the process that analyses: the import of modulegraph2 takes a while.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import modulegraph2


class Graph(modulegraph2.ModuleGraph):
    """Only grows. Its base class looks through all edges for those of one module."""

    def __init__(self) -> None:
        self._targets: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        super().__init__()

    def add_edge(self, source: Any, destination: Any, edge_attributes: Any) -> None:
        """Adds an edge; has two ends that are in the graph."""
        super().add_edge(source, destination, edge_attributes)
        start, end = self.find_node(source), self.find_node(destination)
        if start is not None and end is not None:
            self._targets[start.identifier][end.identifier] = end

    def outgoing(self, source: Any) -> Iterator[tuple[set[Any], Any]]:
        """The edges from a module, in the order in which they were added."""
        node = self.find_node(source)
        if node is not None:
            for target in self._targets[node.identifier].values():
                yield self.edge_data(node, target), target
