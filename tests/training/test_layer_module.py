"""A layer's module computes forward and backward as torch does, and checks itself against differences."""

import ast
import inspect
import re

import numpy as np
import pytest
from layers import Attention, BatchNorm, Convolution, LayerNorm, PaddedConvolution, Residual, StridedConvolution
from sympy import Function, Max, Min, Piecewise, Sum, Symbol, log, sqrt

from symnn import Equation, LogSumExp, Program, examples, index, mlp, parse_program, sizes, tensor
from symnn.compiling.printing import ArrayPrinter
from symnn.compiling.torch_helpers import TORCH_HELPERS
from symnn.compiling.torch_printing import TorchPrinter
from symnn.errors import CompileError, InputError, ProgramError
from symnn.language import NAMED, Inverse, LogDeterminant, Maximum, Tensor
from symnn.training.layer_module import layer_source

n, d, h, c, f, taps = sizes("n d h c f taps")
EXAMPLES = 3


def torch_functions(torch):
    """The layers in torch, on one example (batch norm: on a batch)."""
    conv = torch.nn.functional.conv1d
    return {
        "layer norm": lambda x, gamma, beta: torch.nn.functional.layer_norm(x, x.shape, gamma, beta),
        "attention": lambda x, W_Q, W_K, W_V: torch.nn.functional.scaled_dot_product_attention(
            x @ W_Q, x @ W_K, x @ W_V
        ),
        "convolution": lambda x, w, b: conv(x[None], w, b)[0],
        "strided convolution": lambda x, w: conv(x[None], w, stride=2)[0],
        "padded convolution": lambda x, w: conv(x[None], w, padding=1)[0],
        "batch norm": lambda x, gamma, beta: torch.nn.functional.batch_norm(x, None, None, gamma, beta, training=True),
        "residual block": lambda x, W, U, b: x + U @ torch.relu(W @ x + b),
    }


LAYERS = {
    "layer norm": (LayerNorm(d), {d: 5}),
    "attention": (Attention(n, d, h, f), {n: 4, d: 3, h: 2, f: 3}),
    "convolution": (Convolution(c, n, f, taps), {c: 2, n: 7, f: 3, taps: 4}),
    "strided convolution": (StridedConvolution(c, n, f), {c: 2, n: 3, f: 4}),
    "padded convolution": (PaddedConvolution(c, n, f), {c: 2, n: 5, f: 3}),
    "batch norm": (BatchNorm(d), {d: 5}),
    "residual block": (Residual(d, h), {d: 5, h: 6}),
}
every_layer = pytest.mark.parametrize("name", LAYERS)
every_batch = pytest.mark.parametrize("batch", [True, False], ids=["batch", "one example"])
every_target = pytest.mark.parametrize("target", ["numpy", "torch-function"])


def program_of(layer):
    shape = layer.inputs if isinstance(layer.inputs, tuple) else (layer.inputs,)
    return Program(layer.equations(Tensor("x", (examples, *shape) if layer.batched else shape, "input")))


def run(source, name="module"):
    module = {"__name__": name}
    exec(compile(source, "module", "exec"), module)
    return module


def values(program, numbers, batch, seed=1):
    """Return random arrays; data have a row an example in a batch."""
    random = np.random.default_rng(seed)
    found = {}
    for name, given in sorted(program.inputs.items()):
        shape = [int(size.subs({**numbers, examples: EXAMPLES})) for size in given.shape]
        lead = [EXAMPLES] if batch and given.role in ("input", "target") and not program.names_examples else []
        found[name] = random.normal(scale=0.8, size=lead + shape)
    return found


def upstream(output):
    return np.random.default_rng(2).normal(size=np.shape(output))


