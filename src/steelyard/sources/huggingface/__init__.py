"""The Hugging Face hub and everything that speaks its protocol."""
