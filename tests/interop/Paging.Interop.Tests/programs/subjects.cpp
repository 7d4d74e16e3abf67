/* paging.hpp: the classes of one subject each. Pagers, files and swap of the program's own, userfaultfds, shadows, views, windows of the
 * host, events, watchpoints, ledgers and processes of Windows. */
#include "paging.hpp"
#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <unistd.h>

#define CHECK(holds) do { if (!(holds)) { \
    std::fprintf(stderr, "%s:%d: %s; last error: %s\n", __FILE__, __LINE__, #holds, paging_last_error()); std::exit(1); } } while (0)

/* The error that a call throws: its code. */
template <class Call>
static std::error_code code_of(Call call)
{
    try { call(); }
    catch (const std::system_error &thrown) { return thrown.code(); }
    return {};
}

/* The fault that an access throws: its kind. */
template <class Call>
static std::uint32_t kind_of(Call call)
{
    try { call(); }
    catch (const paging::memory_fault &thrown) { return thrown.kind(); }
    return PAGING_FAULT_NONE;
}

struct objects {
    std::array<std::byte, 4096> stored{};
    paging::page request(std::uint32_t page, std::span<std::byte, 4096> bytes)
    {
        if (page == 3) throw std::runtime_error("gone");
        std::ranges::fill(bytes, std::byte{static_cast<unsigned char>(page + 1)});
        return page == 1 ? paging::page::later : page == 2 ? paging::page::zeros : paging::page::supplied;
    }
    void store(std::uint32_t, std::span<const std::byte, 4096> bytes) { std::ranges::copy(bytes, stored.begin()); }
};

struct read_only {
    paging::page request(std::uint32_t, std::span<std::byte, 4096>) { return paging::page::zeros; }
};

struct text {
    std::vector<std::byte> bytes = std::vector<std::byte>(5000, std::byte{'x'});
    int flushes = 0;
    std::size_t read(std::uint64_t offset, std::span<std::byte> to)
    {
        std::size_t count = std::min(to.size(), bytes.size() - std::min<std::size_t>(offset, bytes.size()));
        std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), count, to.begin());
        return count;
    }
    std::size_t write(std::uint64_t offset, std::span<const std::byte> from)
    {
        if (offset + from.size() > 8192) throw std::system_error(ENOSPC, std::generic_category());
        bytes.resize(std::max<std::size_t>(bytes.size(), offset + from.size()));
        std::ranges::copy(from, bytes.begin() + static_cast<std::ptrdiff_t>(offset));
        return from.size();
    }
    void set_length(std::uint64_t length) { bytes.resize(length); }
    void flush() { flushes++; }
};

struct disk {
    std::map<std::uint32_t, std::array<std::byte, 4096>> slots;
    void read(std::uint32_t slot, std::span<std::byte, 4096> bytes) { std::ranges::copy(slots.at(slot), bytes.begin()); }
    void write(std::uint32_t slot, std::span<const std::byte, 4096> bytes) { std::ranges::copy(bytes, slots[slot].begin()); }
};