@every_layer
@every_batch
def test_forward_and_backward_are_those_of_torch(name, batch):
    torch = pytest.importorskip("torch")
    layer, numbers = LAYERS[name]
    program = program_of(layer)
    arrays = values(program, numbers, batch)
    tensors = {n: torch.tensor(array, requires_grad=True) for n, array in arrays.items()}
    function = torch_functions(torch)[name]
    if batch and not layer.batched:
        rest = {n: t for n, t in tensors.items() if n != "x"}
        expected = torch.stack([function(x=row, **rest) for row in tensors["x"]])
    else:
        expected = function(**tensors)
    grad_output = upstream(expected.detach())
    expected.backward(torch.tensor(grad_output))

    module = run(layer_source(program, batch=batch))
    output, saved = module["forward"](**arrays)
    gradients = module["backward"](saved, grad_output)
    assert np.max(np.abs(output - expected.detach().numpy())) < 1e-10
    assert gradients.keys() == arrays.keys()

    made = run(layer_source(program, batch=batch, target="torch-function"))
    again = {n: torch.tensor(arrays[n], requires_grad=True) for n in made["SHAPES"]}
    made["LayerFunction"].apply(*again.values()).backward(torch.tensor(grad_output))
    for n, t in tensors.items():
        assert np.max(np.abs(gradients[n] - t.grad.numpy())) < 1e-10, n
        assert (again[n].grad - t.grad).abs().max() < 1e-10, n


@every_layer
@every_batch
def test_gradcheck_passes_also_where_only_some_derivatives_are_needed(name, batch):
    torch = pytest.importorskip("torch")
    layer, numbers = LAYERS[name]
    program = program_of(layer)
    module = run(layer_source(program, batch=batch, target="torch-function"))
    arrays = values(program, numbers, batch)
    for needed in ([True] * len(arrays), *np.eye(len(arrays), dtype=bool).tolist()):
        given = [torch.tensor(arrays[n], requires_grad=g) for n, g in zip(module["SHAPES"], needed, strict=True)]
        assert torch.autograd.gradcheck(module["LayerFunction"].apply, given)


@every_layer
@every_batch
@every_target
def test_a_module_that_is_run_checks_itself(name, batch, target, capsys):
    if target != "numpy":
        pytest.importorskip("torch")
    run(layer_source(program_of(LAYERS[name][0]), batch=batch, target=target), "__main__")
    assert capsys.readouterr().out


@pytest.mark.parametrize("name", ["layer norm", "strided convolution", "attention"])
def test_float32_stays_float32(name):
    layer, numbers = LAYERS[name]
    program = program_of(layer)
    arrays = values(program, numbers, True)
    module, exact = run(layer_source(program, dtype="float32")), run(layer_source(program))
    output, saved = module["forward"](**arrays)
    gradients = module["backward"](saved, upstream(output))
    expected = exact["backward"](exact["forward"](**arrays)[1], upstream(output))
    assert output.dtype == np.float32
    for n, gradient in gradients.items():
        assert gradient.dtype == np.float32
        assert np.max(np.abs(gradient - expected[n])) < 1e-4 * np.max(np.abs(expected[n]))


def test_torch_computes_in_the_type_of_its_tensors():
    torch = pytest.importorskip("torch")
    module = run(layer_source(mlp("3-4-2", activation=["gelu", "softmax"]).program, "a2", target="torch-function"))
    for dtype in (torch.float32, torch.float64):
        layer = module["Layer"](dtype=dtype)
        output = layer(torch.randn(5, 3, dtype=dtype))
        output.sum().backward()
        assert output.dtype == layer.W1.grad.dtype == dtype


