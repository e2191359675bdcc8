"""The verbs: panel, request, invite, questions, notice, identity, closing; `progress` is for the rooms above."""
