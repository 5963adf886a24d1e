"""The mirror: what a Hugging Face client asks for, from the store while it is here and through it while it is not."""
