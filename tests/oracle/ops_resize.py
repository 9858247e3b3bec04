"""Image resizing and sampling; the last two axes are height and width."""
import numpy as np

from registry import integer, integers, op, truth


def grid(n, out, mode):
    """Where `out` points lie on an axis of n elements."""
    i = np.arange(out, dtype=float)
    if mode in ("STRICT_ALIGN_CORNERS", "ALIGN_CORNERS"):
        if out == 1:
            return np.array([0.0 if mode == "STRICT_ALIGN_CORNERS" else (n - 1) / 2])
        return i * (n - 1) / (out - 1)
    if mode == "DEFAULT":
        return i * (n - n / out) / max(1, out - 1)
    if mode == "OFFSET_CORNERS":
        return (i + 0.5) * max(1, n - 1) / out
    if mode == "UNALIGN_CORNERS":
        return (i + 0.5) * n / out - 0.5
    raise ValueError(f"sampling mode {mode}")


def linear(x, axis, points):
    """x at fractional places along an axis, clamped to it."""
    last = x.shape[axis] - 1
    points = np.clip(points, 0, last)
    low = np.floor(points).astype(int)
    part = (points - low).reshape((-1,) + (1,) * (x.ndim - 1 - axis % x.ndim))
    return np.take(x, low, axis) * (1 - part) + np.take(x, np.minimum(low + 1, last), axis) * part


def nearest(x, axis, points):
    return np.take(x, np.clip(np.floor(points).astype(int), 0, x.shape[axis] - 1), axis)


def scaled(d, factor):
    return int(np.floor(d * float(np.reshape(factor, ()))))


