"""What awaits a person: one line of « Ce qui vous attend », with one button."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Awaiting:
    """Since when (UTC), the sentence, the word on the button, its address, and whose need it is."""

    since: datetime
    sentence: str
    button: str
    url: str
    department: str = ""
