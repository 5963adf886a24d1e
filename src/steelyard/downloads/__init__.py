"""Requests for models and the job that brings them. The only writer of model bytes."""
