"""A map of a data set: pictures that a network sees alike lie side by side.

Features are those that the classifier decides from, see `smallimg.study.embeddings`. t-SNE (van der Maaten and Hinton,
2008, JMLR 9:2579) keeps neighbours together; how far two groups lie apart, and how large they are, means nothing.
"""

import numpy as np
from numpy.typing import NDArray

from smallimg.bundles.sessions import Floats
from smallimg.errors import DataError

#: How many neighbours count for each picture, where there are enough.
PERPLEXITY = 20
#: Fewer pictures make no map.
FEWEST = 5
#: Features are first reduced to so many directions, which is quicker and takes noise away.
DIRECTIONS = 40


def place_pictures(embeddings: Floats, *, seed: int = 0) -> Floats:
    """Where each picture lies on the map.

    Args:
        embeddings: of pictures, float32 [n, d].
        seed: the same map for the same pictures.

    Returns:
        float32 [n, 2], in units of no meaning.

    Raises:
        DataError: when there are fewer than `FEWEST` pictures.
    """
    n = len(embeddings)
    if n < FEWEST:
        raise DataError(f"A map needs {FEWEST} pictures at least, and there are {n}: choose a larger data set.")
    from sklearn.decomposition import PCA  # a second to import
    from sklearn.manifold import TSNE

    pointed = _directions(embeddings)
    if min(pointed.shape) > DIRECTIONS:
        pointed = PCA(DIRECTIONS, random_state=seed).fit_transform(pointed)
    perplexity = min(PERPLEXITY, (n - 1) / 3)
    placed: Floats = TSNE(perplexity=perplexity, init="pca", random_state=seed).fit_transform(pointed)
    return np.asarray(placed, np.float32)


def nearest(embeddings: Floats, index: int, *, count: int = 11) -> tuple[NDArray[np.int64], Floats]:
    """The pictures that the network sees most like one of them, the most alike first.

    Args:
        embeddings: float32 [n, d].
        index: the one.
        count: how many others at most.

    Returns:
        Their places, [k], and how alike each is: the cosine of the angle between the two embeddings, −1 … 1, [k].
    """
    others, cosines = nearest_to(embeddings, embeddings[index], count=count + 1)
    kept = others != index
    return others[kept][:count], cosines[kept][:count]


def nearest_to(embeddings: Floats, embedding: Floats, *, count: int = 12) -> tuple[NDArray[np.int64], Floats]:
    """The same for any picture, by its embedding [d]; it may be one of them."""
    cosines = _directions(embeddings) @ _directions(embedding[None])[0]
    order = np.argsort(-cosines, kind="stable")[:count]
    return order, cosines[order]


def _directions(embeddings: Floats) -> Floats:
    lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
    return np.asarray(embeddings / np.maximum(lengths, 1e-12), np.float32)
