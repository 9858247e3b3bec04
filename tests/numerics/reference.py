"""A Llama in float64, with gradients from a small reverse-mode differentiator: what the numerics tests measure against.

    config = Config(dim=48, hidden=100, layers=2, heads=4, kv_heads=2, vocab=101, seq=37, tied=False)
    weights = random_weights(config, seed=1)
    loss, gradients = loss_and_gradients(config, weights, tokens)      # the names are those of models/*.anet

No rule here was derived for a Llama: each primitive knows its own derivative, and the tape does the rest.
"""
from dataclasses import dataclass

import numpy as np

EPS = 1e-5
THETA = 10000.0


@dataclass
class Config:
    dim: int
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    vocab: int
    seq: int
    tied: bool = True


def shapes(c):
    """Name -> shape of every parameter."""
    kv = c.dim // c.heads * c.kv_heads
    found = {"net.embed.weight": (c.vocab, c.dim)}
    for i in range(c.layers):
        block = f"net.blocks.{i}."
        found |= {
            block + "attention_norm.weight": (c.dim,),
            block + "attention.wq.weight": (c.dim, c.dim),
            block + "attention.wk.weight": (kv, c.dim),
            block + "attention.wv.weight": (kv, c.dim),
            block + "attention.wo.weight": (c.dim, c.dim),
            block + "ffn_norm.weight": (c.dim,),
            block + "ffn.w1.weight": (c.hidden, c.dim),
            block + "ffn.w2.weight": (c.dim, c.hidden),
            block + "ffn.w3.weight": (c.hidden, c.dim),
        }
    found["net.norm.weight"] = (c.dim,)
    if not c.tied:
        found["net.head.weight"] = (c.vocab, c.dim)
    return found


def random_weights(c, seed, std):
    """Values that float32 holds exactly; norms around 1."""
    rng = np.random.default_rng(seed)
    return {name: (1 + 0.1 * rng.standard_normal(shape) if len(shape) == 1 else std * rng.standard_normal(shape))
            .astype(np.float32).astype(np.float64) for name, shape in shapes(c).items()}


# ---- the tape ----

class Tensor:
    """A value, and how its gradient reaches what it was made of: `parents` are (tensor, gradient -> gradient)."""

    def __init__(self, value, parents=()):
        self.value, self.parents, self.grad = value, parents, 0.0

    def __add__(self, other):
        return Tensor(self.value + other.value, [(self, lambda g: g), (other, lambda g: g)])


def differentiate(loss):
    order, seen = [], set()

    def visit(t):
        if id(t) not in seen:
            seen.add(id(t))
            for parent, _ in t.parents:
                visit(parent)
            order.append(t)

    visit(loss)
    loss.grad = np.ones_like(loss.value)
    for t in reversed(order):
        for parent, pull in t.parents:
            parent.grad = parent.grad + pull(t.grad)


# ---- primitives ----

def contract(spec, a, b):
    """einsum of two tensors in which each index stands in at least two of the three terms."""
    left, out = spec.split("->")
    ia, ib = left.split(",")
    return Tensor(np.einsum(spec, a.value, b.value, optimize=True), [
        (a, lambda g: np.einsum(f"{out},{ib}->{ia}", g, b.value, optimize=True)),
        (b, lambda g: np.einsum(f"{out},{ia}->{ib}", g, a.value, optimize=True))])


def reshape(x, *shape):
    return Tensor(x.value.reshape(shape), [(x, lambda g: g.reshape(x.value.shape))])


def gather(table, rows):
    def pull(g):
        full = np.zeros_like(table.value)
        np.add.at(full, rows, g)
        return full
    return Tensor(table.value[rows], [(table, pull)])


def normalise(x):
    """x / sqrt(mean of squares along the last axis + eps)"""
    scale = (np.mean(x.value ** 2, axis=-1, keepdims=True) + EPS) ** -0.5
    y = x.value * scale
    return Tensor(y, [(x, lambda g: scale * (g - y * np.mean(g * y, axis=-1, keepdims=True)))])


def silu(x):
    gate = 0.5 * (1 + np.tanh(0.5 * x.value))
    return Tensor(x.value * gate, [(x, lambda g: g * (gate + x.value * gate * (1 - gate)))])


