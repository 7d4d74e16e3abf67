// What a host's 32-bit load and store cost in four libraries' memories, in one run: a bare array, paging.h's hits, libriscv's memory (its
// pages, and its arena), Unicorn's uc_mem_read and uc_mem_write. tools/clients/libriscv.sh builds and runs it.
#include "paging.h"
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <libriscv/machine.hpp>
#include <memory>
#include <vector>

namespace {

constexpr std::uint32_t Accesses = 1'000'000, Turns = 9, Base = 0x1000'0000;
using Machine = riscv::Machine<riscv::RISCV32>;

// The places of bench/c/hits.c: spread over the memory, a multiple of 4 each.
std::uint32_t place(std::uint32_t i, std::uint32_t mask) { return i * 2654435761u & mask; }

// The least time of some turns, in nanoseconds for an access.
template <class Access> double least(Access access)
{
    double best = 1e9;
    for (std::uint32_t turn = 0; turn < Turns; turn++) {
        const auto before = std::chrono::steady_clock::now();
        for (std::uint32_t i = 0; i < Accesses; i++) access(i);
        const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - before;
        best = std::min(best, took.count() / Accesses);
    }
    return best;
}

void require(bool holds, const char *what)
{
    if (holds) return;
    std::fprintf(stderr, "libriscv: %s\n", what);
    std::exit(1);
}

volatile std::uint32_t sum;

struct Figures {
    double load, store;
};

Figures measure_array(std::uint32_t size, std::uint32_t mask)
{
    const std::vector<std::uint32_t> words(size / 4, 1);
    auto *bytes = reinterpret_cast<volatile std::uint8_t *>(const_cast<std::uint32_t *>(words.data()));
    auto at = [&](std::uint32_t i) { return reinterpret_cast<volatile std::uint32_t *>(bytes + place(i, mask)); };
    return {least([&](std::uint32_t i) { sum = *at(i); }), least([&](std::uint32_t i) { *at(i) = i; })};
}

Figures measure_engine(std::uint32_t size, std::uint32_t mask)
{
    paging_engine engine;
    paging_process process;
    require(!paging_engine_create(nullptr, &engine) && !paging_process_create(engine, "row", nullptr, &process), "no engine");
    const int64_t base = paging_mmap(process, Base, size, PAGING_PROT_READ | PAGING_PROT_WRITE,
        PAGING_MAP_PRIVATE | PAGING_MAP_ANONYMOUS | PAGING_MAP_FIXED | PAGING_MAP_POPULATE, -1, 0);
    require(base == Base && paging_fill(process, Base, size, 1, nullptr) == size, "no memory in the engine");
    const paging_translations *tables = paging_translations_of(process);
    const Figures found{least([&](std::uint32_t i) {
        std::uint32_t value = 0;
        if (paging_load32(tables, Base + place(i, mask), &value, nullptr)) std::abort();
        sum = value;
    }), least([&](std::uint32_t i) {
        if (paging_store32(tables, Base + place(i, mask), i, nullptr)) std::abort();
    })};
    require(!paging_free(engine), "the engine does not go");
    return found;
}

// A program of one instruction: without one, libriscv has no arena. An ELF header, a program header, a jump to itself, an empty section.
std::vector<std::uint8_t> program()
{
    constexpr std::uint32_t At = 0x10000, Code = 52 + 32, Sections = Code + 4, Riscv = 243;
    const std::uint32_t words[(Sections + 40) / 4] = {0x464c457f, 0x00010101, 0, 0, 2 | Riscv << 16, 1, At + Code, 52, Sections, 0,
        52 | 32 << 16, 1 | 40 << 16, 1, 1, 0, At, At, Sections, Sections, 5, 0x1000, 0x6f};
    std::vector<std::uint8_t> bytes(sizeof words);
    std::memcpy(bytes.data(), words, sizeof words);
    return bytes;
}

Figures measure_libriscv(std::uint32_t size, std::uint32_t mask, bool has_arena)
{
    riscv::MachineOptions<riscv::RISCV32> options;
    options.memory_max = 1ull << 30;
    options.use_memory_arena = has_arena;
    const std::vector<std::uint8_t> binary = program();
    auto machine = std::make_unique<Machine>(binary, options);
    require(machine->memory.uses_flat_memory_arena() == has_arena, "another kind of memory than expected");
    const std::uint32_t base = Base;
    machine->memory.memset(base, 1, size);
    return {least([&](std::uint32_t i) { sum = machine->memory.read<std::uint32_t>(base + place(i, mask)); }),
        least([&](std::uint32_t i) { machine->memory.write<std::uint32_t>(base + place(i, mask), i); })};
}

// Unicorn's C interface, as unicorn/unicorn.h declares it: x86, 32 bits.
bool measure_unicorn(const char *path, std::uint32_t size, std::uint32_t mask, Figures &found)
{
    void *library = path ? dlopen(path, RTLD_NOW) : nullptr;
    if (!library) return false;
    auto open = reinterpret_cast<int (*)(int, int, void **)>(dlsym(library, "uc_open"));
    auto map = reinterpret_cast<int (*)(void *, uint64_t, size_t, uint32_t)>(dlsym(library, "uc_mem_map"));
    auto read = reinterpret_cast<int (*)(void *, uint64_t, void *, size_t)>(dlsym(library, "uc_mem_read"));
    auto write = reinterpret_cast<int (*)(void *, uint64_t, const void *, size_t)>(dlsym(library, "uc_mem_write"));
    auto close = reinterpret_cast<int (*)(void *)>(dlsym(library, "uc_close"));
    void *unicorn = nullptr;
    require(!open(4, 1 << 2, &unicorn) && !map(unicorn, Base, size, 7), "no memory in Unicorn");
    found = {least([&](std::uint32_t i) {
        std::uint32_t value = 0;
        if (read(unicorn, Base + place(i, mask), &value, 4)) std::abort();
        sum = value;
    }), least([&](std::uint32_t i) {
        if (write(unicorn, Base + place(i, mask), &i, 4)) std::abort();
    })};
    close(unicorn);
    return true;
}

void print(const char *name, const Figures &found, const Figures &array)
{
    std::printf("  %-22s %8.2f %6.2f %8.2f %6.2f\n", name, found.load, found.load / array.load, found.store, found.store / array.store);
}

}    // namespace

int main()
{
    for (const std::uint32_t size : {16u << 10, 256u << 10, 16u << 20}) {
        const std::uint32_t mask = (size - 1) & ~3u;
        std::printf("%u KiB, ns                 load  times    store  times\n", size >> 10);
        const Figures array = measure_array(size, mask);
        print("array", array, array);
        print("paging.h", measure_engine(size, mask), array);
        print("libriscv, its pages", measure_libriscv(size, mask, false), array);
        print("libriscv, its arena", measure_libriscv(size, mask, true), array);
        Figures unicorn;
        if (measure_unicorn(std::getenv("PAGING_UNICORN"), size, mask, unicorn)) print("Unicorn", unicorn, array);
    }
    return 0;
}
