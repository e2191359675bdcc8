"""« Réglages · Les mots de la ville »: the phrases, their adding with what it would change, their import; what is suggested."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role
from sourcier.interop.tables import Column, Table
from sourcier.interop.tables import Kind as Cell
from sourcier.kernel.activities import NAF_REV2, Activity, InvalidActivity, parse_activity
from sourcier.kernel.correspondence import NAMES
from sourcier.kernel.transitions import Refused
from sourcier.needs import nomenclatures
from sourcier.needs.queries.city_words import Foreseen, foreseen
from sourcier.vocabulary import actions, queries, reading, rules
from sourcier.vocabulary.meaning import meant
from sourcier.vocabulary.models import CityPhrase, Suggestion
from sourcier.web.city.activities import search
from sourcier.web.city.forms import add_refusal
from sourcier.web.exports import exported
from sourcier.web.rights import city

MAX_BYTES = 2_000_000
SHOWN = 60
PER_PAGE = 100
COLUMNS = (
    Column("Mots"), Column("Code NAF"), Column("Nomenclature"), Column("Activité"), Column("Origine"), Column("Ajoutée par"),
    Column("Le", Cell.MOMENT),
)  # fmt: skip


class PhraseForm(forms.Form):
    """A phrase, and the activity that it means: a code, or words to look for one, then one of those found."""

    phrase = forms.CharField(
        label="Vos mots", max_length=1_000, help_text="Comme on les dit ici : « barnum », « sono de la salle ».",
        error_messages={"required": "Écrivez au moins un mot."},
    )  # fmt: skip
    words = forms.CharField(
        label="L'activité : son code, ou des mots pour la chercher", max_length=200,
        help_text="Par exemple 77.29Z, ou location de tentes.",
        error_messages={"required": "Dites quelle activité : un code, ou des mots pour la chercher."},
    )  # fmt: skip
    activity = forms.ChoiceField(
        label="Laquelle", widget=forms.RadioSelect, error_messages={"required": "Choisissez une des activités trouvées."}
    )

    def __init__(self, agent: Agent, data: Any = None) -> None:
        super().__init__(data)
        text = (data or {}).get("words", "")[:200].strip()
        found = search(text, queries.phrases(agent.organisation)) if text else []
        self.found = [activity for activity in dict.fromkeys(found) if meant(activity)]
        choices = [(f"{a.nomenclature}:{a.code}", f"{_label(a)} ({_code(a)})") for a in self.found]
        self.fields["activity"].choices = choices  # type: ignore[attr-defined]
        if len(choices) < 2:
            del self.fields["activity"]
        self.choosing = ""

    def clean(self) -> dict[str, Any]:
        """The activity: the one chosen, else the only one found, else the code typed, known or not."""
        cleaned = super().clean() or self.cleaned_data
        if chosen := cleaned.get("activity"):
            cleaned["chosen"] = Activity(*chosen.split(":", 1))
        elif len(self.found) == 1:
            cleaned["chosen"] = self.found[0]
        elif not self.found and "words" in cleaned:
            try:
                cleaned["chosen"] = parse_activity(cleaned["words"])
            except InvalidActivity:
                self.add_error("words", "Rien pour ces mots. Essayez-en d'autres, ou un code comme 10.71C.")
        return cleaned


class FileForm(forms.Form):
    file = forms.FileField(
        label="Une liste de mots",
        help_text="CSV, Excel ou LibreOffice. La première ligne nomme deux colonnes : « Mots » et « Code NAF » ; une "
        "troisième, « Nomenclature », dit « NAF rév. 2 » ou « NAF 2025 » quand un même code est dans les deux.",
        error_messages={"required": "Choisissez un fichier.", "empty": "Ce fichier est vide. Exportez-le de nouveau."},
        widget=forms.FileInput({"accept": ".csv,.txt,.xlsx,.xls,.ods"}),
    )  # fmt: skip


@city(Role.HEAD_BUYER, Role.ADMIN, Role.AUDITOR)
def settings_words(request: HttpRequest) -> HttpResponse:
    """Read by those who govern something here, changed by the head of purchasing; needs are not the administrator's to read."""
    return _page(request)


def _page(request: HttpRequest, status: int = 200, **shown: Any) -> HttpResponse:
    agent: Agent = request.agent  # type: ignore[attr-defined]
    found = queries.live(agent.organisation)
    if "export" in request.GET and (response := exported(request, _table(found))):
        return response
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    reads = agent.has(Role.HEAD_BUYER, Role.AUDITOR)
    suggested = queries.waiting(agent.organisation) if reads else Suggestion.objects.none()
    context = {
        "editable": agent.has(Role.HEAD_BUYER), "lines": _lines(page), "page": page,
        "retired": _lines(queries.retired(agent.organisation)[:SHOWN]),
        "suggested": _lines(suggested.prefetch_related("heard")[:SHOWN]), "suggested_count": suggested.count(),
        "form": PhraseForm(agent), "file_form": FileForm(), **shown,
    }  # fmt: skip
    return render(request, "city/settings/words.html", context, status=status)


def _lines(rows: Iterable[CityPhrase | Suggestion]) -> list[dict[str, Any]]:
    """Each with its activity as the page names it."""
    told = ((row, Activity(row.nomenclature, row.code)) for row in rows)
    return [{"row": row, "label": _label(activity), "code": _code(activity)} for row, activity in told]


