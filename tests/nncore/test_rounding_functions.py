"""Functions whose last bits depend on a library or a processor have two files as their home."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOME = {Path("nncore/functions", f"{name}.py") for name in ("exact", "plain")}
SOURCES = (path for folder in ("nncore", "stages") for path in (ROOT / folder).rglob("*.py"))
FILES = sorted({path.relative_to(ROOT) for path in SOURCES} - HOME)
PRODUCTS = {
    *("convolve", "correlate", "cross", "dot", "einsum", "einsum_path", "fft", "inner", "kron"),
    *("linalg", "matmul", "matvec", "multi_dot", "outer", "tensordot", "vdot", "vecdot", "vecmat"),
    *("cov", "corrcoef", "polyfit", "polyval", "interp", "trapezoid"),
}
# Of NumPy and of the C library, which Python's math calls; math.sqrt and the like are exact.
TRANSCENDENTAL = {
    *("acos", "acosh", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh"),
    *("asin", "asinh", "atan", "atan2", "atanh", "cbrt", "cos", "cosh", "erf", "erfc", "exp"),
    *("exp2", "expm1", "float_power", "gamma", "geomspace", "hypot", "lgamma", "log", "log10"),
    *("log1p", "log2", "logaddexp", "logaddexp2", "logspace", "pow", "power", "sin", "sinc"),
    *("sinh", "tan", "tanh", "i0"),
}
# Of NumPy's generators: they call the C library, or may be computed by fused operations.
DRAWS = {
    *("beta", "binomial", "chisquare", "dirichlet", "exponential", "gumbel", "laplace"),
    *("lognormal", "multivariate_normal", "normal", "poisson", "standard_exponential"),
    *("standard_gamma", "standard_normal", "standard_t", "uniform", "weibull"),
}
MODULES = {"cmath", "math", "np", "numpy"}


def rounding(source):
    """Return the names and operators of a source that may round differently elsewhere."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.MatMult):
            names.add("@")
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            # NumPy squares by a product; powers of 2, of -1 and of whole numbers are
            # exact. Others are the C library's pow.
            left, right = ast.unparse(node.left), ast.unparse(node.right)
            if right != "2" and left not in {"2", "2.0", "-1"} and not (left + right).isdigit():
                names.add("**")
        elif isinstance(node, ast.Attribute):
            is_function = node.attr in TRANSCENDENTAL and ast.unparse(node.value) in MODULES
            if node.attr in PRODUCTS | DRAWS or is_function:
                names.add(node.attr)
        elif isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] in MODULES:
            names |= {alias.name for alias in node.names} & (PRODUCTS | TRANSCENDENTAL)
    return names


@pytest.mark.parametrize("file", FILES, ids=str)
def test_a_file_leaves_rounding_functions_to_their_home(file):
    source = (ROOT / file).read_text(encoding="utf-8")
    assert rounding(source) == set()


def test_their_home_is_where_it_is_said_to_be():
    assert all(rounding((ROOT / file).read_text(encoding="utf-8")) for file in HOME)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("c = a @ b", {"@"}),
        ("a @= b", {"@"}),
        ("a.dot(b, out=c)", {"dot"}),
        ("np.linalg.norm(a)", {"linalg"}),
        ("numpy.einsum('i,i', a, a)", {"einsum"}),
        ("np.exp(a)", {"exp"}),
        ("np.log1p(a, out=a)", {"log1p"}),
        ("math.tanh(a)", {"tanh"}),
        ("from math import exp, sqrt", {"exp"}),
        ("from numpy import inner", {"inner"}),
        ("rng.standard_normal(3)", {"standard_normal"}),
        ("self._rng.normal(3)", {"normal"}),
        ("a**3", {"**"}),
        ("factor**epoch", {"**"}),
        ("a**2 + 2.0**n + (-1)**n + 10**6", set()),
        ("math.sqrt(a) + np.ldexp(a, 2) + a.sum()", set()),
        ("arithmetic.exp(a, a); exact.log(a)", set()),
    ],
)
def test_a_rounding_function_would_be_seen(source, expected):
    assert rounding(source) == expected