def rotate(x):
    """Rotary positions of x [S, heads, D]: the pair (2i, 2i+1) is a complex number that turns with its place."""
    places, _, size = x.value.shape
    speeds = THETA ** (-np.arange(0, size, 2) / size)
    turns = np.exp(1j * np.outer(np.arange(places), speeds))[:, None, :]

    def turn(v, by):
        return (np.ascontiguousarray(v).view(np.complex128) * by).view(np.float64)
    return Tensor(turn(x.value, turns), [(x, lambda g: turn(g, turns.conj()))])


def causal_softmax(scores, scale):
    """softmax(scale * scores) over the last axis, of places up to that on the axis before it."""
    places = scores.value.shape[-1]
    z = np.where(np.tri(places, dtype=bool), scale * scores.value, -np.inf)
    p = np.exp(z - z.max(axis=-1, keepdims=True))
    p /= p.sum(axis=-1, keepdims=True)
    return Tensor(p, [(scores, lambda g: scale * p * (g - np.sum(g * p, axis=-1, keepdims=True)))])


def cross_entropy(logits, targets):
    """Mean over the places of -log softmax(logits)[target]."""
    rows = np.arange(len(targets))
    z = logits.value - logits.value.max(axis=-1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))

    def pull(g):
        d = np.exp(log_p)
        d[rows, targets] -= 1
        return g * d / len(targets)
    return Tensor(-log_p[rows, targets].mean(), [(logits, pull)])


# ---- the model ----

def norm(x, weight):
    return contract("sc,c->sc", normalise(x), weight)


def linear(x, weight):
    return contract("si,oi->so", x, weight)


def attention(c, x, w):
    places, size, group = len(x.value), c.dim // c.heads, c.heads // c.kv_heads
    q = rotate(reshape(linear(x, w["attention.wq.weight"]), places, c.heads, size))
    k = rotate(reshape(linear(x, w["attention.wk.weight"]), places, c.kv_heads, size))
    v = reshape(linear(x, w["attention.wv.weight"]), places, c.kv_heads, size)
    q = reshape(q, places, c.kv_heads, group, size)  # head h reads key and value h / group
    scores = contract("sgrd,tgd->grst", q, k)
    mixed = contract("grst,tgd->sgrd", causal_softmax(scores, size ** -0.5), v)
    return linear(reshape(mixed, places, c.dim), w["attention.wo.weight"])


def feed_forward(x, w):
    gated = contract("sh,sh->sh", silu(linear(x, w["ffn.w1.weight"])), linear(x, w["ffn.w3.weight"]))
    return linear(gated, w["ffn.w2.weight"])


def loss_tensor(c, parameters, tokens):
    """tokens: one more than the places; each is the target of the one before it."""
    x = gather(parameters["net.embed.weight"], tokens[:-1])
    for i in range(c.layers):
        prefix = f"net.blocks.{i}."
        w = {name[len(prefix):]: p for name, p in parameters.items() if name.startswith(prefix)}
        x = x + attention(c, norm(x, w["attention_norm.weight"]), w)
        x = x + feed_forward(norm(x, w["ffn_norm.weight"]), w)
    head = parameters["net.embed.weight" if c.tied else "net.head.weight"]
    return cross_entropy(linear(norm(x, parameters["net.norm.weight"]), head), tokens[1:])


def loss_and_gradients(c, weights, tokens):
    parameters = {name: Tensor(np.asarray(w, np.float64)) for name, w in weights.items()}
    loss = loss_tensor(c, parameters, np.asarray(tokens))
    differentiate(loss)
    return float(loss.value), {name: p.grad for name, p in parameters.items()}


def loss_over(c, weights, tokens):
    """Mean loss over consecutive windows of `seq` predictions; the remainder is dropped."""
    parameters = {name: Tensor(np.asarray(w, np.float64)) for name, w in weights.items()}
    windows = (len(tokens) - 1) // c.seq
    losses = [loss_tensor(c, parameters, tokens[i * c.seq:(i + 1) * c.seq + 1]).value for i in range(windows)]
    return float(np.mean(losses))
