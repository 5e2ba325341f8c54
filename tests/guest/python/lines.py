"""Standard input: lines until it ends."""

import sys

print("name?", flush=True)
print("hello", input())
for line in sys.stdin:
    print(repr(line))
print("end", repr(sys.stdin.read()))