static void pagers()
{
    objects source;
    read_only zeros;
    paging::engine engine(paging::options().ram_bytes(16 << 20));
    paging::process process = engine.process("p");
    paging::pager pager = engine.pager("objects", 5, source);
    std::uint32_t at = process.map(pager, 5 * 4096);
    CHECK(process.load<std::uint8_t>(at) == 1 && process.load<std::uint32_t>(at + 2 * 4096) == 0);
    CHECK(kind_of([&] { process.load<std::uint8_t>(at + 4096); }) == PAGING_FAULT_PENDING && pager.pending() == 1);
    CHECK(pager.next() == 1u && pager.next() == std::nullopt);
    std::array<std::byte, 4096> bytes{};
    bytes[7] = std::byte{9};
    pager.supply(1, bytes);
    CHECK(process.load<std::uint8_t>(at + 4096 + 7) == 9 && pager.pending() == 0);
    CHECK(code_of([&] { pager.supply(1); }) == std::errc::file_exists);
    try {
        pager.supply(5, bytes);
        CHECK(!"not reached");
    } catch (const paging::error &thrown) {
        CHECK(std::string(thrown.what()) == "page is 5: it must be less than 5: bad argument");
    }
    CHECK(kind_of([&] { process.load<std::uint8_t>(at + 3 * 4096); }) == PAGING_FAULT_BUS_ERROR);
    pager.supply(4);
    CHECK(process.load<std::uint8_t>(at + 4 * 4096) == 0);
    process.store<std::uint8_t>(at + 5, 77);
    engine.sync();
    CHECK(source.stored[5] == std::byte{77} && source.stored[6] == std::byte{1});
    std::int32_t descriptor = pager.open(process, PAGING_READ);
    CHECK(process.mmap(0, 4096, PAGING_PROT_READ, PAGING_MAP_PRIVATE, descriptor) != 0);
    paging::pager other = engine.pager("zeros", 1, zeros);
    std::uint32_t empty = process.map(other, 4096);
    other.fail(0);
    CHECK(kind_of([&] { process.load<std::uint8_t>(empty); }) == PAGING_FAULT_BUS_ERROR);
}

static void storage()
{
    text stored;
    disk slots;
    paging::engine engine(paging::options().ram_bytes(1 << 20));
    paging::process process = engine.process("p");
    paging::file file = engine.backed_file("text", stored, 5000, PAGING_READ_WRITE);
    std::uint32_t at = process.map(file, 8192);
    CHECK(process.load<char>(at + 4999) == 'x' && process.load<char>(at + 5000) == 0);
    process.store<char>(at, 'y');
    engine.sync();
    CHECK(stored.bytes[0] == std::byte{'y'} && file.length() == 5000);
    file.set_length(6000);
    CHECK(stored.bytes.size() == 6000);
    CHECK(code_of([&] { process.map(engine.backed_file("text", stored, 5000, PAGING_READ), 4096, 1); }) == std::errc::invalid_argument);
    paging::swap swap = engine.swap_on("disk", slots, 512);
    std::uint32_t more = process.map(2 << 20);    // twice the RAM
    for (std::uint32_t page = 0; page < 512; page++) process.store<std::uint32_t>(more + page * 4096, page);
    CHECK(process.usage().swapped > 200 && slots.slots.size() > 200);
    for (std::uint32_t page = 0; page < 512; page++) CHECK(process.load<std::uint32_t>(more + page * 4096) == page);
    process.unmap(more, 2 << 20);
    swap.close();
    CHECK(engine.audit().empty());
}

static void userfaults()
{
    paging::engine engine;
    paging::process process = engine.process("p");
    std::uint32_t at = process.map(8 * 4096);
    paging::userfaultfd uffd = process.userfaultfd(PAGING_UFFD_FEATURE_WRITE_PROTECTION | PAGING_UFFD_FEATURE_FORK);
    uffd.add(at, 8 * 4096, PAGING_UFFD_MODE_MISSING | PAGING_UFFD_MODE_WRITE_PROTECT);
    CHECK(uffd.read() == std::nullopt && kind_of([&] { process.load<std::uint8_t>(at + 4100); }) == PAGING_FAULT_PENDING);
    std::optional<paging_uffd_message> message = uffd.read();
    CHECK(message && message->event == PAGING_UFFD_EVENT_PAGE_FAULT && message->address == at + 4096);
    std::vector<std::byte> bytes(4096, std::byte{7});
    uffd.copy(at + 4096, bytes, PAGING_UFFD_FILL_WRITE_PROTECT);
    CHECK(process.load<std::uint8_t>(at + 4100) == 7);
    CHECK(code_of([&] { uffd.copy(at + 4096, bytes); }) == std::errc::file_exists);
    CHECK(kind_of([&] { process.store<std::uint8_t>(at + 4100, 1); }) == PAGING_FAULT_PENDING && uffd.read()->is_protected);
    uffd.write_protect(at + 4096, 4096, false);
    process.store<std::uint8_t>(at + 4100, 1);
    uffd.zero(at, 4096);
    uffd.poison(at + 2 * 4096, 4096);
    CHECK(kind_of([&] { process.load<std::uint8_t>(at + 2 * 4096); }) == PAGING_FAULT_BUS_ERROR);
    std::uint32_t other = process.map(4096);
    process.store<std::uint32_t>(other, 99);
    uffd.move(at + 3 * 4096, other, 4096);
    CHECK(process.load<std::uint32_t>(at + 3 * 4096) == 99);
    CHECK(code_of([&] { uffd.proceed(at + 4 * 4096, 4096); }) == std::errc::invalid_argument);
    uffd.wake(at, 4096);
    paging::process child = process.fork();
    message = uffd.read();
    CHECK(message && message->event == PAGING_UFFD_EVENT_FORK);
    paging::userfaultfd of_child(message->child);
    of_child.remove(at, 8 * 4096);
    CHECK(child.load<std::uint32_t>(at + 5 * 4096) == 0);
    uffd.close();
    CHECK(process.load<std::uint32_t>(at + 5 * 4096) == 0);
}

