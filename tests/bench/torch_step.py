"""The training step of models/stories110m.anet in PyTorch, in fp32, timed. Prints one line of JSON.

    torch_step.py DATA --steps 3 [--threads 2]
"""
import argparse
import json
import resource
import statistics
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

DIM, HIDDEN, LAYERS, HEADS, VOCAB, SEQ, ACCUMULATE = 768, 2048, 12, 12, 32000, 256, 4


class RMSNorm(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(DIM))

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * self.weight


def rotate(x, cos, sin):
    """x [B, heads, S, D]; pairs (2i, 2i+1)"""
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.wq, self.wk, self.wv, self.wo = (nn.Linear(DIM, DIM, bias=False) for _ in range(4))

    def forward(self, x, cos, sin, mask):
        batch = len(x)
        q, k, v = (w(x).view(batch, SEQ, HEADS, DIM // HEADS).transpose(1, 2) for w in (self.wq, self.wk, self.wv))
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        if hasattr(F, "scaled_dot_product_attention"):
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            mixed = torch.softmax(q @ k.transpose(-1, -2) * (DIM // HEADS) ** -0.5 + mask, dim=-1) @ v
        return self.wo(mixed.transpose(1, 2).reshape(batch, SEQ, DIM))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention_norm, self.ffn_norm, self.attention = RMSNorm(), RMSNorm(), Attention()
        self.w1, self.w3 = (nn.Linear(DIM, HIDDEN, bias=False) for _ in range(2))
        self.w2 = nn.Linear(HIDDEN, DIM, bias=False)

    def forward(self, x, cos, sin, mask):
        x = x + self.attention(self.attention_norm(x), cos, sin, mask)
        h = self.ffn_norm(x)
        return x + self.w2(F.silu(self.w1(h)) * self.w3(h))


class Llama(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(VOCAB, DIM)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm = RMSNorm()
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.normal_(p, std=0.02)
        size = DIM // HEADS
        angles = torch.outer(torch.arange(SEQ), 10000.0 ** (-torch.arange(0, size, 2) / size))
        self.register_buffer("cos", angles.cos())
        self.register_buffer("sin", angles.sin())
        self.register_buffer("mask", torch.full((SEQ, SEQ), -torch.inf).triu(1))

    def forward(self, ids, targets):
        x = self.embed(ids)
        for block in self.blocks:
            x = block(x, self.cos, self.sin, self.mask)
        logits = F.linear(self.norm(x), self.embed.weight)
        return F.cross_entropy(logits.view(-1, VOCAB), targets.view(-1))


def optimizer(model):
    groups = [{"params": [p for p in model.parameters() if p.dim() > 1], "weight_decay": 0.1},
              {"params": [p for p in model.parameters() if p.dim() == 1], "weight_decay": 0.0}]
    options = {"lr": 5e-4, "betas": (0.9, 0.95), "eps": 1e-8}
    try:
        return torch.optim.AdamW(groups, fused=True, **options)
    except (TypeError, RuntimeError):  # older than 2.4: not on the CPU
        return torch.optim.AdamW(groups, **options)


def step(model, adam, windows, phases):
    """One step; adds milliseconds to the phases."""
    def lap(name):
        nonlocal last
        now = time.perf_counter()
        phases[name] = phases.get(name, 0.0) + 1e3 * (now - last)
        last = now
    last = time.perf_counter()
    adam.zero_grad()
    for ids, targets in windows:
        loss = model(ids, targets) / ACCUMULATE
        lap("forward")
        loss.backward()
        lap("backward")
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    adam.step()
    lap("optimizer")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("data")
    arguments.add_argument("--steps", type=int, default=3)
    arguments.add_argument("--threads", type=int, default=0)
    options = arguments.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    tokens = torch.from_numpy(np.fromfile(options.data, "<u2").astype(np.int64))
    model = Llama()
    adam = optimizer(model)
    times, phases = [], {}
    for i in range(options.steps + 1):
        at = [(i * ACCUMULATE + j) * SEQ % (len(tokens) - SEQ - 1) for j in range(ACCUMULATE)]
        windows = [(tokens[a:a + SEQ][None], tokens[a + 1:a + SEQ + 1][None]) for a in at]
        start = time.perf_counter()
        step(model, adam, windows, phases if i else {})  # the first is for warming up
        times += [1e3 * (time.perf_counter() - start)] if i else []
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 ** 2 if sys.platform == "darwin" else 1024)
    print(json.dumps({"version": torch.__version__, "threads": torch.get_num_threads(), "ms": statistics.median(times),
                      "ms_least": min(times), "peak_mib": peak,
                      "phases": {name: ms / options.steps for name, ms in phases.items()}}))


if __name__ == "__main__":
    main()
