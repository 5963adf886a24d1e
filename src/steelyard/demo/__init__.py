"""``steelyard demo``: a throw-away depot with made-up days of made-up people."""
