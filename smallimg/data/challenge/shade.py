"""Light on surfaces and on the ground: a key light with a square softbox, a sky, and what the ground throws back."""

from dataclasses import dataclass

import numpy as np

from smallimg.data.challenge.colours import Colour
from smallimg.data.challenge.model import Distance, Vector
from smallimg.data.challenge.sdf import Array
from smallimg.data.challenge.trace import along


@dataclass(frozen=True)
class Light:
    """The light of one picture, in the object's coordinates.

    Attributes:
        key: unit vector towards the main light.
        across, over: unit vectors that span the softbox.
        up: unit vector away from the ground.
        colour: of the main light, linear RGB about 1.
        share: how much of the light is the main light's, 0 … 1; the rest comes from the sky.
        hardness: of its shadows, about 3 (overcast) … 14 (lamp).
        ground: mean linear RGB of the ground, for what it reflects.
    """

    key: Vector
    across: Vector
    over: Vector
    up: Vector
    colour: Colour
    share: float
    hardness: float
    ground: Colour


def _dot(vectors: Array, fixed: Vector) -> Array:
    product: Array = vectors[0] * fixed[0] + vectors[1] * fixed[1] + vectors[2] * fixed[2]
    return product


def _smooth(value: Array, width: float) -> Array:
    """0 below -width, 1 above +width, an S between."""
    ramp = np.clip(value * (0.5 / width) + 0.5, 0, 1)
    return ramp * ramp * (3 - 2 * ramp)


def shade(
    albedo: Array,
    normal: Array,
    view: Array,
    occlusion: Array,
    *,
    metal: float,
    gloss: float,
    alpha: float,
    light: Light,
) -> tuple[Array, Array]:
    """What leaves a surface towards the eye.

    Args:
        albedo: linear RGB [n, 3].
        normal, view: unit vectors [3, n], the view towards the surface.
        occlusion: [n], 1 is open.

    Returns:
        linear RGB [n, 3] of the surface itself, and the share [n, 3] of what lies behind it that shines through.
    """
    facing = (normal * view).sum(axis=0)
    reflected = view - 2 * facing * normal
    rise = _dot(normal, light.up)
    lit = np.clip(_dot(normal, light.key) * 0.9 + 0.1, 0, None) * (2.0 * light.share)
    sky = (0.5 + 0.5 * rise) * (1.25 * (1 - light.share) + 0.1)
    bounce = (0.5 - 0.5 * rise) * 0.45
    ambient = sky[:, None] * np.float32(1) + bounce[:, None] * np.asarray(light.ground, np.float32)
    diffuse = lit[:, None] * np.asarray(light.colour, np.float32) * (0.35 + 0.65 * occlusion[:, None])
    diffuse += ambient * occlusion[:, None]

    blur = 0.04 + 0.7 * (1 - gloss) ** 2
    square = np.maximum(np.abs(_dot(reflected, light.across)), np.abs(_dot(reflected, light.over)))
    panel = _smooth(0.42 - square, blur) * (_dot(reflected, light.key) > 0)
    above = _smooth(_dot(reflected, light.up) + 0.05, 0.1 + blur * 0.6)
    mirror = above[:, None] * (0.35 + 0.5 * np.abs(_dot(reflected, light.up)))[:, None] + (1 - above)[:, None] * (
        0.7 * np.asarray(light.ground, np.float32) + 0.02
    )
    mirror *= (0.3 + 0.7 * occlusion)[:, None]
    grazing = np.clip(1 + facing, 0, 1) ** 5
    fresnel = (0.04 + 0.75 * grazing) * (0.25 + 0.75 * gloss)
    glint = panel * gloss * gloss * (0.3 + 0.7 * occlusion)
    skin = fresnel[:, None] * mirror + (glint * 0.55)[:, None]
    polish = albedo * (mirror * 1.15 + (panel * 1.1)[:, None] + 0.15 * diffuse)
    colour = (1 - metal) * (alpha * albedo * diffuse + skin) + metal * polish
    # Towards its rim glass is seen through its thickness, and darkens.
    through = (1 - alpha) * ((1 - fresnel) * np.clip(-2.5 * facing, 0.25, 1))[:, None] * np.sqrt(albedo)
    return colour, through


def occlusion(
    distance: Distance, points: tuple[Array, Array, Array], normal: Array, light: Light, lift: float
) -> Array:
    """How open the surroundings of surface points are, [n]: 1 free, near 0 deep in a corner."""
    shut = np.zeros(len(points[0]), np.float32)
    for reach, weight in ((0.07, 0.35), (0.3, 0.55)):
        x, y, z = (point + normal[axis] * reach for axis, point in enumerate(points))
        height = x * light.up[0] + y * light.up[1] + z * light.up[2] + lift
        free = np.minimum(distance(x, y, z), height)
        shut += weight * np.clip(1 - free / reach, 0, 1)
    return 1 - np.clip(shut, 0, 0.85)


def ground_shadow(distance: Distance, origin: Vector, rays: Array, light: Light, lift: float) -> Array:
    """How much light reaches the ground where unit rays [3, n] from `origin` meet it, [n]: 1 is none lost.

    Soft shadows after Inigo Quilez: the nearer a ray to the light passes by the object, the less of the lamp it sees;
    beside it the sky that the object hides just above the ground, which makes the dark line of contact.
    """
    eye = origin[0] * light.up[0] + origin[1] * light.up[1] + origin[2] * light.up[2] + lift
    ground = along(origin, rays, eye / np.maximum(-_dot(rays, light.up), 0.05))
    seen = np.ones(len(ground[0]), np.float32)
    walked = np.full_like(seen, 0.03)
    for _ in range(14):
        gap = distance(*(start + walked * step for start, step in zip(ground, light.key, strict=True)))
        seen = np.minimum(seen, light.hardness * gap / walked)
        walked += np.clip(gap, 0.04, 0.4)
    seen = np.clip(seen, 0, 1)
    seen = seen * seen * (3 - 2 * seen)
    sky = np.ones_like(seen)
    for height, weight in ((0.06, 0.4), (0.25, 0.35), (0.6, 0.2)):
        gap = distance(*(start + height * step for start, step in zip(ground, light.up, strict=True)))
        sky -= weight * np.clip(1 - gap / height, 0, 1)
    return (light.share * seen + 1 - light.share) * (0.25 + 0.75 * sky)
