"""The objects of the challenge: class name -> a function that designs one at random."""

from collections.abc import Callable

from numpy.random import Generator

from smallimg.data.challenge.colours import Colour
from smallimg.data.challenge.model import Model
from smallimg.data.challenge.objects.ball import ball
from smallimg.data.challenge.objects.can import can
from smallimg.data.challenge.objects.cup import cup
from smallimg.data.challenge.objects.light_bulb import light_bulb
from smallimg.data.challenge.objects.phone import phone
from smallimg.data.challenge.objects.plug import plug
from smallimg.data.challenge.objects.scissors import scissors
from smallimg.data.challenge.objects.sunglasses import sunglasses

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
