"""What the demonstration has not: each step of a purchase at once, made by the real actions beside the server that shows them.

`play()` runs in a process of its own, with the town's environment, and prints `{name: id or address}`.
"""

import json
import sys

from tests.browser.scene.answers import after_the_deadline
from tests.browser.scene.found import demonstration
from tests.browser.scene.needs import needs_at_each_step, of_a_department
from tests.browser.scene.people import people
from tests.browser.scene.requests import on_a_telephone, request_not_sent, request_that_is_out
from tests.browser.scene.stage import Scene, wait


def play() -> None:
    scene = Scene()
    demonstration(scene)
    needs_at_each_step(scene)
    of_a_department(scene)
    request_not_sent(scene)
    request_that_is_out(scene)
    on_a_telephone(scene)
    after_the_deadline(scene)
    people(scene)
    wait(scene.awaited, "the refusal of an address")
    json.dump(scene.told, sys.stdout)
