"""What tag rules listen for: the events of all scenes, while a rule waits for them.

Apps above add scenes of their own by `add_scene`."""

from apps.autotags.hit import are_waited_for, offer
from apps.autotags.scenes import SCENES
from apps.common.clock import now
from apps.events.bus import subscribe
from apps.events.event import Event
from apps.segments.scenes import Scene


def offer_to_tag_rules(event: Event) -> None:
    offer(event, at=now())


for kind in {scene.event for scene in SCENES.values()}:
    subscribe(kind, only=are_waited_for)(offer_to_tag_rules)


def add_scene(scene: Scene) -> None:
    SCENES[scene.name] = scene
    subscribe(scene.event, only=are_waited_for)(offer_to_tag_rules)
