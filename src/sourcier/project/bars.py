"""What a long command says while it works: bars in a terminal of 80 columns, a line for each stage elsewhere (a log file)."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from sourcier.register.importing.stages import Told

BAR = 18


def lasting(seconds: float) -> str:
    """« 40 s », « 4 min », « 1 h 05 », rounded up."""
    if seconds <= 59:
        return f"{ceil(seconds)} s"
    minutes = ceil(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d}"


def left(seconds: float | None) -> str:
    """« environ 4 min »; dots while nobody can say, and plain words once it lasts longer than was said."""
    if seconds is None:
        return "…"
    if seconds <= 0:
        return "encore un moment"
    return f"environ {lasting(seconds)}" if seconds >= 60 else "moins d'une minute"


class Last(ProgressColumn):
    """How long a stage has taken; for the whole, how long it still lasts."""

    def render(self, task: Task) -> Text:
        if "told" not in task.fields:
            return Text(lasting(task.elapsed or 0))
        told: Told | None = task.fields["told"]
        if task.finished or told is None:
            return Text(lasting(task.elapsed or 0) if task.finished else "…")
        since = time.monotonic() - task.fields["at"]
        return Text(left(None if told.remaining_s is None else told.remaining_s - since))


@contextmanager
def bars(title: str, console: Console) -> Iterator[Callable[[Told], None]]:
    """Show each stage that is told, and under `title` the whole with the time left."""
    with _drawn(title, console) if console.is_terminal else _written(title, console) as told:
        yield told


@contextmanager
def _drawn(title: str, console: Console) -> Iterator[Callable[[Told], None]]:
    columns = (TextColumn("{task.description:<31}"), BarColumn(BAR), TextColumn("{task.percentage:>3.0f} %"), Last())
    with Progress(*columns, console=console) as progress:
        whole = progress.add_task(title, total=1.0, told=None, at=0.0)
        tasks: dict[str, Any] = {title: whole}

        def told(news: Told) -> None:
            if news.stage not in tasks:
                tasks[news.stage] = progress.add_task(f"  {news.stage}", total=1.0)
            progress.update(tasks[news.stage], completed=news.share)
            progress.update(whole, completed=news.whole, told=news, at=time.monotonic())

        yield told


@contextmanager
def _written(title: str, console: Console) -> Iterator[Callable[[Told], None]]:
    begun: dict[str, float] = {}

    def told(news: Told) -> None:
        begun.setdefault(news.stage, time.monotonic())
        if news.share < 1 or news.stage == title:
            return
        took = lasting(time.monotonic() - begun[news.stage])
        rest = f", encore {left(news.remaining_s)}" if news.remaining_s else ""
        console.print(f"{title}, {news.stage} : {took} ; {news.whole:.0%} du tout{rest}".replace("%", " %"), soft_wrap=True)

    yield told
