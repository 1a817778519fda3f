"""The sample challenge: a data set drawn from nothing, in the shape of AI@UNICT2025."""

from smallimg.data.challenge.writer import CLASS_NAMES, TEST_BACKGROUND, TRAIN_BACKGROUNDS, write_challenge

__all__ = ["CLASS_NAMES", "TEST_BACKGROUND", "TRAIN_BACKGROUNDS", "write_challenge"]
