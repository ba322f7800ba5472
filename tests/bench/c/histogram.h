/* Latencies in 64 steps an octave: at most 1.6 % off, and never growing, so that it does not show in the memory that is measured. */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_STEPS 64
#define HISTOGRAM_OCTAVES 36 /* 2^41 ns: more than half an hour */
#define HISTOGRAM_BUCKETS (HISTOGRAM_STEPS * (HISTOGRAM_OCTAVES + 1))

struct histogram {
    uint64_t count;
    uint32_t buckets[HISTOGRAM_BUCKETS];
};

static inline void histogram_add(struct histogram *histogram, uint64_t ns)
{
    size_t bucket = ns;
    if (ns >= HISTOGRAM_STEPS) {
        unsigned octave = 63u - (unsigned)__builtin_clzll(ns) - 6u;
        bucket = HISTOGRAM_STEPS * (octave + 1u) + (size_t)(ns >> octave) - HISTOGRAM_STEPS;
    }
    if (bucket >= HISTOGRAM_BUCKETS)
        bucket = HISTOGRAM_BUCKETS - 1;
    histogram->buckets[bucket]++;
    histogram->count++;
}

static inline void histogram_merge(struct histogram *into, const struct histogram *from)
{
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        into->buckets[i] += from->buckets[i];
    into->count += from->count;
}

/* The middle of the bucket that the given share (0.5, 0.99) of all values reaches. */
static inline uint64_t histogram_percentile_ns(const struct histogram *histogram, double share)
{
    uint64_t wanted = (uint64_t)(share * (double)histogram->count + 0.5), seen = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += histogram->buckets[i];
        if (seen < wanted || histogram->buckets[i] == 0)
            continue;
        if (i < HISTOGRAM_STEPS)
            return i;
        size_t octave = i / HISTOGRAM_STEPS - 1;
        uint64_t low = (uint64_t)(i % HISTOGRAM_STEPS + HISTOGRAM_STEPS) << octave;
        return low + ((uint64_t)1 << octave) / 2;
    }
    return 0;
}

#endif
