// Hits of a C or C++ program: paging.h, which comes before this, over the tables of an engine in this process. The loops are those of the
// contenders in C# (AccessPattern.cs), and are here, so that calls from C# are no part of what is timed. Nothing misses.
//   g++ -O2 -march=native -shared -fPIC
#include <cstdlib>

extern "C" {
int32_t paging_read(paging_process, uint32_t, void *, uint32_t, paging_fault *) { std::abort(); }
int32_t paging_write(paging_process, uint32_t, const void *, uint32_t, paging_fault *) { std::abort(); }
int32_t paging_device_refused(paging_process, int32_t, uint32_t, paging_fault *) { std::abort(); }
int32_t paging_fetch_page(paging_process, uint32_t, void *, uint32_t, paging_fetch_window *, paging_fault *) { std::abort(); }
}

namespace {
struct Sequential {
    static uint32_t next(uint32_t state) { return state + 1; }
    static uint32_t offset(uint32_t state, int bits) { return state << 2 & static_cast<uint32_t>((1ull << bits) - 1); }
};

struct Scattered {
    static uint32_t next(uint32_t state) { return state * 1664525 + 1013904223; }
    static uint32_t offset(uint32_t state, int bits) { return state >> (32 - bits) & ~3u; }
};

using Loop = uint32_t(const paging_translations *, uint32_t start, uint32_t *state, uint32_t value, uint32_t count);

template <typename Pattern, int bits>
uint32_t read(const paging_translations *t, uint32_t start, uint32_t *last, uint32_t, uint32_t count) {
    uint32_t state = *last, sum = 0, value = 0;
    for (uint32_t i = 0; i < count; i++) {
        state = Pattern::next(state);
        if (paging_load32(t, start + Pattern::offset(state, bits), &value, nullptr) != 0) std::abort();
        sum += value;
    }
    *last = state;
    return sum;
}

template <typename Pattern, int bits>
uint32_t write(const paging_translations *t, uint32_t start, uint32_t *last, uint32_t value, uint32_t count) {
    uint32_t state = *last;
    for (uint32_t i = 0; i < count; i++) {
        state = Pattern::next(state);
        if (paging_store32(t, start + Pattern::offset(state, bits), value, nullptr) != 0) std::abort();
    }
    *last = state;
    return 0;
}

template <typename Pattern>
Loop *choose(uint32_t bits, bool writes) {
    switch (bits) {
    case 16: return writes ? write<Pattern, 16> : read<Pattern, 16>;
    case 20: return writes ? write<Pattern, 20> : read<Pattern, 20>;
    case 26: return writes ? write<Pattern, 26> : read<Pattern, 26>;
    case 30: return writes ? write<Pattern, 30> : read<Pattern, 30>;
    default: std::abort();
    }
}

// The UART of device-poll (PollRaces.cs).
constexpr uint32_t status = 5, is_empty = 0x20, polls_to_ready = 16;
struct Uart { uint32_t polls, sent; } uart;

int32_t load(void *context, uint64_t offset, uint32_t, uint64_t *value) {
    auto *device = static_cast<Uart *>(context);
    *value = offset == status && ++device->polls % polls_to_ready == 0 ? is_empty : 0;
    return 0;
}

int32_t store(void *context, uint64_t, uint32_t, uint64_t) {
    static_cast<Uart *>(context)->sent++;
    return 0;
}

const paging_device device = { sizeof device, 0, &uart, load, store, nullptr };
}

// The sum of what was read. *state is the pattern's, before and after.
extern "C" uint32_t hits_run(const paging_translations *t, uint32_t start, uint32_t bits, uint32_t scattered, uint32_t writes,
    uint32_t *state, uint32_t value, uint32_t count) {
    Loop *loop = scattered != 0 ? choose<Scattered>(bits, writes != 0) : choose<Sequential>(bits, writes != 0);
    return loop(t, start, state, value, count);
}

extern "C" const paging_device *hits_device() { return &device; }

// A driver's polls; how many bytes were sent.
extern "C" uint32_t hits_poll(const paging_translations *t, uint32_t at, uint32_t count) {
    uart = { 0, 0 };
    for (uint32_t i = 0; i < count; i++) {
        uint8_t found = 0;
        if (paging_load8(t, at + status, &found, nullptr) != 0) std::abort();
        if ((found & is_empty) != 0 && paging_store8(t, at, static_cast<uint8_t>(i), nullptr) != 0) std::abort();
    }
    return uart.sent;
}