static void observers()
{
    paging::engine engine(paging::options().share_ram(true));
    paging::process process = engine.process("p");
    std::uint32_t at = process.map(4 * 4096);
    paging::shadow shadow = process.shadow();
    shadow.mark(at + 8, 4, PAGING_BYTE_UNADDRESSABLE);
    shadow.mark(at + 16, 4, PAGING_BYTE_UNINITIALIZED);
    CHECK(kind_of([&] { process.store<std::uint32_t>(at + 6, 1); }) == PAGING_FAULT_UNADDRESSABLE);
    CHECK(shadow.state(at + 8) == PAGING_BYTE_UNADDRESSABLE && shadow.state(at + 7) == PAGING_BYTE_GOOD);
    CHECK(shadow.find(at, 4096) == at + 8 && shadow.find(at + 12, 100) == std::nullopt && shadow.find(at + 12, 100, true) == at + 16);
    try {
        process.load<std::uint32_t>(at + 16);
        CHECK(!"not reached");
    } catch (const paging::memory_fault &fault) {
        CHECK(fault.kind() == PAGING_FAULT_UNINITIALIZED && std::string(fault.what()) == "uninitialized at b7ffc010: Bad address");
    }
    shadow.set(false, true);
    CHECK(process.load<std::uint32_t>(at + 16) == 0);
    CHECK(kind_of([&] { process.store<std::uint32_t>(at + 6, 1); }) == PAGING_FAULT_UNADDRESSABLE);
    shadow.set(true, false);
    process.store<std::uint32_t>(at + 8, 5);
    shadow.close();

    paging::flat_view view = process.flat_view(at, 4 * 4096);
    CHECK(view.bytes().size() == 4 * 4096 && view.bytes()[8] == std::byte{5} && view.is_current());
    process.store<std::uint8_t>(at + 9, 6);
    CHECK(view.bytes()[9] == std::byte{6});
    process.store<std::uint8_t>(at + 4096, 7);
    CHECK(view.refresh() == 0 && view.bytes()[4096] == std::byte{7});
    paging::flat_view moved = std::move(view);
    CHECK(view.bytes().empty() && moved.bytes()[8] == std::byte{5});
    moved.close();
    CHECK(moved.bytes().empty());

    paging::events events = engine.record_events(4);
    for (std::uint32_t page = 2; page < 4; page++) process.store<std::uint8_t>(at + page * 4096, 1);
    CHECK(events.count() == 2 && events.lost() == 0);
    std::vector<paging_event> rows = events.drain();
    CHECK(rows.size() == 2 && rows[0].kind == PAGING_EVENT_MINOR_FAULT && rows[1].first_page == (at >> 12) + 3 && events.drain().empty());
    events.close();

    std::vector<std::uint32_t> seen;
    auto watcher = [&](const paging_watched &access) {
        seen.push_back(access.address);
        if (access.access == PAGING_ACCESS_WRITE) throw std::system_error(EPERM, std::generic_category());
    };
    {
        paging::watchpoint watchpoint = process.watch(at, 4, PAGING_WATCH_READ | PAGING_WATCH_WRITE, watcher);
        process.load<std::uint8_t>(at + 1);
        CHECK(code_of([&] { process.store<std::uint8_t>(at + 2, 1); }) == std::errc::operation_not_permitted);
    }
    process.store<std::uint8_t>(at + 2, 1);
    CHECK(seen == (std::vector<std::uint32_t>{at + 1, at + 2}) && process.load<std::uint8_t>(at + 2) == 1);
}

