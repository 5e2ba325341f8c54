"""Computes and prints: what every interpreter does, and no library of the library OS is for."""

import json
import math

squares = [number * number for number in range(1000)]
print(sum(squares), math.sqrt(squares[-1]), 2**200)
print(json.dumps({"words": sorted(["one", "two", "three"]), "half": 0.5}))
