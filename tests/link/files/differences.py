"""differences.py PROGRAM [TOKENS]: the gradients that a program writes against differences of its losses, in fp32.

Of each parameter the largest gradient and the first one are compared.
"""
import json
import re
import struct
import subprocess
import sys

program = sys.argv[1]
STEP, TOLERANCE = 1e-2, 2e-3
SETTINGS = ["--numerics", "fp32", "--threads", "1"]
TOKENS = sys.argv[2] if len(sys.argv) > 2 else "3 1 4 1 5 9 2 6 5"


def run(*arguments):
    done = subprocess.run([program, *arguments, *SETTINGS], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout


def read(path):
    with open(path, "rb") as f:
        data = f.read()
    size = struct.unpack_from("<Q", data)[0] + 8
    return json.loads(data[8:size]), bytearray(data[size:]), data[:size]


def loss(weights, out="other.safetensors"):
    printed = run("grad", "--tokens", TOKENS, "--init", weights, "--out", out)
    return float(re.search(r"loss (\S+)", printed).group(1))


def floats(tensor, data):
    begin, end = tensor["data_offsets"]
    return list(struct.unpack_from(f"<{(end - begin) // 4}f", data, begin))


def difference(tensor, i, head, weights):
    at = tensor["data_offsets"][0] + 4 * i
    old = struct.unpack_from("<f", weights, at)[0]
    losses = []
    for new in (old + STEP, old - STEP):
        struct.pack_into("<f", weights, at, new)
        with open("changed.safetensors", "wb") as f:
            f.write(head + weights)
        losses.append(loss("changed.safetensors"))
    struct.pack_into("<f", weights, at, old)
    return (losses[0] - losses[1]) / (2 * STEP)


with open("data.bin", "wb") as f:
    f.write(b"".join(struct.pack("<H", i * i % 11) for i in range(100)))
run("--data", "data.bin", "--steps", "1", "--lr", "0", "--quiet", "--out", "weights.safetensors")
loss("weights.safetensors", "gradients.safetensors")
names, weights, head = read("weights.safetensors")
tensors, gradients, _ = read("gradients.safetensors")
checked = 0
for name, tensor in tensors.items():
    if name in ("__metadata__", "loss"):
        continue
    values = floats(tensor, gradients)
    for i in {0, *sorted(range(len(values)), key=lambda i: -abs(values[i]))[:1]}:
        wanted = difference(names[name], i, head, weights)
        if abs(values[i] - wanted) > TOLERANCE * max(1, abs(wanted)):
            sys.exit(f"{name}[{i}]: gradient {values[i]:.6f}, difference {wanted:.6f}")
    checked += 1
print(f"{checked} parameters agree")
