"""Where bytes lie: part files, blobs in the Hugging Face cache layout, free space. Knows no model and no route."""
