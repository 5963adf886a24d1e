"""The pages: server-rendered, live by Server-Sent Events, made from the services that the API uses. No SQL here."""
