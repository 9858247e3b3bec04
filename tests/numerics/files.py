"""The file formats that the numerics tests read and write."""
import json
import struct

import numpy as np

import reference

# llama2.c's arrays in file order, and the parameter (of each layer) that each holds
ARRAYS = [
    ("token_embedding_table", "net.embed.weight"),
    ("rms_att_weight", "net.blocks.{}.attention_norm.weight"),
    ("wq", "net.blocks.{}.attention.wq.weight"),
    ("wk", "net.blocks.{}.attention.wk.weight"),
    ("wv", "net.blocks.{}.attention.wv.weight"),
    ("wo", "net.blocks.{}.attention.wo.weight"),
    ("rms_ffn_weight", "net.blocks.{}.ffn_norm.weight"),
    ("w1", "net.blocks.{}.ffn.w1.weight"),
    ("w2", "net.blocks.{}.ffn.w2.weight"),
    ("w3", "net.blocks.{}.ffn.w3.weight"),
    ("rms_final_weight", "net.norm.weight"),
]
HEAD = ("wcls", "net.head.weight")


def read_safetensors(path):
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    found = {}
    for name, entry in json.loads(data[8:8 + length]).items():
        if name != "__metadata__":
            begin, end = (8 + length + offset for offset in entry["data_offsets"])
            dtype = {"F32": "<f4", "F64": "<f8", "I64": "<i8", "U64": "<u8"}[entry["dtype"]]
            found[name] = np.frombuffer(data[begin:end], dtype).reshape(entry["shape"])
    return found


def write_llama2c(path, c, weights):
    arrays = [weights[name.format(i)] for _, name in ARRAYS for i in range(c.layers if "{}" in name else 1)]
    angles = np.zeros((c.seq, c.dim // c.heads // 2))  # two tables that nobody reads
    arrays += [angles, angles] + ([] if c.tied else [weights[HEAD[1]]])
    header = (c.dim, c.hidden, c.layers, c.heads, c.kv_heads, c.vocab if c.tied else -c.vocab, c.seq)
    with path.open("wb") as f:
        f.write(struct.pack("<7i", *header))
        for array in arrays:
            f.write(np.asarray(array, "<f4").tobytes())


def read_llama2c(path):
    data = path.read_bytes()
    dim, hidden, layers, heads, kv_heads, vocab, seq = struct.unpack("<7i", data[:28])
    c = reference.Config(dim, hidden, layers, heads, kv_heads, abs(vocab), seq, tied=vocab > 0)
    sizes, weights, at = reference.shapes(c), {}, 28

    def take(name):
        nonlocal at
        size = int(np.prod(sizes[name]))
        weights[name] = np.frombuffer(data, "<f4", size, at).reshape(sizes[name]).astype(np.float64)
        at += 4 * size

    for _, pattern in ARRAYS:
        for i in range(layers if "{}" in pattern else 1):
            take(pattern.format(i))
    at += 2 * 4 * seq * (dim // heads // 2)
    if not c.tied:
        take(HEAD[1])
    return c, weights


def llama2c_gradients(c, arrays):
    """Gradients named and stacked as in llama2.c's files -> by parameter."""
    found = {}
    for array, pattern in ARRAYS + ([] if c.tied else [HEAD]):
        if "{}" in pattern:
            found |= {pattern.format(i): arrays[array][i] for i in range(c.layers)}
        else:
            found[pattern] = arrays[array]
    return found


def write_tokens(path, tokens):
    path.write_bytes(np.asarray(tokens, "<u2").tobytes())


def read_tokens(path):
    return np.frombuffer(path.read_bytes(), "<u2").astype(np.int64)
