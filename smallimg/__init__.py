"""Open a picture, remove its background, find the object, crop it, say what it is."""

#: The bundle of trained networks that is used where none is named.
DEFAULT_BUNDLE = "everyday"
