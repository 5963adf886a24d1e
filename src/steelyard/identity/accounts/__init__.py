"""Accounts of people and programs, and what they show: passwords, sessions, tokens."""
