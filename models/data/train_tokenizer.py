#!/usr/bin/env python3
"""Trains a byte-pair tokenizer on a text and writes it in the format of llama2.c.

    train_tokenizer.py [--vocab 512] TEXT OUT.bin

The vocabulary is <unk>, <s>, </s>, the 256 bytes, every character of the text but the newline (which
stays a byte), then merges, the most frequent first, with score -rank. A merge never crosses a space, a
newline or the border between letters and other characters, so that a token is a part of one word, with
the space in front of it. The same text gives the same file on every machine.

Standard library only.
"""
import argparse
import collections
import re
import struct
import sys

SEPARATOR = "<|endoftext|>"
SPECIAL = ["<unk>", "\n<s>\n", "\n</s>\n"]
BYTES = [f"<0x{b:02X}>" for b in range(256)]
WORD = re.compile(r" ?[^\W\d_]+| ?(?:[^\w\s]|[\d_])+| +")


def documents(text):
    """The pieces between separator lines, each with the space that encoding puts in front."""
    for piece in re.split(rf"(?m)^{re.escape(SEPARATOR)} *\r?$", text):
        piece = piece.strip("\r\n")
        if piece:
            yield " " + piece


def count_words(text):
    words = collections.Counter()
    for document in documents(text):
        words.update(WORD.findall(document))
    return words


def count_pairs(words):
    """words: {tuple of tokens: count} -> {(left, right): count}"""
    pairs = collections.Counter()
    for tokens, count in words.items():
        for pair in zip(tokens, tokens[1:]):
            pairs[pair] += count
    return pairs


def join(tokens, pair):
    """tokens with every occurrence of pair, from the left, made one token"""
    result, i = [], 0
    while i < len(tokens):
        if tokens[i : i + 2] == pair:
            result.append(pair[0] + pair[1])
            i += 2
        else:
            result.append(tokens[i])
            i += 1
    return tuple(result)


def train(text, size):
    """Returns the vocabulary: a list of (token, score)."""
    characters = {c for document in documents(text) for c in document} - {"\n", "\r"}
    vocabulary = [(token, 0.0) for token in SPECIAL + BYTES + sorted(characters)]
    if len(vocabulary) > size:
        raise SystemExit(f"--vocab {size} is too small: the characters alone need {len(vocabulary)}")
    words = {tuple(word): count for word, count in count_words(text).items()}
    rank = 0
    while len(vocabulary) < size:
        pairs = count_pairs(words)
        if not pairs:
            raise SystemExit(f"--vocab {size} is too large for this text: {len(vocabulary)} will do")
        pair = min(pairs, key=lambda p: (-pairs[p], p))
        rank += 1
        vocabulary.append((pair[0] + pair[1], -float(rank)))
        merged = collections.Counter()
        for tokens, count in words.items():
            merged[join(tokens, pair)] += count
        words = merged
    return vocabulary


def write(path, vocabulary):
    tokens = [(token.encode(), score) for token, score in vocabulary]
    with open(path, "wb") as out:
        out.write(struct.pack("<i", max(len(token) for token, _ in tokens)))
        for token, score in tokens:
            out.write(struct.pack("<fi", score, len(token)) + token)


def main():
    parser = argparse.ArgumentParser(description="Trains a tokenizer in the format of llama2.c.")
    parser.add_argument("--vocab", type=int, default=512, help="number of tokens (512)")
    parser.add_argument("text", help="UTF-8 text; lines '<|endoftext|>' separate documents")
    parser.add_argument("out", help="the file to write")
    options = parser.parse_args()
    try:
        with open(options.text, encoding="utf-8") as file:
            text = file.read()
        write(options.out, train(text, options.vocab))
    except (OSError, UnicodeDecodeError) as error:
        sys.exit(f"{options.text}: {error}")


if __name__ == "__main__":
    main()
