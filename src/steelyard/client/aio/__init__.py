"""The SDK for asyncio. The source of its synchronous twin: ``make sdk`` writes that anew from these files."""
