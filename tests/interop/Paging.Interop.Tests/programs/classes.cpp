/* paging.hpp: each class, what it throws, and who frees what. */
#include "paging.hpp"
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <thread>
#include <unistd.h>

#define CHECK(holds) do { if (!(holds)) { \
    std::fprintf(stderr, "%s:%d: %s; last error: %s\n", __FILE__, __LINE__, #holds, paging_last_error()); std::exit(1); } } while (0)

static_assert(!std::is_copy_constructible_v<paging::engine> && !std::is_copy_constructible_v<paging::process>);
static_assert(std::is_nothrow_move_constructible_v<paging::process> && std::is_nothrow_move_assignable_v<paging::snapshot>);
static_assert(!std::is_convertible_v<paging::snapshot, paging::process> && !std::is_same_v<paging_engine, paging_process>);
static_assert(!paging::accessible<double> && !paging::accessible<void *> && paging::accessible<std::byte>);
static_assert(sizeof(paging_process) == sizeof(std::uint64_t));

/* The error that a call throws: its code. */
template <class Call>
static std::error_code code_of(Call call)
{
    try { call(); }
    catch (const std::system_error &thrown) { return thrown.code(); }
    return {};
}

/* A number that no option of its type has is refused by the option. */
template <class Call>
static bool does_not_fit(Call call)
{
    try { call(); }
    catch (const std::out_of_range &) { return true; }
    return false;
}

struct port {
    std::string sent;
    std::uint64_t load(std::uint64_t offset, std::uint32_t size)
    {
        if (offset == 64) throw std::runtime_error("no such register");
        if (offset == 68) throw std::system_error(EACCES, std::generic_category());
        return offset * 16 + size;
    }
    void store(std::uint64_t, std::uint32_t, std::uint64_t value) { sent += static_cast<char>(value); }
};

static void memory()
{
    paging::engine engine(paging::options().ram_bytes(16 << 20).share_ram(false));
    paging::process process = engine.process("first");
    std::uint32_t at = process.map(8192);
    process.store<std::uint32_t>(at, 0x11223344);
    process.store<std::byte>(at + 8, std::byte{7});
    CHECK(process.load<std::uint16_t>(at) == 0x3344 && process.load<std::uint64_t>(at) == 0x11223344 && process.load<std::int8_t>(at) == 0x44);
    process.store<std::int16_t>(at + 16, -2);
    CHECK(process.load<std::int16_t>(at + 16) == -2 && process.load<std::byte>(at + 8) == std::byte{7});
    paging_fault fault{};
    std::uint32_t word = 5;
    CHECK(!process.try_load(16, word, fault) && fault.kind == PAGING_FAULT_NOT_MAPPED && fault.address == 16 && word == 5);
    CHECK(!process.try_store<std::uint8_t>(16, 1, fault));
    try {
        process.load<std::uint32_t>(at + 8190);
        CHECK(!"not reached");
    } catch (const paging::memory_fault &thrown) {
        CHECK(thrown.kind() == PAGING_FAULT_NOT_MAPPED && thrown.address() == at + 8192 && thrown.code() == std::errc::bad_address);
    }
    std::byte bytes[16]{};
    process.write(at + 100, std::as_bytes(std::span("bytes", 6)));
    process.read(at + 100, bytes);
    CHECK(std::string(reinterpret_cast<char *>(bytes)) == "bytes");
    CHECK(code_of([&] { process.read(at + 8190, bytes); }) == std::errc::bad_address);
    process.fill(at, 4, std::byte{9});
    CHECK(process.span(at, 16)[3] == std::byte{9} && process.span(at + 4090, 100).size() == 6);
    process.writable_span(at, 4)[0] = std::byte{1};
    CHECK(process.load<std::uint32_t>(at) == 0x09090901);
    process.protect(at, 4096, PAGING_PROT_READ);
    CHECK(code_of([&] { process.store<std::uint8_t>(at, 1); }) == std::errc::bad_address);
    CHECK(code_of([&] { process.unmap(1, 4096); }) == std::errc::invalid_argument);
    CHECK(code_of([&] { process.unmap(1, 4096); }).category() == std::generic_category());
    CHECK(process.areas().size() == 2 && process.report(PAGING_REPORT_MAPS).starts_with("b7ffe000-") && process.usage().resident == 1);
    CHECK(process.info().id == 1 && process.faults().refused > 0 && engine.machine().total > 0 && engine.audit().empty());
    CHECK(code_of([&] { engine.background(-1); }) == std::error_code(PAGING_BAD_ARGUMENT, paging::category()));
    CHECK(code_of([] { paging::engine none(paging::options().ram_bytes(5)); }).category() == paging::category());
    CHECK(does_not_fit([] { paging::options().zeroed_frames(1ull << 32); }) && does_not_fit([] { paging::options().ram_bytes(-1); }));
    CHECK(paging::options().tables(PAGING_TABLES_PAE).swappiness(0).raw().tables == PAGING_TABLES_PAE);
    constexpr auto both = PAGING_PROT_READ | PAGING_PROT_WRITE;
    static_assert(std::is_same_v<decltype(both), const paging::protection> && both == 3);
}

static void owners()
{
    paging::engine engine;
    paging::process process = engine.process("p"), moved = std::move(process);
    CHECK(!process && moved && code_of([&] { process.map(4096); }) == std::error_code(PAGING_BAD_HANDLE, paging::category()));
    process = std::move(moved);
    std::uint32_t at = process.map(4096);
    process.store<std::uint32_t>(at, 1);
    auto is_stale = [&](const paging::process &gone) {
        return code_of([&] { gone.load<std::uint32_t>(at); }) == std::error_code(PAGING_BAD_HANDLE, paging::category());
    };
    paging::process closed = process.fork(), other_one = process.fork();
    CHECK(closed.load<std::uint32_t>(at) == 1 && other_one.load<std::uint32_t>(at) == 1);
    closed.close();
    paging::process taken = std::move(other_one);
    CHECK(is_stale(closed) && is_stale(other_one) && is_stale(moved) && taken.load<std::uint32_t>(at) == 1);
    CHECK(paging_free(taken.release()) == 0 && is_stale(taken));
    {
        paging::process child = process.fork();
        child.store<std::uint32_t>(at, 2);
        CHECK(engine.machine().process_count == 2 && process.load<std::uint32_t>(at) == 1);
    }
    CHECK(engine.machine().process_count == 1);
    paging::process second = engine.process("second");
    second = process.fork();    /* frees the one before */
    CHECK(engine.machine().process_count == 2 && second.load<std::uint32_t>(at) == 1);
    second.reset();
    paging_process kept = process.fork().release();
    CHECK(engine.machine().process_count == 2 && paging_free(kept) == 0);
    paging::snapshot start = process.snapshot();
    paging::dirty_log log = process.dirty_log();
    process.store<std::uint32_t>(at, 3);
    CHECK(log.collect() == std::vector<std::uint32_t>{at >> 12} && start.dirty_pages() == 1);
    start.restore();
    CHECK(process.load<std::uint32_t>(at) == 1 && start.is_valid());
    const paging::rewind_spacing spacings[] = {{1, 2}, {2, 1}};
    paging::rewind rewind = process.rewind(0, spacings);
    for (std::uint32_t frame = 0; frame < 5; frame++) {
        process.store<std::uint32_t>(at, frame);
        CHECK(rewind.record() == frame);
    }
    CHECK(rewind.info().state_count == 3 && rewind.find(3) == 3 && rewind.find(1) == std::nullopt);
    rewind.restore(rewind.info().previous);
    CHECK(process.load<std::uint32_t>(at) == 3 && rewind.info().next == 4);
    CHECK(code_of([&] { rewind.restore(1); }) == std::errc::no_such_file_or_directory);
    rewind.close();
    paging::rewind whole = engine.rewind();
    CHECK(whole.record() == 0);
    whole.restore(0);
    whole.close();
    start.restore();
    paging::image image = start.image();
    paging::engine other(paging::options().ram_bytes(1 << 20));
    CHECK(other.clone(image).load<std::uint32_t>(at) == 1 && other.load(start.save_bytes()).load<std::uint32_t>(at) == 1);
    CHECK(image.pages() == 1 && image.processes() == 1 && engine.snapshot().image().processes() == 1);
    paging::image delta = start.delta(image);
    std::string image_file = "/tmp/paging-classes-" + std::to_string(getpid()), delta_file = image_file + "-delta";
    image.save(image_file);
    delta.save(delta_file);
    paging::image parent = paging::image::open(image_file), opened = paging::image::open_delta(delta_file, parent);
    CHECK(opened.hash() == delta.hash() && parent.hash().size() == 32 && opened.own_pages() == 0 && opened.pages() == 1);
    CHECK(other.clone(opened).load<std::uint32_t>(at) == 1);
    opened.save_whole(image_file);
    CHECK(paging::image::open(image_file).own_pages() == 1 && !unlink(image_file.c_str()) && !unlink(delta_file.c_str()));
    paging::writable_pin pin = process.writable_pin(at, 8);
    pin.parts()[0][0] = std::byte{5};
    paging::pin shown = process.pin(at, 8);
    CHECK(process.load<std::uint32_t>(at) == 5 && shown.parts()[0].size() == 8 && shown.parts()[0][0] == std::byte{5});
    pin.close();
    shown.close();
    paging::group group = engine.group("g", 64);
    {
        paging::process member = engine.process("member", paging::process_options().group(group));
        CHECK(code_of([&] { group.close(); }) == std::errc::device_or_resource_busy && group);
        group.set_limit(std::nullopt);
    }
    group.close();
    CHECK(!group);
    paging::swap swap = engine.swap_on_memory(1 << 20);
    process.advise(at, 4096, PAGING_MADV_PAGEOUT);
    CHECK(process.usage().swapped == 1);
    swap.close();
    CHECK(process.usage().swapped == 0 && !swap);
    engine.close();
    engine.close();
    CHECK(!engine && code_of([&] { process.map(4096); }) == std::error_code(PAGING_BAD_HANDLE, paging::category()));
}

static void devices()
{
    port serial;
    paging::engine engine;
    paging::process process = engine.process("p");
    paging::file device = engine.device("serial", serial, 4096);
    std::uint32_t at = process.map(device, 4096);
    process.store<std::uint8_t>(at, 'h');
    process.store<std::uint8_t>(at, 'i');
    CHECK(serial.sent == "hi" && process.load<std::uint32_t>(at + 8) == 8 * 16 + 4);
    CHECK(code_of([&] { process.load<std::uint32_t>(at + 64); }) == std::errc::io_error);
    CHECK(code_of([&] { process.load<std::uint32_t>(at + 68); }) == std::errc::permission_denied);
    paging::file file = engine.file("f", 4096);
    CHECK(file.write(10, std::as_bytes(std::span("abc", 3))) == 3 && file.length() == 4096);
    std::uint32_t shown = process.map(file, 4096);
    CHECK(process.load<char>(shown + 11) == 'b');
    std::int32_t descriptor = file.open(process, PAGING_READ);
    CHECK(code_of([&] { process.mmap(0, 4096, PAGING_PROT_READ | PAGING_PROT_WRITE, PAGING_MAP_SHARED, descriptor); }) == std::errc::permission_denied);
}

struct board {
    int writes = 0;
    void store(std::uint64_t offset, std::uint32_t, std::uint64_t value)
    {
        if (value == 13) throw std::system_error(EACCES, std::generic_category());
        writes += static_cast<int>(offset);
    }
};

/* An emulator's machine: everything at its place, and saved and loaded with its files, which are found by name. */
static void machines()
{
    port serial;
    board latch;
    alignas(4096) static std::byte memory[3 * 4096];
    memory[1] = std::byte{0xa9};
    const std::span<const std::byte> code(memory, 4096);
    paging::engine engine, other;
    auto plug = [&](const paging::engine &in, const std::string &name) -> paging::file {
        if (name == "rom") return in.rom(name, code, latch);
        if (name == "ram") return in.host_memory(name, std::span(memory).subspan(4096));
        if (name == "serial") return in.device(name, serial, 16);
        throw std::system_error(ENOTDIR, std::generic_category());
    };
    paging::process process = engine.process("6502", paging::process_options().bounds(0, 0xffff));
    paging::file ram = plug(engine, "ram");
    CHECK(process.map(4096, 0) == 0 && process.map(ram, 8192, 0, 0x2000) == 0x2000 && process.map(ram, 4096, 4096, 0x8000) == 0x8000);
    CHECK(process.map(plug(engine, "serial"), 4096, 0, 0xd000) == 0xd000);
    CHECK(process.map(plug(engine, "rom"), 4096, 0, 0xf000) == 0xf000);
    CHECK(code_of([&] { process.map(4096, 0xf000); }) == std::errc::file_exists);
    CHECK(code_of([&] { process.map(ram, 4096, 0, 0x2000); }) == std::errc::file_exists);
    process.store<std::uint8_t>(16, 7);
    process.store<std::uint8_t>(0x3001, 9);
    process.store<std::uint8_t>(0xf003, 1);
    process.store<char>(0xd000, '!');
    CHECK(memory[4096 + 4097] == std::byte{9} && process.load<std::uint8_t>(0x8001) == 9 && process.load<std::uint8_t>(0xf001) == 0xa9);
    CHECK(latch.writes == 3 && serial.sent == "!" && memory[3] == std::byte{0});
    CHECK(code_of([&] { process.store<std::uint8_t>(0xf003, 13); }) == std::errc::permission_denied);
    paging::file plain = engine.rom("plain", code);
    std::uint32_t quiet = process.map(plain, 4096);
    process.store<std::uint8_t>(quiet + 1, 1);    // ignored
    CHECK(process.load<std::uint8_t>(quiet + 1) == 0xa9 && latch.writes == 3);
    process.unmap(quiet, 4096);
    const std::string path = "/tmp/paging-classes-" + std::to_string(getpid());
    std::vector<paging::file> found;
    std::string asked;
    auto find = [&](const std::string &name) -> paging_file {
        asked += name + " ";
        found.push_back(plug(other, name));
        return found.back().raw();
    };
    process.snapshot().save(path);
    paging::snapshot whole = engine.snapshot();
    std::vector<std::byte> bytes = whole.save_bytes();
    auto is_machine = [](const paging::process &loaded) {
        return loaded.load<std::uint8_t>(16) == 7 && loaded.load<std::uint8_t>(0x8001) == 9 && loaded.load<std::uint8_t>(0xf001) == 0xa9;
    };
    CHECK(is_machine(other.load(path, find)) && asked.find("rom ") != std::string::npos && asked.find("serial ") != std::string::npos);
    whole.save(path);
    std::vector<paging::process> loaded = other.load_all(path, find);
    CHECK(loaded.size() == 1 && is_machine(loaded[0]) && other.load_all(bytes, find).size() == 1);
    std::vector<paging::process> cloned = other.clone_all(whole.image(), find);
    CHECK(cloned.size() == 1 && is_machine(cloned[0]) && is_machine(other.clone(process.snapshot().image(), find)));
    CHECK(code_of([&] { other.load_all(bytes); }) == std::errc::no_such_file_or_directory);
    auto refuse = [&](const std::string &) { return plug(other, "none").raw(); };
    CHECK(code_of([&] { other.load_all(bytes, refuse); }) == std::errc::not_a_directory);
    CHECK(other.audit().empty());
    unlink(path.c_str());
}

static void threads()
{
    paging::engine engine(paging::options().ram_bytes(8 << 20).allow_threads(true));
    paging::process process = engine.process("p");
    std::uint32_t at = process.map(4096);
    std::vector<std::thread> workers;
    for (std::uint32_t worker = 0; worker < 2; worker++) {
        workers.emplace_back([&, worker] {
            paging::processor cpu = engine.processor("worker");
            cpu.run(process);
            for (std::uint32_t i = 0; i < 1000; i++) {
                process.store<std::uint32_t>(at + 4 * worker, process.load<std::uint32_t>(at + 4 * worker) + 1);
                cpu.poll();
            }
        });
    }
    std::atomic<bool> has_ended = false;
    workers.emplace_back([&] {
        for (std::uint32_t i = 0; i < 3000; i++) {
            std::uint32_t many = process.mmap(0, 64 * 4096, PAGING_PROT_READ, PAGING_MAP_PRIVATE | PAGING_MAP_ANONYMOUS);
            for (std::uint32_t page = 0; page < 64; page += 2) process.protect(many + page * 4096, 4096, PAGING_PROT_NONE);
            process.unmap(many, 64 * 4096);
        }
        has_ended = true;
    });
    while (!has_ended) {
        paging_area last = process.areas().back();    // another thread maps more between the count and the rows
        CHECK(last.start <= at && last.end > at);
    }
    for (std::thread &worker : workers) worker.join();
    CHECK(code_of([&] { process.load<std::uint32_t>(at); }) == std::error_code(PAGING_WRONG_STATE, paging::category()));
    paging::processor cpu = engine.processor("main");
    cpu.run(process);
    CHECK(process.load<std::uint64_t>(at) == 0x3e8000003e8ull);
    process.store<std::uint8_t>(at + 8, 42);
    CHECK(process.load<bool>(at + 8));    // by a call, whose byte is no bool
}

int main()
{
    memory();
    owners();
    devices();
    machines();
    threads();
    return 0;
}
