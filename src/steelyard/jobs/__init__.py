"""Durable work of any kind: the table is the truth, the queue only says when to look. Knows no kind of job."""
