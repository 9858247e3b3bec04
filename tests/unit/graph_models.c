#include "graph_models.h"

#define MODEL(config, net)                                                                         \
    "model m {\n"                                                                                  \
    "  config { " config " }\n"                                                                    \
    "  input ids : token[seq] < vocab\n"                                                           \
    "  target next : token[seq] < vocab\n"                                                         \
    "  net = " net "\n"                                                                            \
    "  output logits = net(ids)\n"                                                                 \
    "  train { loss = cross_entropy(logits, next) }\n"                                             \
    "}\n"

#define LLAMA(config, arguments)                                                                   \
    "import std.llama\n" MODEL(config, "Llama(vocab, dim, hidden, layers, heads, " arguments ")")

/* A decoder around any block Body(dim, size), which is defined after it. */
#define DECODER(sizes)                                                                             \
    "import std.llama\n" MODEL(                                                                    \
        sizes, "Decoder(vocab, dim, layers)") "layer Decoder(vocab, dim, layers) {\n"              \
                                              "  table = Embedding(vocab, dim)\n"                  \
                                              "  parts = repeat layers { Body(dim) }\n"            \
                                              "  last = Linear(dim, vocab)\n"                      \
                                              "  (ids : token[S] < vocab) -> [S, vocab] { ids -> " \
                                              "table -> parts -> last }\n"                         \
                                              "}\n"

