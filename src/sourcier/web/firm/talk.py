"""Questions of the firm, documents of the request, clarifications asked by the city."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from sourcier.kernel.transitions import Refused
from sourcier.quotes.actions.evaluate import answer_clarification
from sourcier.quotes.queries import answers
from sourcier.sourcing.actions.questions import ask
from sourcier.sourcing.queries import answered
from sourcier.sourcing.rules import Verb, state_guard
from sourcier.web.downloads import attachment
from sourcier.web.firm.door import Visit, visitor
from sourcier.web.firm.first import base_context
from sourcier.web.firm.mine import proof_file
from sourcier.web.rights import firm


class TextForm(forms.Form):
    use_required_attribute = False

    text = forms.CharField(
        max_length=4_000, widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Écrivez quelques mots."), "max_length": _("C'est trop long : 4000 caractères au plus.")},
    )  # fmt: skip


@firm
@require_http_methods(["GET", "HEAD", "POST"])
@visitor
def questions(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Ask in writing; read what was asked and answered, without the askers."""
    sourcing = visit.invitation.sourcing
    form = TextForm(request.POST or None, auto_id="%s")
    if request.method == "POST" and form.is_valid():
        try:
            asked = ask(visit.invitation, form.cleaned_data["text"])
            said = gettext("Votre question est partie. Votre récépissé : %(number)s.") % {"number": asked.receipt_number}
            messages.success(request, f"{said} {gettext('La réponse ira à toutes les entreprises, sans votre nom.')}")
            return redirect("firm_questions")
        except Refused as refused:
            form.add_error("text", gettext(refused.sentence))
    context = base_context(visit) | {
        "form": form,
        "own": answers.questions(visit.invitation).exclude(receipt_number=""),
        "answered": answered(sourcing),
        "closed": state_guard(sourcing.state, Verb.ASK),
    }
    return render(request, "firm/questions.html", context, status=400 if form.errors else 200)


@firm
@require_safe
@visitor
def document(request: HttpRequest, visit: Visit, file_id: UUID) -> HttpResponse:
    """A document of this request, and of no other."""
    joined = visit.invitation.sourcing.documents.filter(file_id=file_id).select_related("file").first()
    if joined is None:
        raise Http404
    return attachment(joined.file)


@firm
@require_http_methods(["GET", "HEAD", "POST"])
@visitor
def clarification(request: HttpRequest, visit: Visit, clarification_id: UUID) -> HttpResponse:
    """« Demander une précision »: the city's question to this firm alone, and its answer, once."""
    asked = answers.clarifications(visit.invitation).filter(pk=clarification_id).first()
    if asked is None:
        raise Http404
    form = TextForm(request.POST or None, auto_id="%s")
    if request.method == "POST" and form.is_valid():
        try:
            given = answer_clarification(visit.invitation, asked.pk, form.cleaned_data["text"])
            said = gettext("Bien reçu. Votre récépissé : %(number)s. La mairie lira votre précision.")
            messages.success(request, said % {"number": given.receipt_number})
            return redirect("firm_clarification", asked.pk)
        except Refused as refused:
            form.add_error("text", gettext(refused.sentence))
    context = base_context(visit) | {"form": form, "asked": asked}
    return render(request, "firm/clarification.html", context, status=400 if form.errors else 200)


@firm
@require_POST
@visitor
def question_proof(request: HttpRequest, visit: Visit, question_id: UUID) -> HttpResponse:
    """The signed receipt of one's own question."""
    return proof_file(request, answers.questions(visit.invitation).filter(pk=question_id).first(), "firm_questions")


@firm
@require_POST
@visitor
def clarification_proof(request: HttpRequest, visit: Visit, clarification_id: UUID) -> HttpResponse:
    """The signed receipt of an explanation given."""
    asked = answers.clarifications(visit.invitation).filter(pk=clarification_id).first()
    return proof_file(request, asked, "firm")


urlpatterns = [
    path("r/questions/", questions, name="firm_questions"),
    path("r/document/<uuid:file_id>/", document, name="firm_document"),
    path("r/precision/<uuid:clarification_id>/", clarification, name="firm_clarification"),
    path("r/questions/<uuid:question_id>/recepisse/", question_proof, name="firm_question_proof"),
    path("r/precision/<uuid:clarification_id>/recepisse/", clarification_proof, name="firm_clarification_proof"),
]
