"""Principal components: the directions in which samples differ most.

Every step is exact or a single rounded operation, so the bits are the same on every computer.
"""

import itertools
import math
from typing import NamedTuple

import numpy as np

from nncore.arrays import Doubles, Floats, as_matrix
from nncore.errors import require_count
from nncore.functions.exact import (
    largest_of_all,
    product,
    product_bits,
    require_exact_blas,
    row_sums_of_squares,
    sum_all,
    sum_rows,
    to_grid,
)

# More directions than requested make the iteration converge sooner.
SPARE_DIRECTIONS = 6
# The error of a direction falls with the ratio of two variances in each iteration.
ITERATIONS = 60
# The method converges quadratically; a matrix of 8 columns needs some six sweeps.
JACOBI_SWEEPS = 10


class PrincipalComponents(NamedTuple):
    """Samples projected on the directions of their largest variance.

    Attributes
    ----------
    coordinates : (n, count), the samples along the directions, relative to their mean
    fractions : (count,) of the variance of all inputs, the largest first
    """

    coordinates: Doubles
    fractions: Doubles


def principal_components(X: Floats, count: int = 2) -> PrincipalComponents:  # noqa: N803
    """Return the projections of samples on the directions in which they differ most.

    The method is orthogonal iteration (Golub & Van Loan, Matrix Computations, section 8.2.4) on the
    covariance, or on the products of the samples if these are fewer than the inputs. It starts from
    fixed directions and has a fixed number of steps. Products round their operands to grids of some
    20 bits, so coordinates have four to five digits, enough for a drawing. Each direction has the
    sign with which its largest component is positive.

    Parameters
    ----------
    X : (n, inputs) finite floats, n at least 1
    count : number of directions; where the samples differ in fewer, the other coordinates are 0

    Raises
    ------
    DataError
        `X` is no matrix of numbers.
    SettingsError
        `count` is no number of at least 1.
    """
    require_count("count", 1, count)
    matrix = as_matrix("X", X).astype(np.float64)
    require_exact_blas()
    centred = matrix - sum_rows(matrix.T) / len(matrix)
    variance = sum_all(np.square(centred))
    if len(matrix) < matrix.shape[1]:
        # The same directions from the smaller matrix of products of samples: Turk & Pentland,
        # Eigenfaces for recognition (1991).
        weights = _directions(_product(centred, centred.T), count)
        directions = _orient(_orthonormalize(_product(centred.T, weights)))
    else:
        directions = _orient(_directions(_product(centred.T, centred), count))
    coordinates = np.zeros((len(matrix), count))
    coordinates[:, : directions.shape[1]] = _product(centred, directions)
    along = np.array([sum_all(np.square(column)) for column in coordinates.T])
    order = np.argsort(-along, kind="stable")
    fractions = np.minimum(along[order] / variance, 1) if variance else along
    return PrincipalComponents(coordinates[:, order], fractions)


def _directions(covariance: Doubles, count: int) -> Doubles:
    """Return orthonormal directions, (inputs, at most `count`), the largest variance first."""
    inputs = len(covariance)
    columns = min(count + SPARE_DIRECTIONS, inputs)
    # Any directions will do that are not orthogonal to those of the result.
    directions = covariance[:, np.argsort(-covariance.diagonal(), kind="stable")[:columns]]
    directions = _orthonormalize(directions)
    if not directions.shape[1]:
        return directions
    for _ in range(ITERATIONS):
        directions = _orthonormalize(_product(covariance, directions))
    # The iteration finds their span sooner than each of them, where variances are similar.
    within = _product(directions.T, _product(covariance, directions))
    return _product(directions, _eigenvectors(within)[:, :count])


def _eigenvectors(symmetric: Doubles) -> Doubles:
    """Return the eigenvectors of a small matrix as columns, that of the largest value first.

    The method is cyclic Jacobi: Golub & Van Loan, section 8.5.
    """
    size = len(symmetric)
    matrix, vectors = (symmetric + symmetric.T) / 2, np.eye(size)
    negligible = 1e-15 * float(np.abs(matrix).max(initial=0))
    for _ in range(JACOBI_SWEEPS):
        for p, q in itertools.combinations(range(size), 2):
            if abs(matrix[p, q]) <= negligible:
                continue
            tau = (matrix[q, q] - matrix[p, p]) / (2 * matrix[p, q])
            tangent = math.copysign(1, tau) / (abs(tau) + math.sqrt(1 + tau * tau))
            cosine = 1 / math.sqrt(1 + tangent * tangent)
            sine = tangent * cosine
            for array in (matrix.T, matrix, vectors.T):
                first, second = array[p].copy(), array[q].copy()
                array[p] = cosine * first - sine * second
                array[q] = sine * first + cosine * second
    return vectors[:, np.argsort(-matrix.diagonal(), kind="stable")]


def _orient(directions: Doubles) -> Doubles:
    """Return the directions, each with the sign with which its largest component is positive."""
    largest = np.abs(directions).argmax(axis=0)
    signs: Doubles = np.sign(directions[largest, np.arange(directions.shape[1])])
    return directions * signs


def _orthonormalize(vectors: Doubles) -> Doubles:
    """Return an orthonormal basis of the columns (modified Gram-Schmidt, twice for accuracy)."""
    basis: list[Doubles] = []
    lengths = np.sqrt(row_sums_of_squares(vectors.T))
    for vector, length in zip(vectors.T, lengths.tolist(), strict=True):
        rest = vector.copy()
        for direction in [*basis, *basis]:
            rest -= sum_all(direction * rest) * direction
        rest_length = float(np.sqrt(sum_all(np.square(rest))))
        # The rest of a vector in the span of the others is rounding error.
        if rest_length > 1e-6 * length:
            basis.append(rest / rest_length)
    return np.array(basis).reshape(-1, len(vectors)).T


def _product(left: Doubles, right: Doubles) -> Doubles:
    """Return a product of matrices, each rounded to a grid so that no sum rounds."""
    bits = product_bits(left.shape[1])
    out = np.empty((len(left), right.shape[1]))
    product(_on_grid(left, bits), _on_grid(right, bits), out)
    return out


def _on_grid(matrix: Doubles, bits: int) -> Doubles:
    out = np.empty(matrix.shape)
    to_grid(matrix, largest_of_all(matrix), bits, out)
    return out
