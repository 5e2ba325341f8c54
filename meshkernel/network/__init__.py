"""The network of a mesh on the host: the switch with its policy, and the ways in and out."""