def test_the_torch_module_learns_with_a_torch_optimizer():
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    network = mlp("2-8-1", activation=["tanh", "sigmoid"])
    module = run(layer_source(network.program, network.output, target="torch-function", name="Net"))
    net = module["Net"]()
    X = torch.tensor([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    Y = torch.tensor([[0.0], [1], [1], [0]])
    optimizer = torch.optim.Adam(net.parameters(), lr=0.1)
    for _ in range(200):
        optimizer.zero_grad()
        torch.nn.functional.binary_cross_entropy(net(X), Y).backward()
        optimizer.step()
    assert (net(X).round() == Y).all()
    assert list(net.state_dict()) == ["W1", "b1", "W2", "b2"]


def test_what_is_not_needed_is_not_computed_and_what_is_saved_is_not_computed_again():
    source = layer_source(program_of(LAYERS["layer norm"][0]))
    forward, backward = (ast.parse(source[source.index(f"def {word}(") :]).body[0] for word in ("forward", "backward"))
    assigned = [
        {t.id for node in ast.walk(function) if isinstance(node, ast.Assign) for t in node.targets if hasattr(t, "id")}
        for function in (forward, backward)
    ]
    assert not assigned[0] & assigned[1] - {"saved", "grad_output"}
    saved = re.search(r"    saved = \((.*)\)", source)[1]
    assert saved == "np.shape(o), d, gamma, c, s, t1"  # neither x nor beta: the backward equations have them not
    only_beta = layer_source(program_of(LAYERS["layer norm"][0]), wrt=["beta"])
    assert re.search(r"    saved = \((.*)\)", only_beta)[1] == "np.shape(o),"


def test_a_scalar_cost_takes_a_number_from_above_and_is_the_mean_of_a_batch():
    torch = pytest.importorskip("torch")
    network = mlp("3-4-2", activation=["tanh", "softmax"], cost="cross_entropy", l2=0.1)
    random = np.random.default_rng(0)
    X, Y = random.normal(size=(5, 3)), np.eye(2)[random.integers(0, 2, 5)]
    parameters = network.initial_parameters(1)
    cost, slopes = network.gradient().compile()(parameters, X, Y)
    module = run(layer_source(network.program))
    value, saved = module["forward"](x=X, y=Y, **parameters)
    gradients = module["backward"](saved, 2.0)
    assert abs(value - cost) < 1e-14
    assert all(np.allclose(gradients[name], 2 * slopes[name], rtol=1e-12, atol=1e-15) for name in slopes)
    made = run(layer_source(network.program, target="torch-function"))
    given = [
        torch.tensor({"x": X, "y": Y, **parameters}[name], requires_grad=name not in "xy") for name in made["SHAPES"]
    ]
    (2 * made["LayerFunction"].apply(*given)).backward()
    assert all(np.allclose(t.grad, 2 * slopes[n]) for n, t in zip(made["SHAPES"], given, strict=True) if n in slopes)


@every_batch
def test_an_embedding_is_looked_up_and_its_derivative_added_up(batch):
    torch = pytest.importorskip("torch")
    length, words, width = sizes("length words width")
    i, k = index("i", length), index("k", width)
    t, E, o = tensor("t", length, "input"), tensor("E", (words, width), "parameter"), tensor("o", (length, width))
    program = Program([Equation(o[i, k], E[t[i], k] ** 2)])
    places = np.array([[0, 3, 3], [1, 0, 0]]) if batch else np.array([0, 3, 3])
    table = np.random.default_rng(0).normal(size=(4, 2))
    module, made = (run(layer_source(program, batch=batch, target=word)) for word in ("numpy", "torch-function"))
    output, saved = module["forward"](places, table)
    gradients = module["backward"](saved, upstream(output))
    expected = torch.tensor(table, requires_grad=True)
    (expected[torch.tensor(places)] ** 2).backward(torch.tensor(upstream(output)))
    assert list(gradients) == ["E"]
    assert np.max(np.abs(gradients["E"] - expected.grad.numpy())) < 1e-12
    given = torch.tensor(table, requires_grad=True)
    made["LayerFunction"].apply(torch.tensor(places), given).backward(torch.tensor(upstream(output)))
    assert (given.grad - expected.grad).abs().max() < 1e-12
    for wrong in (-1, 4):
        bad = np.full_like(places, wrong)
        with pytest.raises(ValueError, match="t must hold whole numbers: places on axis 0 of E"):
            module["forward"](bad, table)
        with pytest.raises(ValueError, match="t must hold whole numbers"):
            made["LayerFunction"].apply(torch.tensor(bad), given)


def _gaussian():
    """Half the Mahalanobis distance and half the log-determinant of a symmetric S."""
    i, j, p, q = (index(name, d) for name in "ijpq")
    S, x = tensor("S", (d, d), "parameter", symmetric=True), tensor("x", d, "input")
    V, L, o = tensor("V", (d, d)), tensor("L"), tensor("o")
    return [
        Equation(V[i, j], Inverse(S[p, q], p, q)),
        Equation(L, LogDeterminant(S[p, q], p, q)),
        Equation(o, Sum(x[i] * V[i, j] * x[j], i, j) / 2 + L / 2),
    ]


def _elementwise(right):
    i = index("i", d)
    x, y, w, o = tensor("x", d, "input"), tensor("y", d, "input"), tensor("w", d, "parameter"), tensor("o", d)
    return [Equation(o[i], right(x[i], y[i], w[i]))]


def _reduced(kind):
    i, k = index("i", d), index("k", n)
    x, r, o = tensor("x", (d, n), "input"), tensor("r", d), tensor("o", (d, n))
    return [Equation(r[i], kind(x[i, k], k)), Equation(o[i, k], x[i, k] * r[i] ** 2)]


PROGRAMS = {
    "gaussian": _gaussian(),
    "largest": _elementwise(lambda x, y, w: Max(x, y * w, -2) + Min(x, 3)),
    "pieces": _elementwise(lambda x, y, w: Piecewise((w * x**2, x > y), (w + 0 * y, True))),
    "log and root of a size": _elementwise(lambda x, y, w: log(d) * x * w / sqrt(d) + log(y)),
    "the same for all examples": [
        Equation(tensor("o"), Sum(tensor("x", d, "input")[index("i", d)] * 3, index("i", d))),
    ],
    "abs": _elementwise(lambda x, y, w: abs(x) * w + sqrt(y)),
    "log-sum-exp": _reduced(LogSumExp),
    "maximum": _reduced(Maximum),
    **{name: _elementwise(lambda x, y, w, g=NAMED[name]: g(w * x) + y) for name in sorted(NAMED)},
}


@pytest.mark.parametrize("name", PROGRAMS)
@every_batch
def test_numpy_and_torch_agree_on_every_kind_of_node(name, batch, capsys):
    torch = pytest.importorskip("torch")
    program = Program(PROGRAMS[name])
    sources = {target: layer_source(program, batch=batch, target=target) for target in ("numpy", "torch-function")}
    for source in sources.values():
        run(source, "__main__")
    module, made = run(sources["numpy"]), run(sources["torch-function"])
    arrays = {n: np.abs(a) + 0.1 for n, a in values(program, {d: 3, n: 4}, batch).items()}
    if "S" in arrays:
        arrays["S"] = arrays["S"] + arrays["S"].T + 6 * np.eye(3)
    output, saved = module["forward"](**arrays)
    gradients = module["backward"](saved, upstream(output))
    given = {n: torch.tensor(arrays[n], requires_grad=True) for n in made["SHAPES"]}
    result = made["LayerFunction"].apply(*given.values())
    result.backward(torch.tensor(upstream(output)))
    assert np.allclose(result.detach().numpy(), output, rtol=1e-12, atol=1e-14)
    for n_, gradient in gradients.items():
        assert np.allclose(given[n_].grad.numpy(), gradient, rtol=1e-11, atol=1e-14), n_


def test_every_operation_that_numpy_is_printed_for_is_printed_for_torch_too():
    missing = []
    for name in vars(ArrayPrinter):
        if not name.startswith("_print_") or name in vars(TorchPrinter):
            continue
        source = inspect.getsource(getattr(ArrayPrinter, name))
        helpers = re.findall(r"_helper\('(\w+)'\)", source)
        if any(helper not in TORCH_HELPERS for helper in helpers) or ("np." in source and not helpers):
            missing.append(name)
    assert missing == []


def test_the_text_says_what_everything_is():
    for target in ("numpy", "torch-function"):
        source = layer_source(program_of(LAYERS["layer norm"][0]), target=target, name="LayerNorm")
        doc = ast.get_docstring(ast.parse(source))
        assert doc.startswith("LayerNorm: o from x, beta and gamma, and the gradient of any cost C given grad_output")
        assert "O = diag(1 ⊘ s) C diag(γ) + 1 βᵀ" in doc
        assert "x            (m, d)  input" in doc
        assert "# dC/dbeta[i] = sum_n o_bar[n,i]" in source
        assert max(map(len, source.splitlines())) <= 120
        imported = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import | ast.ImportFrom)]
        assert [ast.unparse(node) for node in imported] == [
            "import numpy as np" if target == "numpy" else "import torch"
        ]


