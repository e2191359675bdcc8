"""The answers of a need to its questions, as they are stored, shown, and told to the firms.

Stored in the order of the questions as `[{"id": …, "name": …, "answer": …}]`: the name as it was asked stays with the
answer, whatever becomes of the question; an answer of None is « je ne sais pas ».
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sourcier.needs.refining.book import questions

Stored = Sequence[Mapping[str, Any]]


def merged(stored: Stored, typed: Mapping[str, str | None]) -> list[dict[str, Any]]:
    """What is stored after this was typed: an empty answer takes it back, what was not typed stays.

    Raises `KeyError` for a question that is neither in the book nor stored.
    """
    book, names = questions(), {row["id"]: row["name"] for row in stored}
    answers = {row["id"]: row["answer"] for row in stored} | dict(typed)
    order = {each: at for at, each in enumerate(book)}
    found = []
    for each in sorted(answers, key=lambda each: order.get(each, len(order))):
        name = book[each].name if each in typed and each in book else names.get(each) or book[each].name
        if answers[each] != "":
            found.append({"id": each, "name": name, "answer": answers[each]})
    return found


def by_id(stored: Stored) -> dict[str, str | None]:
    """Id of the question → its answer."""
    return {row["id"]: row["answer"] for row in stored}


def given(stored: Stored) -> list[str]:
    """The answers alone, those that say something."""
    return [row["answer"] for row in stored if row["answer"]]


def told(description: str, stored: Stored) -> str:
    """The description for the firms, then one line for each answer; « je ne sais pas » is not told."""
    lines = [f"{row['name']} : {row['answer']}" for row in stored if row["answer"]]
    return "\n".join([description, "", *lines]) if lines else description