const char *const graph_models[] = {
    LLAMA("dim = 16; hidden = 24; layers = 2; heads = 4; vocab = 11; seq = 6", "2"),
    LLAMA("dim = 16; hidden = 24; layers = 2; heads = 4; vocab = 11; seq = 6", "4"),
    LLAMA("dim = 16; hidden = 24; layers = 2; heads = 4; vocab = 11; seq = 6", "1"),
    LLAMA("dim = 16; hidden = 24; layers = 1; heads = 4; vocab = 11; seq = 6", "2, tied = false"),
    LLAMA("dim = 18; hidden = 25; layers = 1; heads = 3; vocab = 13; seq = 7", "3, theta = 100.0"),
    LLAMA("dim = 2; hidden = 1; layers = 1; heads = 1; vocab = 2; seq = 1", "1"),

    /* norms of queries and keys, no rotation, a learned slope of distances */
    DECODER(
        "dim = 12; layers = 2; vocab = 9; seq = 5") "layer Body(width) {\n"
                                                    "  mixer = Mixer(width, 3)\n"
                                                    "  small = Linear(width, width)\n"
                                                    "  (stream : [N, width]) -> [N, width] { mid = "
                                                    "stream + mixer(stream); mid + small(mid) }\n"
                                                    "}\n"
                                                    "layer Mixer(width, parts) {\n"
                                                    "  each = width / parts\n"
                                                    "  a = Linear(width, width); b = Linear(width, "
                                                    "width); c = Linear(width, width)\n"
                                                    "  back = Linear(width, width)\n"
                                                    "  na = RMSNorm(each); nb = RMSNorm(each)\n"
                                                    "  param slope[parts, 1, 1] = constant(0.5)\n"
                                                    "  param far[1, 5, 5] = normal(1)\n"
                                                    "  (x : [N, width]) -> [N, width] {\n"
                                                    "    p = transpose(reshape(a(x), N, parts, "
                                                    "each), parts, N, each)\n"
                                                    "    q = transpose(reshape(b(x), N, parts, "
                                                    "each), parts, N, each)\n"
                                                    "    r = transpose(reshape(c(x), N, parts, "
                                                    "each), parts, N, each)\n"
                                                    "    M = N\n"
                                                    "    pn = p * rsqrt(mean(square(p), over = "
                                                    "each) + 1e-6)\n"
                                                    "    qn = q / sqrt(mean(q * q, over = each) + "
                                                    "1e-6)\n"
                                                    "    s = matmul(pn, reshape(qn, parts, M, "
                                                    "each), over = each) / sqrt(each) - slope * "
                                                    "far\n"
                                                    "    w = softmax(s + causal_mask(N, M), over = "
                                                    "M)\n"
                                                    "    o = matmul(w, reshape(r, parts, M, each), "
                                                    "over = M)\n"
                                                    "    y = reshape(transpose(o, N, parts, each), "
                                                    "N, width)\n"
                                                    "    back(na(reshape(y, N * parts, each)) -> "
                                                    "nb -> Flat(width))\n"
                                                    "  }\n"
                                                    "}\n"
                                                    "layer Flat(width) { (x : [K, E]) -> [K * E / "
                                                    "width, width] { reshape(x, K * E / width, "
                                                    "width) } "
                                                    "}\n",

    /* attention and a layer of tanh-GELU beside each other on one stream */
    DECODER(
        "dim = 8; layers = 2; vocab = 9; seq = 5") "layer Body(dim) {\n"
                                                   "  norm = RMSNorm(dim); look = Attention(dim, "
                                                   "2, 1); think = Gelu(dim, 3 * dim)\n"
                                                   "  (x : [S, dim]) -> [S, dim] { h = norm(x); x "
                                                   "+ look(h) + think(h) }\n"
                                                   "}\n"
                                                   "layer Gelu(dim, hidden) {\n"
                                                   "  up = Linear(dim, hidden); down = "
                                                   "Linear(hidden, dim)\n"
                                                   "  param bias[hidden]\n"
                                                   "  (x : [S, dim]) -> [S, dim] {\n"
                                                   "    u = up(x) + bias\n"
                                                   "    down(0.5 * u * (1 + tanh(0.7978845608 * (u "
                                                   "+ 0.044715 * u * u * u))))\n"
                                                   "  }\n"
                                                   "}\n",

    /* no residual, no attention; biases; a bounded output */
    DECODER("dim = 6; layers = 3; vocab = 7; seq = 4") "layer Body(dim) {\n"
                                                       "  param w[2 * dim, dim]; param b[2 * dim]; "
                                                       "param v[dim, 2 * dim]; param c[dim]\n"
                                                       "  (x : [S, dim]) -> [S, dim] {\n"
                                                       "    H = 2 * dim\n"
                                                       "    h = relu(matmul(x, reshape(w, H, dim), "
                                                       "over = dim) + b)\n"
                                                       "    max(-3, min(3, matmul(h, reshape(v, "
                                                       "dim, H), over = H) + c))\n"
                                                       "  }\n"
                                                       "}\n",

    /* attention written with positions before heads, products with the positions in the middle */
    DECODER("dim = 8; layers = 1; vocab = 9; seq = 5") "layer Body(dim) {\n"
                                                       "  wq = Linear(dim, dim); wk = Linear(dim, "
                                                       "dim); wv = Linear(dim, dim)\n"
                                                       "  (x : [S, dim]) -> [S, dim] {\n"
                                                       "    H = 2; E = 4; T = S\n"
                                                       "    q = rope(reshape(wq(x), S, H, E), over "
                                                       "= E, along = S)\n"
                                                       "    k = rope(reshape(wk(x), T, H, E), over "
                                                       "= E, along = T)\n"
                                                       "    a = softmax(matmul(q, k, over = E) * "
                                                       "0.5 + reshape(causal_mask(S, T), S, 1, T), "
                                                       "over = T)\n"
                                                       "    x + reshape(matmul(a, reshape(wv(x), "
                                                       "T, H, E), over = T), S, dim)\n"
                                                       "  }\n"
                                                       "}\n",

    /* two results, a loss of one's own, annotations, a table that is read twice */
    "import std.basic\n"
    "model m {\n"
    "  config { seq = 4; vocab = 6; dim = 4 }\n"
    "  input ids : token[seq] < vocab\n"
    "  target next : token[seq] < vocab\n"
    "  table = Embedding(vocab, dim)\n"
    "  frozen param scale[dim] = uniform(0.5, 1.5)\n"
    "  split = Split()\n"
    "  (left, right) = split(table(ids) * scale)\n"
    "  @cpu both = concat(left, right, over = 1)\n"
    "  @kernel(kHead) output_ = matmul(both, table.weight, over = 1)\n"
    "  output logits = output_\n"
    "  penalty = mean(mean(square(logits), over = 0), over = 1)\n"
    "  train { loss = cross_entropy(logits, next) + 0.1 * reshape(penalty, 1) }\n"
    "}\n"
    "layer Split() {\n"
    "  (x : [S, W]) -> ([S, W / 2], [S, W / 2]) {\n"
    "    h = W / 2\n"
    "    (slice(x, over = W, begin = 0, size = h), sigmoid(slice(x, over = W, begin = h, size = "
    "h)))\n"
    "  }\n"
    "}\n",
};

const size_t graph_models_count = sizeof graph_models / sizeof *graph_models;
