"""How each runtime starts, answers and stops. Engines know paths and bytes, not the catalog."""
