"""The table of docs/preuve.md: what was done, and what finds it. Its lines are those of the attacks, its answers theirs."""

from collections.abc import Mapping

BEGIN, END = "<!-- table: tests/dossier/test_table.py -->\n", "<!-- fin de la table -->\n"
YES, NO = "oui", "non"
FAMILIES: dict[str, tuple[str, ...]] = {
    "Un bit ou un octet changé, ajouté ou ôté dans un fichier, ou le ZIP coupé": (
        "a_bit_of_the_zip", "a_bit_of_a_file", "a_bit_of_a_proof", "a_bit_of_a_tag", "a_byte_more_or_less", "a_cut",
        "a_shorter_file",
    ),
    "Un fichier ôté, ajouté, ou mis à la place d'un autre": (
        "a_file_removed", "a_file_added", "a_file_added_in_no_manifest", "files_renamed", "documents_swapped",
        "payloads_swapped",
    ),
    "Une écriture ôtée, du milieu ou de la fin": ("an_entry_dropped", "the_tail_removed"),
    "Une écriture inventée, doublée, rejouée ou déplacée": (
        "an_entry_invented", "an_entry_twice", "an_entry_replayed", "entries_swapped", "the_entries_in_another_order",
    ),
    "Un champ, une place ou une heure d'écriture changés": (
        "a_field_of_an_entry", "the_place_of_an_entry", "the_hours_moved", "a_line_that_is_no_entry",
    ),
    "Une écriture d'une autre ville": ("an_entry_of_another_city",),
    "Un contenu réécrit, caché, ou son sel changé": (
        "a_payload_edited", "a_payload_hidden", "a_salt", "the_list_of_contents",
    ),
    "Une pièce remplacée ou ôtée, avec ses lignes d'index": (
        "a_document_replaced", "a_document_replaced_in_the_index_too", "a_document_removed_with_its_lines",
        "the_name_of_a_document",
    ),
    "Le rapport ou l'en-tête du dossier réécrits": ("the_report_edited", "the_declared_city"),
    "Une ruse du format ZIP : nom en double, `../`, lien, casse, bombe, deux ZIP en un": (
        "a_name_that_leaves", "a_name_twice", "names_that_differ_by_case", "a_link", "a_bomb", "a_size_that_lies",
        "words_around_the_zip", "two_zips_in_one",
    ),
    "Un point de contrôle, une clé ou une preuve échangés": (
        "a_checkpoint_signed_by_another_key", "another_key_announced", "a_key_that_is_no_key", "the_size_of_a_checkpoint",
        "the_proof_of_the_export",
    ),
}  # fmt: skip
STAMPS = "Un horodatage, ses certificats ou sa liste de certificats révoqués échangés ou ôtés"
NEW_KEY = "Le dossier entier refait, et signé d'une autre clé que celle de la ville"
OWN_KEY = "Le journal entier refait par qui détient la clé de la ville, après le récépissé"
CUT = "La fin du journal coupée par qui détient la clé de la ville, après le récépissé"
BEFORE = "Le journal refait par qui détient la clé de la ville, avant tout récépissé"
Found = tuple[bool, bool, bool]


def table(found: Mapping[str, Found]) -> str:
    """In Markdown: found by the dossier alone, with the fingerprint, with a receipt."""
    head = ["Ce qui est fait", "Trouvé par le dossier seul", "Avec l'empreinte de la clé", "Avec un récépissé"]
    rows = [[line, *(YES if each else NO for each in answers)] for line, answers in found.items()]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in [head, ["---"] * len(head), *rows])
