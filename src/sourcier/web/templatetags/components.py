"""Filters of the components. Built in: no `{% load %}` needed."""

from django import forms, template

from sourcier.accounts.agents import Agent
from sourcier.accounts.models import Role

register = template.Library()


@register.filter
def initials(name: str) -> str:
    """« Hélène Rosny » gives « HR »."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words[:1])).upper()


@register.filter
def role_names(agent: Agent) -> str:
    """« Acheteur, Responsable des achats », in the order of the roles."""
    return ", ".join(role.label for role in Role if role in agent.roles)


@register.filter
def is_group(field: forms.BoundField) -> bool:
    """True when the field shows several inputs: it then takes a fieldset and a legend."""
    return isinstance(field.field.widget, forms.RadioSelect | forms.CheckboxSelectMultiple)


@register.simple_tag(takes_context=True)
def town_query(context: template.Context) -> str:
    """`?ville=rosny` on the pages of firms and visitors; nothing for a signed-in person, whose city is known."""
    organisation = context.get("organisation")
    return f"?ville={organisation.slug}" if organisation and not context.get("agent") else ""
