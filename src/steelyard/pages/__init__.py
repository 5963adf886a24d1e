"""The depot as the web pages see it: the same services that the API uses, in the same shapes."""
