"""The verbs: panel, request, invite, questions, notice, closing; `progress` is for the rooms above."""
