"""What a tag rule may wait for; campaigns and referrals add theirs."""

from typing import Any

from apps.scoring.scenes import GRADED
from apps.segments.scenes import HAPPENINGS, Scene, scene_among

SCENES: dict[str, Scene] = {**HAPPENINGS, GRADED.name: GRADED}


def scene_called(name: Any) -> Scene:
    return scene_among(SCENES, name)