static void windows_of_the_host()
{
    paging::engine engine(paging::options().ram_bytes(16 << 20).share_ram(true));
    paging::process process = engine.process("p");
    std::uint32_t at = process.map(8192);
    process.store<std::uint32_t>(at, 42);
    paging::window window = process.window();
    paging_fault fault{};
    CHECK(window.fault(window.at(at), PAGING_ACCESS_WRITE, fault) == PAGING_WINDOW_SHOWN && window.mappings() >= 1);
    CHECK(*reinterpret_cast<std::uint32_t *>(window.at(at)) == 42);
    *reinterpret_cast<std::uint32_t *>(window.at(at)) = 43;
    CHECK(process.load<std::uint32_t>(at) == 43);
    CHECK(window.fault(window.at(16), PAGING_ACCESS_READ, fault) == PAGING_WINDOW_REFUSED && fault.kind == PAGING_FAULT_NOT_MAPPED);
    CHECK(window.fault(&fault, PAGING_ACCESS_READ, fault) == PAGING_WINDOW_ELSEWHERE);
    CHECK(code_of([&] { paging::window second = process.window(); }) == std::error_code(PAGING_WRONG_STATE, paging::category()));
    window.close();
    paging::window again = process.window();
    CHECK(!window.at(0) && again.at(at) && again.fault(again.at(at), PAGING_ACCESS_READ, fault) == PAGING_WINDOW_SHOWN);
    paging::engine without;
    CHECK(code_of([&] { without.process("q").window(); }) == std::error_code(PAGING_WRONG_STATE, paging::category()));
}

static void ledgers()
{
    disk slots;
    text stored;
    paging::engine engine(paging::options().ram_bytes(16 << 20));
    paging::ledger ledger = engine.ledger("desktop-2009", 2);
    paging::process process = engine.process("p");
    std::uint32_t at = process.map(4096);
    ledger.end_call(process);
    process.store<std::uint32_t>(at, 1);
    ledger.observe(process, at, 4, PAGING_ACCESS_WRITE);
    paging_ledger_times times = ledger.times(process);
    CHECK(times.call_count == 1 && times.minor_fault_count == 1 && times.user > 0 && times.process_id == 1);
    std::uint64_t first = ledger.clock().now;
    ledger.observe(process, at, 4096, PAGING_ACCESS_READ, 4, 1);
    CHECK(first > 0 && ledger.clock().end > first && ledger.times(process).user > times.user);
    paging::process child = process.fork();
    ledger.end_fork(process, child);
    CHECK(ledger.times(process).call_count == 2 && ledger.times().process_id == 0);
    paging::file file = ledger.backed_file("text", stored, 5000);
    std::array<std::byte, 16> bytes{};
    CHECK(file.read(0, bytes) == 16);
    ledger.end_read(process, file, 0, 16);
    CHECK(ledger.times(process).wait_for_file > 0);
    paging::swap swap = ledger.swap_on("disk", slots, 64), memory = ledger.swap_on_memory(1 << 20);
    child.close();
    process.advise(at, 4096, PAGING_MADV_PAGEOUT);
    ledger.end_call(process);
    CHECK(process.usage().swapped == 1 && process.load<std::uint32_t>(at) == 1);
    ledger.observe(process, at, 4, PAGING_ACCESS_READ);
    CHECK(ledger.times(process).wait_for_swap > 0);
    engine.background(64);
    ledger.end_background();
    CHECK(ledger.report().find(" on desktop-2009, ") != std::string::npos && ledger.report().find("wait: swap") != std::string::npos);
    CHECK(code_of([&] { engine.ledger("desktop-1871"); }) == std::error_code(PAGING_BAD_ARGUMENT, paging::category()));
}