def _label(activity: Activity) -> str:
    return nomenclatures.named(activity) or activity.code


def _code(activity: Activity) -> str:
    """« 10.71C », « 10.71H en NAF 2025 »."""
    return activity.code if activity.nomenclature == NAF_REV2 else f"{activity.code} en {NAMES[activity.nomenclature]}"


def _table(found: QuerySet[CityPhrase]) -> Table:
    rows = [
        (row.phrase, row.code, NAMES[row.nomenclature], _label(Activity(row.nomenclature, row.code)), row.get_origin_display(),
         row.added_by.name, row.added_at)
        for row in found
    ]  # fmt: skip
    return Table("Les mots de la ville", COLUMNS, rows)


@city(Role.HEAD_BUYER)
@require_POST
def word_add(request: HttpRequest) -> HttpResponse:
    """Button `look`: say what it would change, and write nothing; else add."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    form = PhraseForm(agent, request.POST)
    phrase = rules.clean(request.POST.get("phrase", ""))
    if form.is_valid():
        chosen = form.cleaned_data["chosen"]
        try:
            if "look" in request.POST:
                return _page(request, form=form, foreseen=_foreseen(agent, phrase, chosen))
            made = actions.add(agent, phrase, chosen)
        except Refused as refused:
            field = "words" if refused.field == "activity" and "activity" not in form.fields else refused.field
            form.add_error(field if field in form.fields else None, refused.sentence)
        else:
            messages.success(request, f"« {made.phrase} » est ajouté aux mots de la ville.")
            return redirect(f"{reverse('settings_words')}#")  # its top, where it is said: else a browser keeps « #ajouter »
    elif "phrase" not in form.errors and (wrong := rules.refusal(phrase)):
        form.add_error("phrase", wrong.sentence)
    elif form.errors.keys() == {"activity"}:
        # Several were found: nobody is at fault, and one is left to choose.
        [form.choosing] = form.errors.pop("activity")
    return _page(request, 422, form=form)


def _foreseen(agent: Agent, phrase: str, activity: Activity) -> dict[str, Any]:
    """What the page shows before anything is written. Raises `Refused` for what could not be added."""
    if wrong := rules.refusal(phrase):
        raise Refused(wrong, "phrase")
    actions.check_activity(activity)
    needs: list[Foreseen] = foreseen(agent.organisation, phrase, activity)
    return {"phrase": phrase, "label": _label(activity), "code": _code(activity), "needs": needs}


@city(Role.HEAD_BUYER)
@require_POST
def words_import(request: HttpRequest) -> HttpResponse:
    """All the lines that can be read are added; the others are named with their reason."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, 422, file_form=form)
    upload = form.cleaned_data["file"]
    if upload.size > MAX_BYTES:
        form.add_error("file", "Ce fichier dépasse 2 Mo. Donnez la liste en plusieurs fois. Rien n'est importé.")
        return _page(request, 422, file_form=form)
    found = reading.Read()
    try:
        found = reading.read(upload.read())
        made = actions.import_phrases(agent, found.phrases, upload.name)
    except Refused as refused:
        add_refusal(form, refused)
        return _page(request, 422, file_form=form, unread=found.unread[:SHOWN], unread_count=len(found.unread))
    known = len(found.phrases) - len(made)
    report = {"added": len(made), "known": known, "unread": found.unread[:SHOWN], "unread_count": len(found.unread)}
    return _page(request, imported=True, **report)


@city(Role.HEAD_BUYER)
@require_POST
def word_retire(request: HttpRequest, phrase_id: UUID) -> HttpResponse:
    try:
        row = actions.retire(request.agent, phrase_id)  # type: ignore[attr-defined]
    except CityPhrase.DoesNotExist:
        raise Http404 from None
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, f"« {row.phrase} » est retiré. Les besoins déjà vus gardent leurs activités.")
    return redirect("settings_words")


@city(Role.HEAD_BUYER)
@require_POST
def word_suggested(request: HttpRequest, suggestion_id: UUID) -> HttpResponse:
    """« Ajouter aux mots de la ville », or button `dismiss`: « Écarter »."""
    agent: Agent = request.agent  # type: ignore[attr-defined]
    try:
        if "dismiss" in request.POST:
            said = f"« {actions.dismiss(agent, suggestion_id).phrase} » est écarté."
        else:
            said = f"« {actions.promote(agent, suggestion_id, request.POST.get('phrase', '')).phrase} » est ajouté."
    except Suggestion.DoesNotExist:
        raise Http404 from None
    except Refused as refused:
        refusal = {"pk": suggestion_id, "sentence": refused.sentence, "typed": request.POST.get("phrase", "")[:200]}
        refusal["decided"] = refused.refusal.code == "decided"
        return _page(request, 422, refused=refusal)
    messages.success(request, said)
    return redirect("settings_words")


urlpatterns = [
    path("reglages/mots/", settings_words, name="settings_words"),
    path("reglages/mots/ajouter/", word_add, name="word_add"),
    path("reglages/mots/importer/", words_import, name="words_import"),
    path("reglages/mots/<uuid:phrase_id>/retirer/", word_retire, name="word_retire"),
    path("reglages/mots/propositions/<uuid:suggestion_id>/", word_suggested, name="word_suggested"),
]