@op("upsample_nearest_neighbor")
def upsample_nearest(cx, x, scale_factor_height=1, scale_factor_width=1):
    for axis, factor in ((-2, scale_factor_height), (-1, scale_factor_width)):
        n, out = x.shape[axis], scaled(x.shape[axis], factor)
        x = nearest(x, axis, np.arange(out) * n // out)
    return x


@op("upsample_bilinear")
def upsample_bilinear(cx, x, scale_factor_height=1, scale_factor_width=1, align_corners=True,
                      half_pixel_centers=None):
    half = not truth(align_corners) if half_pixel_centers is None else truth(half_pixel_centers)
    for axis, factor in ((-2, scale_factor_height), (-1, scale_factor_width)):
        n, out = x.shape[axis], scaled(x.shape[axis], factor)
        if truth(align_corners):
            points = grid(n, out, "STRICT_ALIGN_CORNERS")
        elif half:
            points = grid(n, out, "UNALIGN_CORNERS")
        else:
            points = np.arange(out) * n / out
        x = linear(x, axis, points)
    return x


@op("resize_nearest_neighbor")
def resize_nearest(cx, x, target_size_height, target_size_width):
    for axis, out in ((-2, integer(target_size_height)), (-1, integer(target_size_width))):
        x = nearest(x, axis, np.arange(out) * x.shape[axis] // out)
    return x


@op("resize_bilinear")
def resize_bilinear(cx, x, target_size_height=1, target_size_width=1, sampling_mode="DEFAULT"):
    for axis, out in ((-2, integer(target_size_height)), (-1, integer(target_size_width))):
        x = linear(x, axis, grid(x.shape[axis], out, sampling_mode))
    return x


@op("resize")
def resize(cx, x, shape, resized_dims, interpolation_mode="LINEAR", sampling_mode="DEFAULT"):
    count = integer(resized_dims)
    for axis, out in zip(range(-count, 0), integers(shape)[-count:]):
        points = grid(x.shape[axis], out or x.shape[axis], sampling_mode)
        x = (linear if interpolation_mode == "LINEAR" else nearest)(x, axis, points)
    return x


# y1, x1, y2, x2 of a box in each coordinate mode
CORNERS = {
    "CORNERS_HEIGHT_FIRST": lambda a, b, c, d: (a, b, c, d),
    "CORNERS_WIDTH_FIRST": lambda a, b, c, d: (b, a, d, c),
    "CENTER_SIZE_HEIGHT_FIRST": lambda a, b, c, d: (a - c / 2, b - d / 2, a + c / 2, b + d / 2),
    "CENTER_SIZE_WIDTH_FIRST": lambda a, b, c, d: (b - d / 2, a - c / 2, b + d / 2, a + c / 2),
}


@op("crop_resize")
def crop_resize(cx, x, roi=None, boxes=None, box_indices=None, target_height=1, target_width=1,
                normalized_coordinates=False, spatial_scale=1.0, box_coordinate_mode="CORNERS_HEIGHT_FIRST",
                sampling_mode="DEFAULT", pad_value=0.0):
    """A box is taken for an image of (y2 - y1 + 1) x (x2 - x1 + 1) pixels, which is resized. A roi without the index
    of its image is taken out of all of them. Outside of the image lies pad_value."""
    if roi is not None:
        boxes = roi.reshape(roi.shape[0], -1)
        if boxes.shape[1] == 5:
            box_indices, boxes = boxes[:, 0], boxes[:, 1:]
    if box_indices is None and roi is None:
        box_indices = range(len(boxes))
    results = []
    for i, box in enumerate(boxes * spatial_scale):
        y1, x1, y2, x2 = CORNERS[box_coordinate_mode](*box)
        if truth(normalized_coordinates):
            y1, y2 = y1 * (x.shape[-2] - 1), y2 * (x.shape[-2] - 1)
            x1, x2 = x1 * (x.shape[-1] - 1), x2 * (x.shape[-1] - 1)
        rows = y1 + grid(y2 - y1 + 1, integer(target_height), sampling_mode)
        columns = x1 + grid(x2 - x1 + 1, integer(target_width), sampling_mode)
        images = x if box_indices is None else x[[int(box_indices[i])]]
        inside = ((rows >= 0) & (rows <= x.shape[-2] - 1))[:, None] & ((columns >= 0) & (columns <= x.shape[-1] - 1))
        results.append(np.where(inside, linear(linear(images, -2, rows), -1, columns), pad_value))
    return np.array(results) if roi is not None else np.concatenate(results)


def to_pixels(c, n, mode, align_corners):
    if mode == "unnormalized":
        return c
    unit = (c + 1) / 2 if mode == "normalized_minus_one_to_one" else c
    return unit * (n - 1) if align_corners else unit * n - 0.5


def reflected(c, low, high):
    """c mirrored at low and high until it lies between them."""
    period = 2 * (high - low)
    if period == 0:
        return np.full_like(c, low)
    c = np.abs(np.mod(c - low, period))
    return low + np.where(c > high - low, period - c, c)


def pixels(image, rows, columns, mode, fill):
    """image [C,H,W] at whole places."""
    h, w = image.shape[1:]
    inside = (rows >= 0) & (rows < h) & (columns >= 0) & (columns < w)
    seen = image[:, np.clip(rows, 0, h - 1), np.clip(columns, 0, w - 1)]
    return np.where(inside, seen, fill) if mode == "constant" else seen


def sample(image, x, y, sampling, mode, fill):
    h, w = image.shape[1:]
    if mode == "border":
        x, y = np.clip(x, 0, w - 1), np.clip(y, 0, h - 1)
    elif mode == "reflection":
        x, y = reflected(x, 0, w - 1), reflected(y, 0, h - 1)
    elif mode == "symmetric":
        x = np.clip(reflected(x, -0.5, w - 0.5), 0, w - 1)
        y = np.clip(reflected(y, -0.5, h - 0.5), 0, h - 1)
    if sampling == "nearest":
        return pixels(image, np.rint(y).astype(int), np.rint(x).astype(int), mode, fill)
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    a, b = x - left, y - top
    return sum(pixels(image, top + i, left + j, mode, fill) * (b if i else 1 - b) * (a if j else 1 - a)
               for i in (0, 1) for j in (0, 1))


@op("resample")
def resample(cx, x, coordinates, sampling_mode, padding_mode, padding_value, coordinates_mode, align_corners):
    results = []
    for image, at in zip(x, np.asarray(coordinates, float)):
        columns = to_pixels(at[..., 0], x.shape[-1], coordinates_mode, truth(align_corners))
        rows = to_pixels(at[..., 1], x.shape[-2], coordinates_mode, truth(align_corners))
        results.append(sample(image, columns, rows, sampling_mode, padding_mode, padding_value))
    return np.array(results)


@op("affine")
def affine(cx, x, transform_matrix, output_height, output_width, sampling_mode, padding_mode, padding_value,
           coordinates_mode, align_corners):
    def axis(n):
        return np.linspace(-1, 1, n) if n > 1 else np.array([-1.0])
    rows, columns = np.meshgrid(axis(integer(output_height)), axis(integer(output_width)), indexing="ij")
    points = np.stack([columns, rows, np.ones_like(rows)], -1)
    matrices = np.broadcast_to(transform_matrix.reshape(-1, 2, 3), (x.shape[0], 2, 3))
    coordinates = np.array([points @ m.T for m in matrices])
    return resample(cx, x, coordinates, sampling_mode, padding_mode, padding_value, coordinates_mode, align_corners)
