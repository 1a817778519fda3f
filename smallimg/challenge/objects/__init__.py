"""The objects of the challenge: class name -> a function that designs one at random."""

from collections.abc import Callable

from numpy.random import Generator

from smallimg.challenge.colours import Colour
from smallimg.challenge.model import Model
from smallimg.challenge.objects.ball import ball
from smallimg.challenge.objects.can import can
from smallimg.challenge.objects.cup import cup
from smallimg.challenge.objects.light_bulb import light_bulb
from smallimg.challenge.objects.phone import phone
from smallimg.challenge.objects.plug import plug
from smallimg.challenge.objects.scissors import scissors
from smallimg.challenge.objects.sunglasses import sunglasses

# Each takes the picture's random generator and the ground's mean colour, which its own colours keep away from.
OBJECTS: dict[str, Callable[[Generator, Colour], Model]] = {
    "plug": plug,
    "phone": phone,
    "scissors": scissors,
    "light bulb": light_bulb,
    "can": can,
    "sunglasses": sunglasses,
    "ball": ball,
    "cup": cup,
}
