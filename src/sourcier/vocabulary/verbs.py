"""Journal verbs of the city's words, in the city's own stream."""

from sourcier.journal.registry import Verb

VERBS = (
    Verb("city_phrase.added", "{name} a ajouté aux mots de la ville « {phrase} » pour l'activité {code}.", personal=("name",)),
    Verb("city_phrase.retired", "{name} a retiré des mots de la ville « {phrase} » ({code}).", personal=("name",)),
    Verb("city_phrases.imported", "{name} a importé {added} expressions dans les mots de la ville.", personal=("name",)),
    Verb("suggestion.promoted", "{name} a ajouté aux mots de la ville une expression proposée, « {phrase} » ({code}).",
         personal=("name",)),
    Verb("suggestion.dismissed", "{name} a écarté une expression proposée, « {phrase} » ({code}).", personal=("name",)),
)  # fmt: skip
