"""Pushing: the team's own models come in from stock Hugging Face clients, with branches, tags and history."""
