"""As much of HTTP/1.1 as the gateway's bench needs."""

_END = b"\r\n\r\n"
_LAST_CHUNK = b"0\r\n\r\n"
_LENGTH = b"content-length:"
_CHUNKED = b"transfer-encoding: chunked"


def split(data: bytes) -> tuple[bytes, bytes, bytes] | None:
    """The head and the body of the first message, and what follows; None until it is whole.

    A body in chunks is taken to be the last thing that has come, and is given as it is.
    """
    head, end, rest = data.partition(_END)
    if not end:
        return None
    fields = head.lower()
    if _CHUNKED in fields:
        return (head, rest, b"") if rest.endswith(_LAST_CHUNK) else None
    place = fields.find(_LENGTH)
    size = 0 if place < 0 else int(fields[place + len(_LENGTH) :].partition(b"\r\n")[0])
    return None if len(rest) < size else (head, rest[:size], rest[size:])
