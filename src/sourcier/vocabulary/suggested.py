"""Pure: which words of a need may become a suggestion. What may be somebody's name is left out."""

import re
from collections.abc import Collection

from sourcier.kernel.french import fold
from sourcier.matching.engine import project_index
from sourcier.matching.french import french
from sourcier.vocabulary.rules import ADDRESS, LONGEST_PHRASE, NUMBER, telling

MOST_WORDS = 6

_TITLED = re.compile(
    r"(?<!\w)(?:(?-i:M|MM|Me|Pr)\.|(?-i:M|Me|Pr)(?=\s+(?-i:[A-ZÉÈÀ]))|mr|mme|mmes|mlle|dr|monsieur|madame|mademoiselle|messieurs"
    r"|mesdames|docteur|professeur)\b\.?(?:\s+[^\W\d_][\w’'-]*){1,3}",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"\w+(?:-\w+)*")
# Those that an adult of France most often bears: what follows one is left out with it, capitals or not.
_NAMES = """adam agnes alain albert alex alexandra alexandre alexis ali alice aline amandine amelie andre andree angelique anne
    annie anthony antoine arnaud arthur audrey aurelie aurelien baptiste beatrice benjamin benoit bernadette bernard bertrand
    brigitte bruno camille carole caroline catherine cecile celine chantal charles charlotte christelle christian
    christiane christine christophe claire claude claudine clement colette corinne cyril damien daniel daniele david
    delphine denis denise didier dominique edith elodie emilie emma emmanuel eric estelle etienne evelyne fabien fabrice
    fatima florence florian francis franck francois francoise frederic gabriel genevieve georges gerard gilbert gilles
    ginette gregory guillaume guy helene henri herve hubert hugo huguette ibrahim isabelle jacqueline jacques jean jeanne
    jeannine jerome joel jonathan jose joseph josette julie julien juliette karim karine kevin laetitia laura laurence
    laurent lea lionel louis louise luc lucas lucie lucien ludovic madeleine manon marc marcel marguerite maria marie
    marine marion martine mathieu mathilde maurice maxime melanie michel michele micheline mickael mohamed monique morgane
    muriel nadia nadine nathalie nicolas nicole nina odette odile olivier pascal patrice patricia patrick paul paulette
    pauline philippe pierre quentin rachid raymond regine remi renee rene robert roger roland romain roxane sabrina salima
    samuel sandra sandrine sarah sebastien serge simone sonia sophie stephane stephanie suzanne sylvain sylvie theo
    therese thierry thomas valerie vanessa veronique victor vincent virginie viviane xavier yann yannick yves yvette
    yvonne zoe"""
_FIRST_NAMES = frozenset(_NAMES.split())


def suggested(sentence: str, people: Collection[str] = ()) -> str:
    """At most six telling words of a need, each once, which together may be a phrase; "" when none may be kept. `people`: names
    that the city knows.

    Only words of the language and of the thesaurus, and acronyms: what may be somebody's name is left out, at the cost of words
    that only this city says, which a person can type.
    """
    text = _TITLED.sub(" , ", NUMBER.sub(" , ", ADDRESS.sub(" , ", sentence)))
    named = {part for name in people for token in _TOKEN.findall(fold(name)) for part in token.split("-")}
    shouted, after_name, kept = text.upper() == text, False, {}  # type: tuple[bool, bool, dict[str, str]]
    for found in _TOKEN.finditer(text):
        token = found.group()
        parts = set(fold(token).split("-"))
        after_name, follows = bool(parts & _FIRST_NAMES), after_name
        if follows or after_name or parts & named or any(letter.isdigit() for letter in token):
            continue
        before = text[: found.start()].rstrip(" «(\t")
        if (said := telling(token)) and _may_be_kept(token, begins=not before or before[-1] in ".!?:;\n", shouted=shouted):
            kept.setdefault(said[-1].stem, token if _is_acronym(token) and not shouted else token.lower())
    words = list(kept.values())[:MOST_WORDS]
    while len(" ".join(words)) > LONGEST_PHRASE:
        words.pop()
    return " ".join(words)


def _is_acronym(token: str) -> bool:
    return token.isupper() and 2 <= len(token) <= 5


def _may_be_kept(token: str, *, begins: bool, shouted: bool) -> bool:
    if _is_acronym(token) and not shouted:
        return True
    if token[0].isupper() and not (begins or shouted):
        return False
    parts = [fold(part) for part in token.split("-")]
    return all(french().knows(part) or part in project_index().vocabulary for part in parts)
