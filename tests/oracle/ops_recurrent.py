"""lstm, gru, rnn; x is [time, batch, features]."""
import numpy as np

from ops_elementwise import sigmoid
from registry import op, truth

ACTIVATION = {"sigmoid": sigmoid, "tanh": np.tanh, "relu": lambda x: np.maximum(x, 0),
              "scaled_tanh": lambda x: 1.7159 * np.tanh(2 / 3 * x), "linear": lambda x: x,
              "sigmoid_hard": lambda x: np.clip(0.2 * x + 0.5, 0, 1)}


def run(x, state, step, reverse):
    """The states after each step, in the order of time; state is a tuple, its first member the output."""
    seen = []
    for row in x[::-1] if reverse else x:
        state = step(row, *state)
        seen.append(state[0])
    return np.array(seen[::-1] if reverse else seen), state


def output(sequence, last, whole):
    return sequence if truth(whole) else last[None]


def lstm_step(w, u, b, peephole, clip, gate, cell_activation, activation):
    pi, pf, po = (0, 0, 0) if peephole is None else np.split(peephole, 3)
    bound = np.inf if clip is None else clip

    def step(x, h, c):
        i, f, o, z = np.split(x @ w.T + h @ u.T + b, 4, axis=-1)
        new = np.clip(gate(f + pf * c) * c + gate(i + pi * c) * cell_activation(z), -bound, bound)
        return gate(o + po * new) * activation(new), new
    return step


@op("lstm")
def lstm(cx, x, initial_h, initial_c, weight_ih, weight_hh, bias=None, peephole=None, weight_ih_back=None,
         weight_hh_back=None, bias_back=None, peephole_back=None, direction="forward", output_sequence=False,
         recurrent_activation="sigmoid", cell_activation="tanh", activation="tanh", clip=None):
    functions = [ACTIVATION[name] for name in (recurrent_activation, cell_activation, activation)]
    size = weight_hh.shape[1]

    def one(w, u, b, p, h, c, reverse):
        sequence, (h, c) = run(x, (h, c), lstm_step(w, u, 0 if b is None else b, p, clip, *functions), reverse)
        return output(sequence, h, output_sequence), h, c

    if direction != "bidirectional":
        return one(weight_ih, weight_hh, bias, peephole, initial_h, initial_c, direction == "reverse")
    there = one(weight_ih, weight_hh, bias, peephole, initial_h[:, :size], initial_c[:, :size], False)
    back = one(weight_ih_back, weight_hh_back, bias_back, peephole_back, initial_h[:, size:], initial_c[:, size:],
               True)
    return tuple(np.concatenate(pair, axis=-1) for pair in zip(there, back))


@op("gru")
def gru(cx, x, initial_h, weight_ih, weight_hh, bias=None, direction="forward", output_sequence=False,
        recurrent_activation="sigmoid", activation="tanh", reset_after=False, input_bias=None):
    gate, function = ACTIVATION[recurrent_activation], ACTIVATION[activation]
    wr, wo, wz = np.split(weight_ih, 3)
    ur, uo, uz = np.split(weight_hh, 3)
    br, bo, bz = (0, 0, 0) if bias is None else np.split(bias, 3)
    ir, io, iz = (0, 0, 0) if input_bias is None else np.split(input_bias, 3)

    def step(x, h):
        r = gate(x @ wr.T + ir + h @ ur.T + br)
        z = gate(x @ wz.T + iz + h @ uz.T + bz)
        inner = r * (h @ uo.T + bo) if truth(reset_after) else (r * h) @ uo.T + bo
        return ((1 - z) * function(x @ wo.T + io + inner) + z * h,)

    sequence, (h,) = run(x, (initial_h,), step, direction == "reverse")
    return output(sequence, h, output_sequence), h


@op("rnn")
def rnn(cx, x, initial_h, weight_ih, weight_hh, bias=None, direction="forward", output_sequence=False,
        activation="tanh"):
    b = 0 if bias is None else bias
    sequence, (h,) = run(x, (initial_h,), lambda x,
                         h: (ACTIVATION[activation](x @ weight_ih.T + h @ weight_hh.T + b),),
                         direction == "reverse")
    return output(sequence, h, output_sequence), h
