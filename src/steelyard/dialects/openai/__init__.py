"""OpenAI's protocol, as its official clients really use it.

Shapes are those that openai 3.51 for Python reads (``types/``, ``_streaming.py``, ``_base_client.py``). Everything here
but the routes and the list of models is pure.
"""
