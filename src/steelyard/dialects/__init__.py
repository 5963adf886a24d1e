"""Other people's protocols, each in a folder of its own: parse what came, call the services, encode the answer."""
