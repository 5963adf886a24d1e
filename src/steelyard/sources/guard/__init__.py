"""Which addresses the depot connects to when somebody else chose them: a caller, or a hub that redirects."""