static void processes_of_windows()
{
    paging::engine of_bounds;
    paging::process small = of_bounds.process("small", paging::process_options().bounds(0, 0xffff));
    CHECK(small.mmap(0, 4096, PAGING_PROT_READ, PAGING_MAP_PRIVATE | PAGING_MAP_ANONYMOUS | PAGING_MAP_FIXED) == 0);
    CHECK(code_of([&] { small.map(0x10000); }) == std::errc::not_enough_memory);
    constexpr paging::windows_protection read_write = PAGING_WINDOWS_PAGE_READ_WRITE;
    paging::engine engine;
    paging::windows_process process = engine.windows_process("w"), other = engine.windows_process("o");
    std::uint32_t at = process.alloc(0, 0x20000, PAGING_WINDOWS_MEM_RESERVE, read_write);
    paging_windows_exception exception{};
    std::uint32_t word = 5;
    CHECK(!process.try_load_windows(at, word, exception) && exception.code == 0xc0000005 && exception.address == at && word == 5);
    CHECK(process.alloc(at, 8192, PAGING_WINDOWS_MEM_COMMIT, read_write) == at);
    process.store<std::uint32_t>(at, 42);
    CHECK(process.load<std::uint32_t>(at) == 42 && process.try_load_windows(at, word, exception) && word == 42);
    CHECK(process.protect(at + 4096, 4096, read_write | PAGING_WINDOWS_PAGE_GUARD) == read_write);
    CHECK(!process.try_store_windows<std::uint32_t>(at + 4096, 7, exception) && exception.code == 0x80000001 && exception.intent == 1);
    CHECK(process.try_store_windows<std::uint32_t>(at + 4096, 7, exception) && process.load<std::uint32_t>(at + 4096) == 7);
    CHECK(process.query(at).length == 8192 && process.query(at).state == PAGING_WINDOWS_MEM_COMMIT);
    process.lock(at, 4096);
    process.unlock(at, 4096);
    CHECK(code_of([&] { process.unlock(at, 4096); }) == std::error_code(158, paging::windows_category()));
    CHECK(code_of([&] { process.free(at, 4096, PAGING_WINDOWS_MEM_RELEASE); }).message() == "error 87 of Windows");
    process.free(at, 0, PAGING_WINDOWS_MEM_RELEASE);
    CHECK(kind_of([&] { process.load<std::uint8_t>(at); }) == PAGING_FAULT_NOT_MAPPED);

    process.close_file_mapping(process.create_file_mapping(read_write, 4096, {}, PAGING_WINDOWS_SEC_COMMIT));
    CHECK(code_of([&] { process.create_file_mapping(read_write, 4096, {}, PAGING_WINDOWS_SEC_IMAGE); }).value() != 0);
    std::uint32_t section = process.create_file_mapping(read_write, 0x20000, "named");
    std::uint32_t same = other.open_file_mapping(PAGING_WINDOWS_FILE_MAP_WRITE, "named");
    std::uint32_t view = process.map_view(section, PAGING_WINDOWS_FILE_MAP_WRITE);
    process.store<std::uint32_t>(view + 0x10000, 8);
    std::uint32_t second = other.map_view(same, PAGING_WINDOWS_FILE_MAP_WRITE, 0x10000);
    CHECK(other.load<std::uint32_t>(second) == 8);
    other.unmap_view(second);
    other.close_file_mapping(same);
    CHECK(code_of([&] { other.close_file_mapping(same); }) == std::error_code(6, paging::windows_category()));
    paging::file file = engine.file("f", 100);
    std::uint32_t of_file = process.map_view(process.create_file_mapping(file, read_write), PAGING_WINDOWS_FILE_MAP_WRITE);
    process.store<std::uint8_t>(of_file, 3);
    process.flush_view(of_file);
    std::array<std::byte, 1> byte{};
    CHECK(file.read(0, byte) == 1 && byte[0] == std::byte{3});
    at = process.alloc(0, 0x20000, PAGING_WINDOWS_MEM_RESERVE | PAGING_WINDOWS_MEM_COMMIT | PAGING_WINDOWS_MEM_WRITE_WATCH, read_write);
    process.store<std::uint8_t>(at + 4096, 1);
    CHECK(process.write_watch(at, 0x20000, true) == std::vector<std::uint32_t>{(at >> 12) + 1});
    CHECK(process.write_watch(at, 0x20000, false).empty() && engine.audit().empty());

    paging::engine next;
    std::vector<paging::windows_process> one = next.load_windows(engine.save_windows_bytes(other)), both;
    CHECK(one.size() == 1 && code_of([&] { one[0].load<std::uint8_t>(at); }));
    const std::string saved = "/tmp/paging-windows-" + std::to_string(getpid());
    engine.save_windows(saved);
    both = next.load_windows(saved);
    CHECK(both.size() == 2 && both[0].load<std::uint8_t>(at + 4096) == 1 && both[0].load<std::uint32_t>(view + 0x10000) == 8);
    engine.save_windows(saved, process);
    CHECK(code_of([&] { next.load_windows(saved); }) == std::error_code(PAGING_WRONG_STATE, paging::category()));    // it has "named"
    both.clear();
    CHECK(next.load_windows(saved).size() == 1 && std::remove(saved.c_str()) == 0 && next.audit().empty());
    CHECK(code_of([&] { next.save_windows_bytes(process); }) == std::error_code(PAGING_BAD_ARGUMENT, paging::category()));
}

