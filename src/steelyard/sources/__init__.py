"""How outside places list and stream files. Knows no storage and no database."""
