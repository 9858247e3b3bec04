"""Gather, scatter, sort and what makes tensors from nothing."""
import numpy as np

from registry import integer, integers, op, truth


@op("gather")
def gather(cx, x, indices, axis=0, batch_dims=0, validate_indices=False):
    axis, batch = integer(axis) % x.ndim, integer(batch_dims)
    if batch == 0:
        return np.take(x, indices, axis=axis)
    rows = [np.take(x[i], indices[i], axis=axis - batch) for i in np.ndindex(x.shape[:batch])]
    return np.reshape(rows, x.shape[:axis] + indices.shape[batch:] + x.shape[axis + 1:])


@op("gather_along_axis")
def gather_along_axis(cx, x, indices, axis=0, validate_indices=False):
    return np.take_along_axis(x, indices, axis=integer(axis))


@op("gather_nd")
def gather_nd(cx, x, indices, batch_dims=0, validate_indices=False):
    batch = integer(batch_dims)
    if batch == 0:
        return x[tuple(np.moveaxis(indices, -1, 0))]
    rows = [x[i][tuple(np.moveaxis(indices[i], -1, 0))] for i in np.ndindex(x.shape[:batch])]
    return np.reshape(rows, indices.shape[:-1] + x.shape[batch + indices.shape[-1]:])


def combine(old, new, mode):
    return {"add": lambda: old + new, "sub": lambda: old - new, "mul": lambda: old * new,
            "div": lambda: old / new, "max": lambda: np.maximum(old, new), "min": lambda: np.minimum(old, new),
            "update": lambda: new}[mode]()


@op("scatter")
def scatter(cx, data, indices, updates, axis=0, mode="add", validate_indices=False):
    """Row indices[i] of the axis meets row i of the updates; a tensor of indices counts as its elements."""
    axis = integer(axis) % data.ndim
    result = np.moveaxis(data.copy(), axis, 0)
    updates = updates.reshape(data.shape[:axis] + (indices.size,) + data.shape[axis + 1:])
    for i, row in zip(integers(indices), np.moveaxis(updates, axis, 0)):
        result[i] = combine(result[i], row, mode)
    return np.moveaxis(result, 0, axis)


@op("scatter_along_axis")
def scatter_along_axis(cx, data, indices, updates, axis=0, mode="add", validate_indices=False):
    axis, result = integer(axis) % data.ndim, data.copy()
    for at in np.ndindex(indices.shape):
        to = at[:axis] + (int(indices[at]),) + at[axis + 1:]
        result[to] = combine(result[to], updates[at], mode)
    return result


@op("scatter_nd")
def scatter_nd(cx, data, indices, updates, mode="add", validate_indices=False):
    result = data.copy()
    for at in np.ndindex(indices.shape[:-1]):
        to = tuple(integers(indices[at]))
        result[to] = combine(result[to], updates[at], mode)
    return result


def order(x, axis, ascending):
    """Equal elements keep their order."""
    return np.argsort(x if ascending else -x, axis=axis, kind="stable")


@op("topk")
def topk(cx, x, k=1, axis=-1, ascending=False, sort=True, return_indices=True, output_indices_dtype="int32"):
    axis = integer(axis) % x.ndim
    k = x.shape[axis] if integer(k) == -1 else integer(k)
    indices = np.take(order(x, axis, truth(ascending)), range(k), axis=axis)
    if not truth(sort):
        indices = np.sort(indices, axis=axis)
    values = np.take_along_axis(x, indices, axis=axis)
    return (values, indices) if truth(return_indices) else values


@op("argsort")
def argsort(cx, x, axis=-1, ascending=False):
    return order(x, integer(axis), truth(ascending))


@op("one_hot")
def one_hot(cx, indices, one_hot_vector_size, axis=-1, on_value=1, off_value=0):
    places = np.expand_dims(indices, integer(axis))
    axis = integer(axis) % places.ndim
    count = np.arange(integer(one_hot_vector_size)).reshape((-1,) + (1,) * (places.ndim - 1 - axis))
    return np.where(places == count, on_value, off_value)


@op("non_zero")
def non_zero(cx, x):
    return np.argwhere(x)


@op("range_1d")
def range_1d(cx, start, end, step):
    n = max(0, int(np.ceil((end - start) / step)))
    return start + np.arange(n) * step


@op("fill")
def fill(cx, shape, value=0.0):
    return np.full(integers(shape), value)


@op("fill_like")
def fill_like(cx, ref_tensor, value=0.0):
    return np.full(ref_tensor.shape, value)


def overlap(a, b):
    """Intersection over union of boxes (centre x, centre y, width, height)."""
    low = np.maximum(a[:2] - a[2:] / 2, b[:2] - b[2:] / 2)
    high = np.minimum(a[:2] + a[2:] / 2, b[:2] + b[2:] / 2)
    common = np.prod(np.maximum(high - low, 0))
    return common / (np.prod(a[2:]) + np.prod(b[2:]) - common)


def suppress(boxes, scores, iou, least, most, per_class):
    """Indices of the boxes that stay, the best first."""
    best, label, kept = scores.max(axis=1), scores.argmax(axis=1), []
    for i in np.argsort(-best, kind="stable"):
        rivals = [k for k in kept if not per_class or label[k] == label[i]]
        if len(kept) < most and best[i] >= least and all(overlap(boxes[i], boxes[k]) <= iou for k in rivals):
            kept.append(int(i))
    return kept


@op("non_maximum_suppression")
def non_maximum_suppression(cx, boxes, scores, iou_threshold, max_boxes, score_threshold=-np.inf,
                            per_class_suppression=False):
    new = cx.opset >= 17
    if new:
        boxes, scores = np.moveaxis(boxes, 1, 2), np.moveaxis(scores, 1, 2)
    most, n = integer(max_boxes), len(boxes)
    out_boxes = np.zeros((n, most, 4))
    out_scores = np.zeros((n, most, scores.shape[2]))
    indices, counts = np.zeros((n, most), np.int64), np.zeros(n, np.int64)
    for b in range(n):
        kept = suppress(boxes[b], scores[b], iou_threshold, score_threshold, most, truth(per_class_suppression))
        counts[b] = len(kept)
        out_boxes[b, :len(kept)], out_scores[b, :len(kept)] = boxes[b, kept], scores[b, kept]
        indices[b, :len(kept)] = kept
    if new:
        return np.moveaxis(out_boxes, 1, 2), np.moveaxis(out_scores, 1, 2), indices
    return out_boxes, out_scores, indices, counts
