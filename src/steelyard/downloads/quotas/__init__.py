"""How much somebody may bring: limits, what was used of them, and the judgement over a request."""
