"""« Ce n'est pas ce que j'ai remis »: a firm contests what the city registered of its paper."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from sourcier.kernel.transitions import Refused
from sourcier.quotes.actions.contest import contest as act
from sourcier.quotes.queries import answers
from sourcier.web.firm.door import Visit, visitor
from sourcier.web.firm.first import base_context
from sourcier.web.firm.talk import TextForm
from sourcier.web.rights import firm


@firm
@require_http_methods(["GET", "HEAD", "POST"])
@visitor
def contest(request: HttpRequest, visit: Visit) -> HttpResponse:
    """For who has shown that this paper is its own."""
    sent = answers.of_invitation(visit.invitation, visit.own)
    if sent is None or not sent.paper or sent.by_email:
        return redirect("firm_receipt")
    form = TextForm(request.POST or None, auto_id="%s")
    if request.method == "POST" and form.is_valid():
        try:
            act(sent, form.cleaned_data["text"])
            messages.success(request, gettext("C'est noté. La mairie le lira avec votre pli, à l'ouverture, et vous répondra."))
            return redirect("firm_receipt")
        except Refused as refused:
            form.add_error("text", gettext(refused.sentence))
    context = base_context(visit) | {"form": form, "sent": sent}
    return render(request, "firm/contest.html", context, status=400 if form.errors else 200)


urlpatterns = [path("r/contester/", contest, name="firm_contest")]
