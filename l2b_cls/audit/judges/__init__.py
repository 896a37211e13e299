"""The networks that judge labels: trained without them, or from a file, what they say and how good they are."""
