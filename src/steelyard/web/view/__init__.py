"""View models: the depot's answers turned into finished strings. Pure; templates only place them."""
