"""Open a picture, remove its background, find the object, crop it, say what it is."""

from smallimg.environment import settle

settle()  # before any other package is imported

__version__ = "0.1.0"
#: The bundle of trained networks that is used where none is named.
DEFAULT_BUNDLE = "everyday"
