/* slices.c: which elements of an axis a slice takes. */
#include "host/slices.h"

static int64_t clamp(int64_t x, int64_t low, int64_t high) {
    return x < low ? low : x > high ? high : x;
}

host_range host_slice_range(const host_slice *s, int64_t dim) {
    int64_t stride = s->stride;
    int64_t begin = s->begin < 0 ? s->begin + dim : s->begin;
    int64_t end = s->end < 0 ? s->end + dim : s->end;
    if (s->squeeze) {
        return (host_range){begin, 1, 1, true};
    }
    if (stride == 0 || stride > dim || stride < -dim) { /* beyond: only the first element */
        stride = stride > 0 ? dim : stride < 0 ? -dim : 0;
    }
    int64_t low = stride < 0 ? -1 : 0, high = stride < 0 ? dim - 1 : dim;
    begin = s->open_begin ? (stride < 0 ? high : low) : clamp(begin, low, high);
    end = s->open_end ? (stride < 0 ? low : high) : clamp(end, low, high);
    int64_t distance = stride < 0 ? begin - end : end - begin, size = stride < 0 ? -stride : stride;
    int64_t count = size && distance > 0 ? (distance + size - 1) / size : 0;
    if (count == 0 && dim == 1 && size) { /* coremltools keeps the one element */
        return (host_range){0, 1, 1, false};
    }
    return (host_range){begin, count, stride, false};
}

host_range host_sized_range(int64_t begin, int64_t size, int64_t dim) {
    int64_t b = begin < 0 ? begin + dim : begin;
    bool sane = b >= 0 && b < dim && size <= dim;
    return (host_range){b, !sane ? 0 : size == -1 ? dim - b : size, 1, false};
}

bool host_range_fits(const host_range *r, int64_t dim) {
    int64_t last = r->begin + (r->count - 1) * r->stride;
    return r->count >= 1 && r->begin >= 0 && r->begin < dim && last >= 0 && last < dim;
}