/* What a store in ROM is given. */
struct latches {
    std::uint64_t value = 0;
    std::uint32_t size = 0;
    void store(std::uint64_t, std::uint32_t length, std::uint64_t given) { value = given, size = length; }
};

template <class T>
static void load_at_the_end(const paging::windows_process &process, std::uint32_t end)
{
    paging_windows_exception exception{};
    T value{};
    CHECK(process.try_store_windows<T>(end - sizeof value, static_cast<T>(0x1122334455667788), exception));
    CHECK(process.try_load_windows(end - static_cast<std::uint32_t>(sizeof value), value, exception));
    CHECK(value == static_cast<T>(0x1122334455667788));
    CHECK(!process.try_load_windows(end, value, exception) && exception.address == end);
}

/* Accesses that end with the memory, values of 64 bits, and an object that is moved to itself. */
static void ends()
{
    paging::engine engine;
    paging::windows_process windows = engine.windows_process("w");
    std::uint32_t at = windows.alloc(0, 4096, PAGING_WINDOWS_MEM_RESERVE | PAGING_WINDOWS_MEM_COMMIT, PAGING_WINDOWS_PAGE_READ_WRITE);
    load_at_the_end<std::uint8_t>(windows, at + 4096);
    load_at_the_end<std::uint16_t>(windows, at + 4096);
    load_at_the_end<std::uint32_t>(windows, at + 4096);
    load_at_the_end<std::uint64_t>(windows, at + 4096);

    alignas(4096) static std::array<std::byte, 4096> code{};
    latches seen;
    paging::process process = engine.process("p"), &same = process;
    process.store<std::uint64_t>(process.map(engine.rom("rom", code, seen), 4096) + 8, 0x1122334455667788);
    CHECK(seen.value == 0x1122334455667788 && seen.size == 8);
    std::uint32_t kept = process.map(4096);
    process.store<std::uint8_t>(kept, 7);
    process = std::move(same);
    CHECK(process.load<std::uint8_t>(kept) == 7);
}

int main()
{
    ends();
    pagers();
    storage();
    userfaults();
    observers();
    windows_of_the_host();
    ledgers();
    processes_of_windows();
    return 0;
}