def test_shapes_are_checked():
    module = run(layer_source(program_of(LAYERS["strided convolution"][0])))
    x, w = np.zeros((2, 3, 7)), np.zeros((4, 3, 3))
    output, saved = module["forward"](x, w)
    assert output.shape == (2, 4, 3)
    with pytest.raises(ValueError, match=r"x has shape \(2, 3, 8\), and \(2, 3, 7\) is needed"):
        module["forward"](np.zeros((2, 3, 8)), w)
    with pytest.raises(ValueError, match=r"w has shape \(4, 2, 3\), and \('f', 3, 3\) is needed"):
        module["forward"](x, np.zeros((4, 2, 3)))
    with pytest.raises(ValueError, match=r"x has shape \(3, 7\), and"):
        module["forward"](x[0], w)
    with pytest.raises(ValueError, match=r"grad_output has shape \(4, 3\), and \(2, 4, 3\) is needed"):
        module["backward"](saved, np.zeros((4, 3)))


def test_a_second_derivative_is_refused_and_not_wrong():
    torch = pytest.importorskip("torch")
    module = run(layer_source(program_of(LAYERS["residual block"][0]), target="torch-function"))
    layer = module["Layer"](4, 3)
    x = torch.randn(2, 4, requires_grad=True)
    (slope,) = torch.autograd.grad((layer(x) ** 2).sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        slope.sum().backward()


def _named(name, size=2):
    i = index("i", size)
    return Program([Equation(tensor("o", size)[i], tensor(name, size, "parameter")[i] * tensor("x", size, "input")[i])])


@pytest.mark.parametrize(
    ("program", "options", "error", "message"),
    [
        (_named("w"), {"of": "oo"}, ProgramError, "no tensor 'oo'"),
        (_named("w"), {"wrt": ["o"]}, InputError, "'o' is no input of the layer"),
        (_named("w"), {"target": "jax"}, InputError, "unknown target 'jax'"),
        (_named("w"), {"dtype": "int"}, InputError, "unknown dtype 'int'"),
        (_named("w"), {"name": "my layer"}, InputError, "bad name 'my layer'"),
        (_named("saved"), {}, InputError, "bad name 'saved'"),
        (_named("ctx"), {"target": "torch-function"}, InputError, "bad name 'ctx'"),
        (_named("training"), {"target": "torch-function"}, InputError, "bad name 'training': a torch module has"),
        (mlp("2-1", activation="f").program, {"of": "a1"}, CompileError, "'f' is an undefined function"),
        (mlp("2-1", l2=Symbol("lam")).program, {"of": "a1", "wrt": "y"}, ProgramError, "no tensor 'y'"),
        (_named("w", sizes("m")), {}, InputError, "bad name 'm': it is the number of examples"),
        (Program([Equation(tensor("o"), 2 * tensor("w", (), "parameter"))]), {}, InputError, "write one example"),
        (
            Program([Equation(tensor("o", 2)[index("i", 2)], Function("g")(tensor("x", 2, "input")[index("i", 2)]))]),
            {},
            CompileError,
            "undefined function",
        ),
        (
            Program([Equation(tensor("o", n)[index("i", n)], tensor("x", (), "input") * 2)]),
            {},
            CompileError,
            "no array tells the size 'n'",
        ),
    ],
)
def test_what_cannot_be_written_is_said_in_one_line(program, options, error, message):
    with pytest.raises(error, match=re.escape(message)) as raised:
        layer_source(program, **options)
    assert "\n" not in str(raised.value)


def test_torch_has_no_attributes_that_are_not_known_of():
    torch = pytest.importorskip("torch")
    from symnn.training.layer_torch import _ATTRIBUTES

    assert {name for name in dir(torch.nn.Module()) if not name.startswith("_")} <= _ATTRIBUTES


FACTS = """
input x: 5
target y: 5
target P: 3 x 5
parameter w: 5
C = sum(w.*x)*sum(y)^2 + (w'*w)*sum(y) + sum(P*vector(1))*sum(w.*x)
fact sum(y) = TOTAL
fact sum(P[i, k], i) = 1
"""


@every_batch
@pytest.mark.parametrize("total", [1, 2.5, 0, -2])
def test_a_module_checks_itself_on_data_that_satisfy_the_facts(batch, total, capsys):
    program = parse_program(FACTS.replace("TOTAL", str(total)))
    run(layer_source(program, batch=batch), "__main__")
    assert "along a random change of w" in capsys.readouterr().out


@every_batch
def test_a_torch_module_does_so_too(batch, capsys):
    pytest.importorskip("torch")
    program = parse_program(FACTS.replace("TOTAL", "2"))
    run(layer_source(program, target="torch-function", batch=batch), "__main__")
    assert "the derivatives are those of forward" in capsys.readouterr().out
