"""Where one could go from here: airports around, ranked by what the traveller likes."""

from __future__ import annotations

from meshkernel import link, rpc
from services.messages import Profile, Taste

geo = link("geo")
profiles = link("profiles")

CANDIDATES = 60


def rank(candidates: list[Profile], taste: Taste) -> list[Profile]:
    """The best first. The candidates come nearest first; warm is taken as close to the equator."""
    if taste is Taste.HIGH:
        return sorted(candidates, key=lambda profile: -profile.elevation)
    if taste is Taste.WARM:
        return sorted(candidates, key=lambda profile: abs(profile.latitude))
    return candidates


@rpc
async def around(latitude: float, longitude: float, taste: Taste, count: int = 5) -> list[Profile]:
    """The `count` best destinations among the airports around a coordinate in degrees."""
    nearby = await geo.nearest(latitude=latitude, longitude=longitude, count=CANDIDATES)
    candidates = await profiles.get(codes=[place.code for place in nearby])
    return rank(candidates, taste)[:count]
