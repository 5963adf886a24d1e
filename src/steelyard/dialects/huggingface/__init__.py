"""The Hugging Face hub's protocol, as its clients really use it.

Everything here but the routes is pure: addresses and headers in, JSON and headers out. Shapes are those that
huggingface_hub 0.23 to 2.x read (``hf_api.py``, ``file_download.py``, ``utils/_http.py``).
"""
