/* paging.hpp - paging.h as classes of C++20. An object owns a handle: it can be moved, not copied, and its destructor frees the handle. A
 * refused call throws an exception. Bytes are std::span. A load or store is a template, which makes no call if the page is cached.
 *
 *     paging::engine engine(paging::options().ram_bytes(16 << 20));
 *     paging::process process = engine.process("first");
 *     std::uint32_t at = process.map(8192);
 *     process.store<std::uint32_t>(at, 42);
 *     try { process.load<std::uint8_t>(16); }
 *     catch (const paging::memory_fault &fault) { std::puts(fault.what()); }
 *
 * ERRORS      An access that would raise a signal on Linux throws paging::memory_fault. Everything else throws paging::error, with an errno
 *             of Linux in std::generic_category, or a misuse in paging::category. Both derive from std::system_error. Destructors ignore
 *             errors. close() of an engine, a swap device or a group reports them, and keeps the object if the library keeps it. A number
 *             that an option's type cannot have throws std::out_of_range.
 *
 * LIFETIMES   Objects of an engine must not be used after the engine ends. Their handles are stale (paging::error), but load, store and
 *             the spans of a process would read freed memory. The program's devices, page sources, backings and swap stores must outlive
 *             the engine, a watcher its watchpoint.
 *
 * CALLBACKS   The program's objects are passed by reference, and have the functions that a concept below names (device, page_source, ...).
 *             They must not call the engine. An exception in one is EIO to the guest, or the errno of a std::system_error in
 *             std::generic_category; it goes no further.
 *
 * THREADS     As in paging.h. In an engine with allow_threads each load and store is a call.
 *
 * CONSTANTS   Those of paging.h. Each kind is a type (protection, map_flags, advice, ...), so neither another kind nor a number is taken for
 *             it. Flags of one kind combine with |. A number from elsewhere is cast: static_cast<paging::protection>(7).
 *
 * Each kind of handle has a class. Functions without a member are called through raw(), which returns paging.h's handle.
 */
#ifndef PAGING_HPP
#define PAGING_HPP

#include "paging.h"

#ifdef PAGING_UNTYPED_HANDLES
#error "paging.hpp needs the handles of paging.h to be types of their own"
#endif

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace paging {

/* CONSTANTS. Of those below, PAGING_FLAGS names the kinds that are flags. */
using access = decltype(PAGING_ACCESS_READ);
using advice = decltype(PAGING_MADV_NORMAL);
using byte_state = decltype(PAGING_BYTE_GOOD);
using fault_kind = decltype(PAGING_FAULT_NONE);
using fetch_rights = decltype(PAGING_FETCH_AREAS);
using fill_flags = decltype(PAGING_UFFD_FILL_DONT_WAKE);
using map_flags = decltype(PAGING_MAP_SHARED);
using open_flags = decltype(PAGING_O_APPEND);
using overcommit = decltype(PAGING_OVERCOMMIT_NEVER);
using protection = decltype(PAGING_PROT_READ);
using report_kind = decltype(PAGING_REPORT_MAPS);
using rights = decltype(PAGING_READ);
using tables = decltype(PAGING_TABLES_CLASSIC);
using userfault_features = decltype(PAGING_UFFD_FEATURE_FORK);
using userfault_modes = decltype(PAGING_UFFD_MODE_MISSING);
using watched_accesses = decltype(PAGING_WATCH_READ);
using window_outcome = decltype(PAGING_WINDOW_SHOWN);
using windows_access = decltype(PAGING_WINDOWS_FILE_MAP_READ);
using windows_allocation = decltype(PAGING_WINDOWS_MEM_COMMIT);
using windows_protection = decltype(PAGING_WINDOWS_PAGE_READ_WRITE);
using windows_sections = decltype(PAGING_WINDOWS_SEC_COMMIT);

} // namespace paging

#define PAGING_FLAGS(kind) \
    constexpr paging::kind operator|(paging::kind one, paging::kind other) noexcept \
    { \
        return static_cast<paging::kind>(static_cast<std::uint32_t>(one) | static_cast<std::uint32_t>(other)); \
    }
PAGING_FLAGS(fill_flags)
PAGING_FLAGS(map_flags)
PAGING_FLAGS(open_flags)
PAGING_FLAGS(protection)
PAGING_FLAGS(rights)
PAGING_FLAGS(userfault_features)
PAGING_FLAGS(userfault_modes)
PAGING_FLAGS(watched_accesses)
PAGING_FLAGS(windows_access)
PAGING_FLAGS(windows_allocation)
PAGING_FLAGS(windows_protection)
PAGING_FLAGS(windows_sections)
#undef PAGING_FLAGS

namespace paging {

/* The category of misuse: the codes are PAGING_BAD_HANDLE to PAGING_UNEXPECTED. */
inline const std::error_category &category() noexcept
{
    static const struct : std::error_category {
        const char *name() const noexcept override { return "paging"; }
        std::string message(int code) const override
        {
            switch (code) {
            case PAGING_BAD_HANDLE: return "bad handle";
            case PAGING_BAD_ARGUMENT: return "bad argument";
            case PAGING_WRONG_STATE: return "wrong state";
            case PAGING_ENDED: return "the process has ended";
            case PAGING_TIMEOUT: return "a thread neither polled nor rested";
            case PAGING_BROKEN: return "an invariant does not hold";
            default: return "unexpected";
            }
        }
    } made;
    return made;
}

/* A refused call. what() has the library's text, if there is one. */
class error : public std::system_error {
public:
    explicit error(std::int64_t result)
        : std::system_error(result > PAGING_BAD_HANDLE ? std::error_code(static_cast<int>(-result), std::generic_category())
                                                       : std::error_code(static_cast<int>(result), category()), text()) {}

private:
    static std::string text()
    {
        const char *found = paging_last_error();
        std::string said = found && *found ? found : "paging";
        if (said.back() == '.') said.pop_back();    // what() goes on with a colon
        return said;
    }
};

/* A refused access: kind is one of PAGING_FAULT_, address the first byte that cannot be accessed. what() has both. */
class memory_fault : public std::system_error {
public:
    explicit memory_fault(const paging_fault &fault)
        : std::system_error(std::make_error_code(std::errc::bad_address), text(fault)), fault_(fault) {}
    fault_kind kind() const noexcept { return static_cast<fault_kind>(fault_.kind); }
    std::uint32_t address() const noexcept { return fault_.address; }

private:
    static std::string text(const paging_fault &fault)
    {
        static const char *const kinds[] = {"no fault", "not mapped", "not allowed", "bus error", "out of memory", "pending", "a device",
            "unaddressable", "uninitialized"};
        char digits[9];
        std::snprintf(digits, sizeof digits, "%08x", static_cast<unsigned>(fault.address));
        return std::string(fault.kind < std::size(kinds) ? kinds[fault.kind] : "fault") + " at " + digits;
    }

    paging_fault fault_;
};

/* The result of a call, if it is not negative. */
inline std::int64_t check(std::int64_t result)
{
    if (result < 0) throw error(result);
    return result;
}

/* As check, for calls with a fault. */
inline std::int64_t check(std::int64_t result, const paging_fault &fault)
{
    if (result == -PAGING_EFAULT && fault.kind != PAGING_FAULT_NONE) throw memory_fault(fault);
    return check(result);
}

/* A structure that a call fills in. */
template <class Structure, class Call, class... Arguments>
Structure ask(Call call, Arguments... arguments)
{
    Structure found{};
    found.size = sizeof found;
    check(call(arguments..., &found));
    return found;
}

/* A text that a call writes into a buffer, and whose length it returns. */
template <class Call, class... Arguments>
std::string text_of(Call call, Arguments... arguments)
{
    std::string text(static_cast<std::size_t>(check(call(arguments..., nullptr, 0))), '\0');
    check(call(arguments..., text.data(), text.size() + 1));
    return text;
}

/* Bytes that a call writes into a buffer, and whose length it returns; they may grow between two calls. */
template <class Call, class... Arguments>
std::vector<std::byte> bytes_of(Call call, Arguments... arguments)
{
    std::vector<std::byte> bytes;
    for (;;) {
        auto length = static_cast<std::size_t>(check(call(arguments..., bytes.data(), bytes.size())));
        bool is_whole = length <= bytes.size();
        bytes.resize(length);
        if (is_whole) return bytes;
    }
}

/* An object of the handle that a call makes. */
template <class Object, class Handle, class Call, class... Arguments>
Object make(Call call, Arguments... arguments)
{
    Handle made;
    check(call(arguments..., &made));
    return Object(made);
}

/* Runs a callback: its result, or what its exception means to the guest. */
template <class Call>
std::int32_t caught(Call call) noexcept
{
    try {
        if constexpr (std::is_void_v<decltype(call())>) return call(), 0;
        else return static_cast<std::int32_t>(call());
    } catch (const std::system_error &refused) {
        bool is_errno = refused.code().category() == std::generic_category() && refused.code().value() > 0;
        return is_errno ? -refused.code().value() : -PAGING_EIO;
    } catch (...) {
        return -PAGING_EIO;
    }
}

/* The types that one access can move. */
template <class T>
concept accessible = (std::integral<T> || std::is_enum_v<T>) && (sizeof(T) == 1 || sizeof(T) == 2 || sizeof(T) == 4 || sizeof(T) == 8);

/* A handle that its object owns. A moved-from object has none. */
template <class Handle>
class owner {
public:
    owner() noexcept = default;
    explicit owner(Handle handle) noexcept : handle_(handle) {}
    owner(owner &&other) noexcept : handle_(std::exchange(other.handle_, Handle{})) {}
    owner(const owner &) = delete;
    owner &operator=(const owner &) = delete;
    owner &operator=(owner &&other) noexcept
    {
        if (this != &other) {
            reset();
            handle_ = std::exchange(other.handle_, Handle{});
        }
        return *this;
    }
    ~owner() { reset(); }

    Handle raw() const noexcept { return handle_; }
    explicit operator bool() const noexcept { return handle_.any != 0; }

    /* Gives the handle to the caller, who frees it. */
    Handle release() noexcept { return std::exchange(handle_, Handle{}); }

    /* Frees the handle, and ignores errors. */
    void reset() noexcept
    {
        if (handle_.any != 0) paging_free(handle_);
        handle_ = Handle{};
    }

    /* Frees the handle. If the library keeps the object (a swap device that cannot be read, a group with processes), so does this. */
    void close()
    {
        if (handle_.any == 0) return;
        check(paging_free(handle_));
        handle_ = Handle{};
    }

protected:
    Handle handle_{};
};

/* Objects of the program that the library calls (CALLBACKS). device: the loads and stores of memory. page_source: the pages of a pager,
 * when they are first touched, and those that were written through a shared mapping, if it has store. backing: a file's bytes; without
 * write, set_length and flush it can only be read. swap_store: slots. watcher: an access before it happens, which an exception refuses.
 * A function of one of these names that takes or returns something else does not compile: errors are exceptions, not results. */
template <class T>
concept device = requires(T &object, std::uint64_t offset, std::uint32_t size, std::uint64_t value) {
    { object.load(offset, size) } -> std::convertible_to<std::uint64_t>;
    { object.store(offset, size, value) } -> std::same_as<void>;
};

enum class page : std::int32_t {
    supplied = PAGING_PAGE_SUPPLIED, zeros = PAGING_PAGE_ZEROS, later = PAGING_PAGE_LATER, failed = PAGING_PAGE_FAILED
};

template <class T>
concept page_source = requires(T &object, std::uint32_t number, std::span<std::byte, 4096> bytes) {
    { object.request(number, bytes) } -> std::same_as<page>;
};

template <class T>
concept backing = requires(T &object, std::uint64_t offset, std::span<std::byte> bytes) {
    { object.read(offset, bytes) } -> std::convertible_to<std::size_t>;
};

template <class T>
concept swap_store = requires(T &object, std::uint32_t slot, std::span<std::byte, 4096> to, std::span<const std::byte, 4096> from) {
    { object.read(slot, to) } -> std::same_as<void>;
    { object.write(slot, from) } -> std::same_as<void>;
};

template <class T>
concept watcher = requires(T &object, const paging_watched &access) {
    { object(access) } -> std::same_as<void>;
};

/* Takes the stores to a ROM. */
template <class T>
concept rom_stores = requires(T &object, std::uint64_t offset, std::uint32_t size, std::uint64_t value) {
    { object.store(offset, size, value) } -> std::same_as<void>;
};

/* Finds the files of a saved process or an image by their names: a file's raw(), or paging_file{} if there is none. */
template <class T>
concept file_finder = requires(T &object, const std::string &name) {
    { object(name) } -> std::same_as<paging_file>;
};

/* For processes without files. */
struct no_files {
    paging_file operator()(const std::string &) const noexcept { return {}; }
};

/* The structures that paging.h takes for them. */
template <file_finder Find>
paging_file_finder calls_of(Find &object)
{
    paging_file_finder calls{};
    calls.size = sizeof calls;
    calls.context = &object;
    calls.open_file = [](void *context, const char *name, paging_file *found) -> std::int32_t {
        return caught([&] { *found = (*static_cast<Find *>(context))(name); });
    };
    return calls;
}

template <page_source Source>
paging_page_source calls_of(Source &object)
{
    paging_page_source calls{};
    calls.size = sizeof calls;
    calls.context = &object;
    calls.request = [](void *context, std::uint32_t number, void *bytes) -> std::int32_t {
        std::span<std::byte, 4096> to(static_cast<std::byte *>(bytes), 4096);
        return caught([&] { return static_cast<Source *>(context)->request(number, to); });
    };
    constexpr bool has_store = requires(std::span<const std::byte, 4096> bytes) {
        { object.store(0u, bytes) } -> std::same_as<void>;
    };
    static_assert(has_store || !requires { &Source::store; },
        "store takes std::uint32_t and std::span<const std::byte, 4096>, and returns nothing");
    if constexpr (has_store) {
        calls.store = [](void *context, std::uint32_t number, const void *bytes) -> std::int32_t {
            std::span<const std::byte, 4096> from(static_cast<const std::byte *>(bytes), 4096);
            return caught([&] { static_cast<Source *>(context)->store(number, from); });
        };
    }
    return calls;
}

template <backing Backing>
paging_backing calls_of(Backing &object, std::uint64_t length)
{
    paging_backing calls{};
    calls.size = sizeof calls;
    calls.context = &object;
    calls.length = length;
    calls.read = [](void *context, std::uint64_t offset, void *bytes, std::uint32_t count) -> std::int32_t {
        return caught([&] { return static_cast<Backing *>(context)->read(offset, {static_cast<std::byte *>(bytes), count}); });
    };
    constexpr bool has_write = requires(std::span<const std::byte> bytes) {
        { object.write(std::uint64_t{}, bytes) } -> std::convertible_to<std::size_t>;
    };
    static_assert(has_write || !requires { &Backing::write; },
        "write takes std::uint64_t and std::span<const std::byte>, and returns how many bytes it took");
    if constexpr (has_write) {
        calls.write = [](void *context, std::uint64_t offset, const void *bytes, std::uint32_t count) -> std::int32_t {
            return caught([&] { return static_cast<Backing *>(context)->write(offset, {static_cast<const std::byte *>(bytes), count}); });
        };
    }
    constexpr bool has_length = requires {
        { object.set_length(length) } -> std::same_as<void>;
    };
    static_assert(has_length || !requires { &Backing::set_length; }, "set_length takes std::uint64_t, and returns nothing");
    if constexpr (has_length) {
        calls.set_length = [](void *context, std::uint64_t wanted) -> std::int32_t {
            return caught([&] { static_cast<Backing *>(context)->set_length(wanted); });
        };
    }
    constexpr bool has_flush = requires {
        { object.flush() } -> std::same_as<void>;
    };
    static_assert(has_flush || !requires { &Backing::flush; }, "flush takes nothing, and returns nothing");
    if constexpr (has_flush)
        calls.flush = [](void *context) -> std::int32_t { return caught([&] { static_cast<Backing *>(context)->flush(); }); };
    return calls;
}

template <swap_store Store>
paging_swap_store calls_of(Store &object, std::uint32_t slot_count)
{
    paging_swap_store calls{};
    calls.size = sizeof calls;
    calls.slot_count = slot_count;
    calls.context = &object;
    calls.read = [](void *context, std::uint32_t slot, void *bytes) -> std::int32_t {
        std::span<std::byte, 4096> to(static_cast<std::byte *>(bytes), 4096);
        return caught([&] { static_cast<Store *>(context)->read(slot, to); });
    };
    calls.write = [](void *context, std::uint32_t slot, const void *bytes) -> std::int32_t {
        std::span<const std::byte, 4096> from(static_cast<const std::byte *>(bytes), 4096);
        return caught([&] { static_cast<Store *>(context)->write(slot, from); });
    };
    return calls;
}

/* The value of an option: one of the same type, or a whole number that fits. bool and whole numbers are not taken for each other. */
template <class T>
class option {
public:
    template <class Value>
        requires std::same_as<Value, T>
            || (std::integral<Value> && std::integral<T> && !std::same_as<Value, bool> && !std::same_as<T, bool>)
    option(Value value) : value_(static_cast<T>(value))
    {
        if constexpr (!std::same_as<Value, T>) {
            if (!std::in_range<T>(value)) throw std::out_of_range("an option is " + std::to_string(value) + ", which does not fit");
        }
    }
    operator T() const noexcept { return value_; }

private:
    T value_;
};

/* The options of an engine; those that are not set have their defaults. */
class options {
public:
    options()
    {
        raw_.size = sizeof raw_;
        check(paging_options_defaults(&raw_));
    }
#define PAGING_OPTION(kind, type, name) kind &name(option<type> value) { raw_.name = value; return *this; }
    PAGING_OPTION(options, std::uint64_t, ram_bytes)
    PAGING_OPTION(options, std::uint64_t, seed)
    PAGING_OPTION(options, paging::tables, tables)
    PAGING_OPTION(options, bool, request_host_huge_pages)
    PAGING_OPTION(options, bool, share_ram)
    PAGING_OPTION(options, bool, allow_threads)
    PAGING_OPTION(options, paging::overcommit, overcommit)
    PAGING_OPTION(options, std::uint32_t, overcommit_ratio)
    PAGING_OPTION(options, bool, out_of_memory)
    PAGING_OPTION(options, std::uint32_t, max_map_count)
    PAGING_OPTION(options, std::uint32_t, swappiness)
    PAGING_OPTION(options, std::uint32_t, swap_read_ahead_pages)
    PAGING_OPTION(options, std::uint32_t, attached_spaces_max)
    PAGING_OPTION(options, std::uint32_t, read_ahead_pages)
    PAGING_OPTION(options, std::uint32_t, fault_around_pages)
    PAGING_OPTION(options, std::uint32_t, dirty_background_ratio)
    PAGING_OPTION(options, std::uint32_t, dirty_ratio)
    PAGING_OPTION(options, std::uint32_t, dirty_expire_ticks)
    PAGING_OPTION(options, std::uint32_t, zeroed_frames)
    PAGING_OPTION(options, std::uint32_t, huge_pages)
    PAGING_OPTION(options, std::uint32_t, surplus_huge_pages)
    PAGING_OPTION(options, bool, transparent_huge_pages)
    PAGING_OPTION(options, std::uint32_t, shootdown_milliseconds)
    PAGING_OPTION(options, paging::fetch_rights, fetch_rights)
    PAGING_OPTION(options, std::uint32_t, verify_restores)
    /* Must last until the engine ends. */
    options &policy(const paging_policy &value) { raw_.policy = &value; return *this; }
    const paging_options &raw() const noexcept { return raw_; }

private:
    paging_options raw_{};
};

/* The memory of a process, or of an engine, once in the host's memory, for clones in any number of engines. */
class image : public owner<paging_image> {
public:
    using owner::owner;
    std::uint64_t pages() const { return static_cast<std::uint64_t>(check(paging_image_pages(raw()))); }
    std::uint64_t processes() const { return static_cast<std::uint64_t>(check(paging_image_processes(raw()))); }
    std::uint64_t own_pages() const { return static_cast<std::uint64_t>(check(paging_image_own_pages(raw()))); }
    std::string hash() const { return text_of(paging_image_hash, raw()); }
    static image open(const std::string &path, bool of_engine = false)
    {
        paging_image made;
        check(paging_image_open(path.c_str(), of_engine, &made));
        return image(made);
    }
    static image open_delta(const std::string &path, const image &parent)
    {
        paging_image made;
        check(paging_image_open_delta(path.c_str(), parent.raw(), &made));
        return image(made);
    }
    void save(const std::string &path) const { check(paging_image_save(raw(), path.c_str())); }
    void save_whole(const std::string &path) const { check(paging_image_save_whole(raw(), path.c_str())); }
};

/* The memory of a process, or of an engine with all its processes, at one moment. */
class snapshot : public owner<paging_snapshot> {
public:
    using owner::owner;
    void restore() const { check(paging_snapshot_restore(raw())); }
    void keep_written(bool on) const { check(paging_snapshot_keep_written(raw(), on)); }
    std::uint64_t dirty_pages() const { return static_cast<std::uint64_t>(check(paging_snapshot_dirty_pages(raw()))); }
    bool is_valid() const { return check(paging_snapshot_is_valid(raw())) != 0; }
    void save(const std::string &path) const { check(paging_snapshot_save(raw(), path.c_str())); }
    std::vector<std::byte> save_bytes() const { return bytes_of(paging_snapshot_save_bytes, raw()); }
    paging::image image() const
    {
        paging_image made;
        check(paging_image_create(raw(), &made));
        return paging::image(made);
    }
    paging::image delta(const paging::image &parent) const
    {
        paging_image made;
        check(paging_image_create_delta(raw(), parent.raw(), &made));
        return paging::image(made);
    }
};

/* One in so many records stays, and how many states stay so. */
struct rewind_spacing {
    std::uint32_t every, count;
};

/* Recorded states of a process or an engine, which thin out as they grow old. */
class rewind : public owner<paging_rewind> {
public:
    using owner::owner;

    /* For process::rewind and engine::rewind. */
    template <class Call, class Recorded>
    static rewind open(Call call, Recorded recorded, std::uint64_t budget, std::span<const rewind_spacing> spacings)
    {
        const std::uint32_t *pairs = spacings.empty() ? nullptr : &spacings[0].every;
        paging_rewind made;
        check(call(recorded, budget, pairs, static_cast<std::uint32_t>(spacings.size()), &made));
        return rewind(made);
    }
    std::int64_t record() const { return check(paging_rewind_record(raw())); }
    void restore(std::int64_t number) const { check(paging_rewind_restore(raw(), number)); }

    /* The newest state with that number or a lower one. */
    std::optional<std::int64_t> find(std::int64_t number) const
    {
        std::int64_t found = paging_rewind_find(raw(), number);
        if (found == -PAGING_ENOENT) return std::nullopt;
        return check(found);
    }
    paging_rewind_info info() const { return ask<paging_rewind_info>(paging_rewind_info_get, raw()); }
};

/* Records the pages of a process, or frames of an engine, that are written. */
class dirty_log : public owner<paging_dirty_log> {
public:
    using owner::owner;
    std::uint32_t count() const { return static_cast<std::uint32_t>(check(paging_dirty_log_count(raw()))); }
    std::vector<std::uint32_t> collect() const
    {
        for (;;) {
            std::vector<std::uint32_t> numbers(count() + 64);    // other threads may write in between
            std::int64_t found = paging_dirty_log_collect(raw(), numbers.data(), static_cast<std::uint32_t>(numbers.size()));
            if (found == -PAGING_ENOSPC) continue;
            numbers.resize(static_cast<std::size_t>(check(found)));
            return numbers;
        }
    }
};

/* Guest memory that stays in its frames as long as this object lives. Byte is const std::byte for reading, std::byte for writing. */
template <class Byte>
class basic_pin : public owner<paging_pinned> {
public:
    using owner::owner;

    /* The runs of neighbouring frames, in order. */
    std::vector<std::span<Byte>> parts() const
    {
        std::vector<std::span<Byte>> found;
        for (std::uint32_t part = 0;; part++) {
            Byte *start = nullptr;
            std::int64_t length;
            if constexpr (std::is_const_v<Byte>) {
                const void *place = nullptr;
                length = check(paging_pin_part(raw(), part, &place));
                start = static_cast<Byte *>(place);
            } else {
                void *place = nullptr;
                length = check(paging_pin_part_writable(raw(), part, &place));
                start = static_cast<Byte *>(place);
            }
            if (length == 0) return found;
            found.emplace_back(start, static_cast<std::size_t>(length));
        }
    }
};
using pin = basic_pin<const std::byte>;
using writable_pin = basic_pin<std::byte>;

/* The marks of a process's bytes. Freeing it makes every byte accessible. */
class shadow : public owner<paging_shadow> {
public:
    using owner::owner;

    void mark(std::uint32_t start, std::uint32_t length, byte_state state) const
    {
        check(paging_shadow_mark(raw(), start, length, state));
    }
    byte_state state(std::uint32_t address) const { return static_cast<byte_state>(check(paging_shadow_state(raw(), address))); }

    /* The first address that is unaddressable, or with also_uninitialized not good. */
    std::optional<std::uint32_t> find(std::uint32_t start, std::uint32_t length, bool also_uninitialized = false) const
    {
        std::int64_t found = paging_shadow_find(raw(), start, length, also_uninitialized);
        if (found == -PAGING_ENOENT) return std::nullopt;
        return static_cast<std::uint32_t>(check(found));
    }
    void set(bool refuses_uninitialized, bool is_enforced) const { check(paging_shadow_set(raw(), refuses_uninitialized, is_enforced)); }
};

/* Pages of a process side by side, for reading. */
class flat_view : public owner<paging_flat_view> {
public:
    flat_view() noexcept = default;
    flat_view(paging_flat_view handle, std::span<const std::byte> bytes) noexcept : owner(handle), bytes_(bytes) {}

    /* The bytes since the last refresh; none if there is no view. */
    std::span<const std::byte> bytes() const noexcept { return *this ? bytes_ : std::span<const std::byte>(); }

    /* Returns the number of pages that are present and cannot be shown. */
    std::uint64_t refresh() const { return static_cast<std::uint64_t>(check(paging_flat_view_refresh(raw()))); }
    bool is_current() const { return check(paging_flat_view_is_current(raw())) != 0; }

private:
    std::span<const std::byte> bytes_;
};

/* The memory of a process at base + address, for native code. paging_window.h has the way out of SIGSEGV. */
class window : public owner<paging_window> {
public:
    window() noexcept = default;
    window(paging_window handle, void *base) noexcept : owner(handle), base_(static_cast<std::byte *>(base)) {}

    /* Where a byte of the process is; an access to a page that is not shown is SIGSEGV. nullptr: there is no window. */
    std::byte *at(std::uint32_t address) const noexcept { return *this ? base_ + address : nullptr; }

    window_outcome fault(const void *host_address, paging::access access, paging_fault &fault) const
    {
        return static_cast<window_outcome>(check(paging_window_fault(raw(), host_address, access, &fault)));
    }
    std::uint32_t mappings() const { return static_cast<std::uint32_t>(check(paging_window_mappings(raw()))); }

private:
    std::byte *base_ = nullptr;
};

/* Records what happens to the processes of an engine. */
class events : public owner<paging_events> {
public:
    using owner::owner;
    std::uint32_t count() const { return static_cast<std::uint32_t>(check(paging_events_count(raw()))); }
    std::uint64_t lost() const { return static_cast<std::uint64_t>(check(paging_events_lost(raw()))); }

    /* Takes all events, the oldest first. */
    std::vector<paging_event> drain() const
    {
        for (;;) {
            std::vector<paging_event> rows(count() + 64);    // other threads may add some in between
            std::int64_t found = paging_events_drain(raw(), rows.data(), static_cast<std::uint32_t>(rows.size()));
            if (found == -PAGING_ENOSPC) continue;
            rows.resize(static_cast<std::size_t>(check(found)));
            return rows;
        }
    }
};

/* Accesses to some bytes are reported as long as this object lives. */
class watchpoint : public owner<paging_watchpoint> {
public:
    using owner::owner;
};

/* Handles missing pages and first writes of a process. After an error, the number of bytes in place is known only to paging.h's calls. */
class userfaultfd : public owner<paging_uffd> {
public:
    using owner::owner;

    /* The next message. The child of a PAGING_UFFD_EVENT_FORK belongs to the reader: userfaultfd(message.child). */
    std::optional<paging_uffd_message> read() const
    {
        paging_uffd_message message{};
        message.size = sizeof message;
        std::int32_t result = paging_uffd_read(raw(), &message);
        if (result == -PAGING_EAGAIN) return std::nullopt;
        check(result);
        return message;
    }
    void add(std::uint32_t start, std::uint64_t length, userfault_modes modes = PAGING_UFFD_MODE_MISSING) const
    {
        check(paging_uffd_register(raw(), start, length, modes));
    }
    void remove(std::uint32_t start, std::uint64_t length) const { check(paging_uffd_unregister(raw(), start, length)); }
    void wake(std::uint32_t start, std::uint64_t length) const { check(paging_uffd_wake(raw(), start, length)); }
    void copy(std::uint32_t start, std::span<const std::byte> bytes, fill_flags flags = {}) const
    {
        check(paging_uffd_copy(raw(), start, bytes.data(), bytes.size(), flags, nullptr));
    }
    void zero(std::uint32_t start, std::uint64_t length, fill_flags flags = {}) const
    {
        check(paging_uffd_zeropage(raw(), start, length, flags, nullptr));
    }

    /* UFFDIO_CONTINUE: maps pages that are in the page cache. */
    void proceed(std::uint32_t start, std::uint64_t length, fill_flags flags = {}) const
    {
        check(paging_uffd_continue(raw(), start, length, flags, nullptr));
    }
    void poison(std::uint32_t start, std::uint64_t length, fill_flags flags = {}) const
    {
        check(paging_uffd_poison(raw(), start, length, flags, nullptr));
    }
    void move(std::uint32_t start, std::uint32_t source, std::uint64_t length, bool allow_holes = false, fill_flags flags = {}) const
    {
        check(paging_uffd_move(raw(), start, source, length, allow_holes, flags, nullptr));
    }
    void write_protect(std::uint32_t start, std::uint64_t length, bool protect = true, fill_flags flags = {}) const
    {
        check(paging_uffd_writeprotect(raw(), start, length, protect, flags));
    }
};

/* A memory group. close() fails while it has processes. */
class group : public owner<paging_group> {
public:
    using owner::owner;
    void set_limit(std::optional<std::uint64_t> frames) const { check(paging_group_set_limit(raw(), frames.value_or(PAGING_UNLIMITED))); }
};

/* The options of a process; those that are not set have their defaults. */
class process_options {
public:
    process_options() { raw_.size = sizeof raw_; }
    PAGING_OPTION(process_options, bool, is_bottom_up)
    PAGING_OPTION(process_options, std::uint32_t, mmap_base)
    PAGING_OPTION(process_options, std::uint32_t, start_break)
    PAGING_OPTION(process_options, std::uint64_t, stack_limit)
    PAGING_OPTION(process_options, bool, is_privileged)
    process_options &group(const paging::group &value) { raw_.group = value.raw(); return *this; }

    /* Sets has_bounds as well. */
    process_options &bounds(std::uint32_t lowest_address, std::uint32_t highest_address)
    {
        raw_.has_bounds = 1, raw_.lowest_address = lowest_address, raw_.highest_address = highest_address;
        return *this;
    }
    const paging_process_options &raw() const noexcept { return raw_; }

private:
    paging_process_options raw_{};
};
#undef PAGING_OPTION

/* A swap device in use. close() is swapoff(2), which may fail. */
class swap : public owner<paging_swap> {
public:
    using owner::owner;
};

class process;

/* A file: it can be opened and mapped. */
class file : public owner<paging_file> {
public:
    using owner::owner;
    std::size_t read(std::int64_t offset, std::span<std::byte> bytes) const
    {
        return static_cast<std::size_t>(check(paging_file_read(raw(), offset, bytes.data(), bytes.size())));
    }
    std::size_t write(std::int64_t offset, std::span<const std::byte> bytes) const
    {
        return static_cast<std::size_t>(check(paging_file_write(raw(), offset, bytes.data(), bytes.size())));
    }
    std::uint64_t length() const { return static_cast<std::uint64_t>(check(paging_file_length(raw()))); }
    void set_length(std::uint64_t length) const { check(paging_file_set_length(raw(), length)); }

    /* Opens the file for a process; returns the descriptor. */
    inline std::int32_t open(const process &by, paging::rights rights = PAGING_READ_WRITE, open_flags flags = {}) const;
};

/* Memory whose pages a page source supplies. */
class pager : public owner<paging_pager> {
public:
    using owner::owner;

    /* The next page that was answered with page::later and not yet taken. */
    std::optional<std::uint32_t> next() const
    {
        std::int64_t found = paging_pager_next(raw());
        if (found == -PAGING_EAGAIN) return std::nullopt;
        return static_cast<std::uint32_t>(check(found));
    }
    void supply(std::uint32_t page, std::span<const std::byte, 4096> bytes) const { check(paging_pager_supply(raw(), page, bytes.data())); }

    /* A page of zeros. */
    void supply(std::uint32_t page) const { check(paging_pager_supply(raw(), page, nullptr)); }
    void fail(std::uint32_t page) const { check(paging_pager_fail(raw(), page)); }
    std::uint32_t pending() const { return static_cast<std::uint32_t>(check(paging_pager_pending(raw()))); }

    /* As file::open. */
    inline std::int32_t open(const process &by, paging::rights rights = PAGING_READ_WRITE, open_flags flags = {}) const;
};

/* The accesses to the memory of a process, of Linux or of Windows. */
template <class Handle>
class basic_memory : public owner<Handle> {
public:
    basic_memory() noexcept = default;
    basic_memory(basic_memory &&other) noexcept
        : owner<Handle>(std::move(other)), translations_(std::exchange(other.translations_, nullptr)) {}
    basic_memory &operator=(basic_memory &&other) noexcept
    {
        owner<Handle>::operator=(std::move(other));
        if (this != &other) translations_ = std::exchange(other.translations_, nullptr);
        return *this;
    }

    /* As those of owner. An object without a handle has no translations, so that its accesses are refused. */
    Handle release() noexcept { return translations_ = nullptr, owner<Handle>::release(); }
    void reset() noexcept { translations_ = nullptr, owner<Handle>::reset(); }
    void close()
    {
        owner<Handle>::close();
        translations_ = nullptr;
    }

    /* The handle that accesses take, which belongs to this object. */
    paging_process memory() const noexcept
    {
        if constexpr (std::is_same_v<Handle, paging_windows_process>) return paging_windows_memory(this->raw());
        else return this->raw();
    }
    paging_fault_counts faults() const { return ask<paging_fault_counts>(paging_faults_get, memory()); }

    /* One load at any address. False: *fault has the reason. If a device refused, its kind is 0 and paging_last_error has the reason. */
    template <accessible T>
    bool try_load(std::uint32_t address, T &value, paging_fault &fault) const noexcept
    {
        return load_into(address, value, fault) == 0;
    }
    template <accessible T>
    T load(std::uint32_t address) const
    {
        T value{};
        paging_fault fault{};
        std::int32_t result = load_into(address, value, fault);
        if (result != 0) [[unlikely]] check(result, fault);
        return value;
    }
    template <accessible T>
    bool try_store(std::uint32_t address, std::type_identity_t<T> value, paging_fault &fault) const noexcept
    {
        return store_from<T>(address, value, fault) == 0;
    }
    template <accessible T>
    void store(std::uint32_t address, std::type_identity_t<T> value) const
    {
        paging_fault fault{};
        std::int32_t result = store_from<T>(address, value, fault);
        if (result != 0) [[unlikely]] check(result, fault);
    }

    /* Copies bytes out; memory_fault if not all can be read. */
    void read(std::uint32_t address, std::span<std::byte> bytes) const
    {
        paging_fault fault{};
        whole(paging_copy_out(memory(), address, bytes.data(), bytes.size(), &fault), fault);
    }

    /* Copies bytes in; memory_fault if not all can be written. Those before the fault are. */
    void write(std::uint32_t address, std::span<const std::byte> bytes) const
    {
        paging_fault fault{};
        whole(paging_copy_in(memory(), address, bytes.data(), bytes.size(), &fault), fault);
    }
    void fill(std::uint32_t address, std::uint32_t length, std::byte byte) const
    {
        paging_fault fault{};
        whole(paging_fill(memory(), address, length, std::to_integer<std::uint32_t>(byte), &fault), fault);
    }

    /* The bytes to the end of the page, length at most, until the next call of the engine. */
    std::span<const std::byte> span(std::uint32_t address, std::uint32_t length) const
    {
        const void *start = nullptr;
        paging_fault fault{};
        auto count = check(paging_span(memory(), address, length, PAGING_ACCESS_READ, &start, &fault), fault);
        return {static_cast<const std::byte *>(start), static_cast<std::size_t>(count)};
    }
    std::span<std::byte> writable_span(std::uint32_t address, std::uint32_t length) const
    {
        void *start = nullptr;
        paging_fault fault{};
        auto count = check(paging_span_writable(memory(), address, length, &start, &fault), fault);
        return {static_cast<std::byte *>(start), static_cast<std::size_t>(count)};
    }

protected:
    bool has_hits() const noexcept { return translations_ != nullptr; }
    basic_memory(Handle handle, bool has_hits) : owner<Handle>(handle)
    {
        if (has_hits && !(translations_ = paging_translations_of(memory()))) throw error(PAGING_BAD_HANDLE);
    }

private:
    template <accessible T>
    std::int32_t load_into(std::uint32_t address, T &value, paging_fault &fault) const noexcept
    {
        std::int32_t result;
        if (translations_ == nullptr) {
            std::uint64_t word = 0;    // not the value itself: a bool cannot have every byte
            result = paging_read(memory(), address, &word, sizeof value, &fault);
            if (result == 0) value = static_cast<T>(word);
        } else if constexpr (sizeof(T) == 1) result = through<std::uint8_t>(paging_load8, address, value, fault);
        else if constexpr (sizeof(T) == 2) result = through<std::uint16_t>(paging_load16, address, value, fault);
        else if constexpr (sizeof(T) == 4) result = through<std::uint32_t>(paging_load32, address, value, fault);
        else result = through<std::uint64_t>(paging_load64, address, value, fault);
        return result;
    }
    template <class Word, class T, class Call>
    std::int32_t through(Call call, std::uint32_t address, T &value, paging_fault &fault) const noexcept
    {
        Word word = 0;
        std::int32_t result = call(translations_, address, &word, &fault);
        if (result == 0) value = static_cast<T>(word);
        return result;
    }
    template <accessible T>
    std::int32_t store_from(std::uint32_t address, T value, paging_fault &fault) const noexcept
    {
        if (translations_ == nullptr) return paging_write(memory(), address, &value, sizeof value, &fault);
        if constexpr (sizeof(T) == 1) return paging_store8(translations_, address, static_cast<std::uint8_t>(value), &fault);
        else if constexpr (sizeof(T) == 2) return paging_store16(translations_, address, static_cast<std::uint16_t>(value), &fault);
        else if constexpr (sizeof(T) == 4) return paging_store32(translations_, address, static_cast<std::uint32_t>(value), &fault);
        else return paging_store64(translations_, address, static_cast<std::uint64_t>(value), &fault);
    }
    static void whole(std::int64_t done, const paging_fault &fault)
    {
        if (check(done) >= 0 && fault.kind != PAGING_FAULT_NONE) throw memory_fault(fault);
    }

    const paging_translations *translations_ = nullptr;    // null: each access is a call; so with allow_threads
};

/* An address space with the memory calls of Linux. Destroying it ends the process. */
class process : public basic_memory<paging_process> {
public:
    process() noexcept = default;
    process(process &&) noexcept = default;
    process &operator=(process &&) noexcept = default;

    std::uint32_t mmap(std::uint32_t address, std::uint32_t length, paging::protection protection, map_flags flags,
        std::int32_t descriptor = -1, std::uint64_t offset = 0) const
    {
        return static_cast<std::uint32_t>(check(paging_mmap(raw(), address, length, protection, flags, descriptor, offset)));
    }

    /* Private anonymous memory, to read and to write. address: EEXIST if something is mapped there. Without one, the engine chooses. */
    std::uint32_t map(std::uint32_t length, std::optional<std::uint32_t> address = std::nullopt) const
    {
        return mmap(address.value_or(0), length, PAGING_PROT_READ | PAGING_PROT_WRITE,
            PAGING_MAP_PRIVATE | PAGING_MAP_ANONYMOUS | placed(address));
    }

    /* A shared mapping of a file, for reading and writing, or only for reading if the file allows no more. address: as above. */
    std::uint32_t map(const file &mapped, std::uint32_t length, std::uint64_t offset = 0,
        std::optional<std::uint32_t> address = std::nullopt) const
    {
        return map_shared(mapped.raw(), length, offset, address);
    }
    std::uint32_t map(const pager &mapped, std::uint32_t length, std::uint64_t offset = 0,
        std::optional<std::uint32_t> address = std::nullopt) const
    {
        return map_shared(paging_pager_file(mapped.raw()), length, offset, address);
    }
    void unmap(std::uint32_t start, std::uint32_t length) const { check(paging_munmap(raw(), start, length)); }
    void protect(std::uint32_t start, std::uint32_t length, paging::protection protection) const
    {
        check(paging_mprotect(raw(), start, length, protection));
    }
    void advise(std::uint32_t start, std::uint32_t length, paging::advice advice) const
    {
        check(paging_madvise(raw(), start, length, advice));
    }

    process fork() const
    {
        paging_process child;
        check(paging_fork(raw(), &child));
        return process(child, has_hits());
    }
    void exit(std::int32_t code) const { check(paging_exit(raw(), code)); }
    paging_process_info info() const { return ask<paging_process_info>(paging_process_info_get, raw()); }
    paging_usage usage() const { return ask<paging_usage>(paging_usage_get, raw()); }
    paging::snapshot snapshot() const { return make<paging::snapshot, paging_snapshot>(paging_snapshot_take, raw()); }

    /* budget: bytes, 0 for 256 MiB. Without spacings they suit sixty records a second. */
    paging::rewind rewind(std::uint64_t budget = 0, std::span<const rewind_spacing> spacings = {}) const
    {
        return paging::rewind::open(paging_rewind_open, raw(), budget, spacings);
    }
    paging::dirty_log dirty_log() const { return make<paging::dirty_log, paging_dirty_log>(paging_dirty_log_open, raw()); }
    paging::pin pin(std::uint32_t start, std::uint32_t length) const { return pin_as<paging::pin>(start, length, PAGING_ACCESS_READ); }
    paging::writable_pin writable_pin(std::uint32_t start, std::uint32_t length) const
    {
        return pin_as<paging::writable_pin>(start, length, PAGING_ACCESS_WRITE);
    }
    paging::shadow shadow() const { return make<paging::shadow, paging_shadow>(paging_shadow_open, raw()); }
    paging::flat_view flat_view(std::uint32_t start, std::uint64_t length) const
    {
        const void *bytes = nullptr;
        paging_flat_view made;
        check(paging_flat_view_open(raw(), start, length, &made, &bytes));
        return paging::flat_view(made, {static_cast<const std::byte *>(bytes), static_cast<std::size_t>(length)});
    }
    paging::window window() const
    {
        void *base = nullptr;
        paging_window made;
        check(paging_window_open(raw(), 0, &made, &base));
        return paging::window(made, base);
    }
    paging::userfaultfd userfaultfd(userfault_features features = {}, bool user_mode_only = false) const
    {
        return make<paging::userfaultfd, paging_uffd>(paging_uffd_open, raw(), features, user_mode_only);
    }

    /* The object must outlive the watchpoint. */
    template <paging::watcher Watcher>
    paging::watchpoint watch(std::uint32_t start, std::uint32_t length, watched_accesses accesses, Watcher &object) const
    {
        paging_watcher calls{};
        calls.size = sizeof calls;
        calls.context = &object;
        calls.report = [](void *context, const paging_watched *access) -> std::int32_t {
            return caught([&] { (*static_cast<Watcher *>(context))(*access); });
        };
        return make<paging::watchpoint, paging_watchpoint>(paging_watch, raw(), start, length, accesses, &calls);
    }
    std::vector<paging_area> areas() const
    {
        for (std::vector<paging_area> found(64);;) {
            auto count = static_cast<std::size_t>(check(paging_areas(raw(), found.data(), static_cast<std::uint32_t>(found.size()))));
            bool is_whole = count <= found.size();    // other threads may map in between
            found.resize(is_whole ? count : count + 64);
            if (is_whole) return found;
        }
    }

    /* One of PAGING_REPORT_ of a process. */
    std::string report(report_kind report) const { return text_of(paging_report, raw(), report); }

private:
    friend class engine;

    process(paging_process handle, bool has_hits) : basic_memory(handle, has_hits) {}

    static map_flags placed(std::optional<std::uint32_t> address) noexcept { return address ? PAGING_MAP_FIXED_NOREPLACE : map_flags{}; }
    std::uint32_t map_shared(paging_file mapped, std::uint32_t length, std::uint64_t offset, std::optional<std::uint32_t> address) const
    {
        paging::protection protection = PAGING_PROT_READ | PAGING_PROT_WRITE;
        std::int32_t descriptor = paging_file_open(mapped, raw(), PAGING_READ_WRITE, 0);
        if (descriptor == -PAGING_EACCES) {
            protection = PAGING_PROT_READ;
            descriptor = paging_file_open(mapped, raw(), PAGING_READ, 0);
        }
        check(descriptor);
        std::int64_t at = paging_mmap(
            raw(), address.value_or(0), length, protection, PAGING_MAP_SHARED | placed(address), descriptor, offset);
        check(paging_close(raw(), descriptor));
        return static_cast<std::uint32_t>(check(at));
    }
    template <class Object>
    Object pin_as(std::uint32_t start, std::uint32_t length, paging::access access) const
    {
        paging_pinned made;
        paging_fault fault{};
        check(paging_pin(raw(), start, length, access, &made, &fault), fault);
        return Object(made);
    }
};

inline std::int32_t file::open(const process &by, paging::rights rights, open_flags flags) const
{
    return static_cast<std::int32_t>(check(paging_file_open(raw(), by.raw(), rights, flags)));
}

inline std::int32_t pager::open(const process &by, paging::rights rights, open_flags flags) const
{
    return static_cast<std::int32_t>(check(paging_file_open(paging_pager_file(raw()), by.raw(), rights, flags)));
}

/* The category of the last errors of Windows, which its calls throw as std::system_error. */
inline const std::error_category &windows_category() noexcept
{
    static const struct : std::error_category {
        const char *name() const noexcept override { return "windows"; }
        std::string message(int code) const override { return "error " + std::to_string(code) + " of Windows"; }
    } made;
    return made;
}

/* A process of Windows, with the calls of kernel32. Destroying it ends the process. */
class windows_process : public basic_memory<paging_windows_process> {
public:
    windows_process() noexcept = default;
    windows_process(windows_process &&) noexcept = default;
    windows_process &operator=(windows_process &&) noexcept = default;

    /* VirtualAlloc. */
    std::uint32_t alloc(std::uint32_t address, std::uint32_t length, windows_allocation types, windows_protection protection) const
    {
        return number(paging_virtual_alloc, address, length, types, protection);
    }
    void free(std::uint32_t address, std::uint32_t length, windows_allocation type) const
    {
        succeed(paging_virtual_free(raw(), address, length, type));
    }

    /* Returns the old protection of the first page. */
    windows_protection protect(std::uint32_t address, std::uint32_t length, windows_protection protection) const
    {
        return static_cast<windows_protection>(number(paging_virtual_protect, address, length, protection));
    }
    paging_windows_region query(std::uint32_t address) const
    {
        paging_windows_region found{};
        found.size = sizeof found;
        succeed(paging_virtual_query(raw(), address, &found));
        return found;
    }
    void lock(std::uint32_t address, std::uint32_t length) const { succeed(paging_virtual_lock(raw(), address, length)); }
    void unlock(std::uint32_t address, std::uint32_t length) const { succeed(paging_virtual_unlock(raw(), address, length)); }

    /* Sections: numbers of this process. CreateFileMapping of a file, or of the page file; an empty name is none. */
    std::uint32_t create_file_mapping(const file &of, windows_protection protection, std::uint64_t length = 0,
        const std::string &name = {}, windows_sections sections = {}) const
    {
        return create_section(of.raw(), protection, length, name, sections);
    }
    std::uint32_t create_file_mapping(windows_protection protection, std::uint64_t length, const std::string &name = {},
        windows_sections sections = {}) const
    {
        return create_section(paging_file{}, protection, length, name, sections);
    }
    std::uint32_t open_file_mapping(windows_access access, const std::string &name) const
    {
        return number(paging_open_file_mapping, access, name.c_str());
    }
    void close_file_mapping(std::uint32_t section) const { succeed(paging_close_file_mapping(raw(), section)); }
    std::uint32_t map_view(std::uint32_t section, windows_access access, std::uint64_t offset = 0, std::uint32_t length = 0,
        std::uint32_t address = 0) const
    {
        return number(paging_map_view, section, access, offset, length, address);
    }
    void unmap_view(std::uint32_t address) const { succeed(paging_unmap_view(raw(), address)); }
    void flush_view(std::uint32_t address, std::uint32_t length = 0) const { succeed(paging_flush_view(raw(), address, length)); }

    /* The numbers of the pages of a write-watched allocation that were written. */
    std::vector<std::uint32_t> write_watch(std::uint32_t address, std::uint32_t length, bool reset) const
    {
        std::vector<std::uint32_t> pages((static_cast<std::size_t>(length) + 4095) / 4096);
        auto count = static_cast<std::uint32_t>(pages.size());
        succeed(paging_get_write_watch(raw(), address, length, reset, pages.data(), &count));
        pages.resize(count);
        return pages;
    }

    /* One access with the exception that Windows raises. False: the access was refused, and exception has the reason. */
    template <accessible T>
    bool try_load_windows(std::uint32_t address, T &value, paging_windows_exception &exception) const
    {
        std::uint64_t word = 0;
        if (!is_done(paging_windows_read(raw(), address, &word, sizeof value, &exception), exception)) return false;
        value = static_cast<T>(word);
        return true;
    }
    template <accessible T>
    bool try_store_windows(std::uint32_t address, std::type_identity_t<T> value, paging_windows_exception &exception) const
    {
        return is_done(paging_windows_write(raw(), address, &value, sizeof value, &exception), exception);
    }

private:
    friend class engine;

    windows_process(paging_windows_process handle, bool has_hits) : basic_memory(handle, has_hits) {}

    static void succeed(std::int64_t result)
    {
        if (check(result) > 0) throw std::system_error(static_cast<int>(result), windows_category());
    }
    template <class Call, class... Arguments>
    std::uint32_t number(Call call, Arguments... arguments) const
    {
        std::uint32_t found = 0;
        succeed(call(raw(), arguments..., &found));
        return found;
    }
    std::uint32_t create_section(paging_file of, windows_protection protection, std::uint64_t length, const std::string &name,
        windows_sections sections) const
    {
        std::uint32_t section = 0, both = static_cast<std::uint32_t>(protection) | static_cast<std::uint32_t>(sections);
        std::int64_t result = paging_create_file_mapping(raw(), of, both, length, name.empty() ? nullptr : name.c_str(), &section);
        if (result != PAGING_WINDOWS_ERROR_ALREADY_EXISTS) succeed(result);    // a section too
        return section;
    }
    static bool is_done(std::int32_t result, const paging_windows_exception &exception)
    {
        if (result == -PAGING_EFAULT && exception.code != 0) return false;
        check(result);
        return true;
    }
};

/* A thread's right to access guest memory, in an engine with allow_threads. */
class processor : public owner<paging_processor> {
public:
    using owner::owner;
    void run(const process &in) const { check(paging_run(raw(), in.raw())); }
    void poll() const { check(paging_poll(raw())); }
    void rest() const { check(paging_rest(raw())); }
};

/* The time that the processes of an engine would take on a machine of a price list. */
class ledger : public owner<paging_ledger> {
public:
    using owner::owner;

    /* Reports an access; step other than 0: a run of accesses of so many bytes. */
    template <class Handle>
    void observe(const basic_memory<Handle> &by, std::uint32_t address, std::uint32_t length, paging::access access, std::uint32_t step = 0,
        std::uint32_t processor = 0) const
    {
        check(paging_ledger_observe(raw(), by.memory(), address, length, step, access, processor));
    }
    template <class Handle>
    void end_call(const basic_memory<Handle> &by, std::uint32_t copied_bytes = 0, std::uint32_t processor = 0) const
    {
        check(paging_ledger_end_call(raw(), by.memory(), copied_bytes, processor));
    }
    void end_read(const process &by, const file &from, std::uint64_t offset, std::uint32_t length, std::uint32_t processor = 0) const
    {
        check(paging_ledger_end_read(raw(), by.raw(), from.raw(), offset, length, processor));
    }
    void end_fork(const process &parent, const process &child, std::uint32_t processor = 0) const
    {
        check(paging_ledger_end_fork(raw(), parent.raw(), child.raw(), processor));
    }
    void end_background() const { check(paging_ledger_end_background(raw())); }

    /* The account of a process, or the kernel's. */
    template <class Handle>
    paging_ledger_times times(const basic_memory<Handle> &of) const
    {
        return ask<paging_ledger_times>(paging_ledger_times_get, raw(), of.memory());
    }
    paging_ledger_times times() const { return ask<paging_ledger_times>(paging_ledger_times_get, raw(), paging_process{}); }
    paging_ledger_clock clock() const { return ask<paging_ledger_clock>(paging_ledger_clock_get, raw()); }
    std::string report() const { return text_of(paging_ledger_report, raw(), PAGING_REPORT_COSTS); }

    /* As those of an engine, on the price list's device. */
    template <paging::backing Backing>
    paging::file backed_file(const std::string &name, Backing &object, std::uint64_t length, paging::rights rights = PAGING_READ) const
    {
        paging_backing calls = calls_of(object, length);
        return make<paging::file, paging_file>(paging_ledger_file_create_backed, raw(), name.c_str(), &calls, rights);
    }
    template <paging::swap_store Store>
    paging::swap swap_on(const std::string &name, Store &object, std::uint32_t slot_count) const
    {
        paging_swap_store calls = calls_of(object, slot_count);
        return make<paging::swap, paging_swap>(paging_ledger_swap_on, raw(), name.c_str(), &calls);
    }
    paging::swap swap_on_memory(std::uint64_t length) const
    {
        return make<paging::swap, paging_swap>(paging_ledger_swap_on_memory, raw(), length);
    }
};

/* A machine's memory: RAM, page tables, a page cache, swap, and processes. */
class engine : public owner<paging_engine> {
public:
    engine() : engine(options()) {}
    explicit engine(const options &given)
    {
        check(paging_engine_create(&given.raw(), &handle_));
        has_hits_ = given.raw().allow_threads == 0;
    }
    engine(engine &&) noexcept = default;
    engine &operator=(engine &&) noexcept = default;

    /* Frees everything. After an error of a backing, which is reported, the engine is gone as well; after a misuse it stays. */
    void close()
    {
        std::int32_t result = handle_.any == 0 ? 0 : paging_free(handle_);
        if (result > PAGING_BAD_HANDLE) handle_ = paging_engine{};
        check(result);
    }

    paging::process process(const std::string &name, const process_options &given = {}) const
    {
        paging_process made;
        check(paging_process_create(raw(), name.c_str(), &given.raw(), &made));
        return paging::process(made, has_hits_);
    }
    /* A process of an image; all of them, for an image of an engine. find: file_finder. */
    template <file_finder Find = no_files>
    paging::process clone(const image &of, Find find = {}) const
    {
        paging_process made;
        paging_file_finder calls = calls_of(find);
        check(paging_process_clone(raw(), of.raw(), &calls, &made));
        return paging::process(made, has_hits_);
    }
    template <file_finder Find = no_files>
    std::vector<paging::process> clone_all(const image &of, Find find = {}) const
    {
        paging_file_finder calls = calls_of(find);
        return all_of<paging::process, paging_process>(paging_engine_clone, raw(), of.raw(), &calls);
    }

    /* A process of a snapshot that was saved, as bytes or as a file of the host; all of them, for a snapshot of an engine. */
    template <file_finder Find = no_files>
    paging::process load(std::span<const std::byte> saved, Find find = {}) const
    {
        paging_process made;
        paging_file_finder calls = calls_of(find);
        check(paging_process_load_bytes(raw(), saved.data(), saved.size(), &calls, &made));
        return paging::process(made, has_hits_);
    }
    template <file_finder Find = no_files>
    paging::process load(const std::string &path, Find find = {}) const
    {
        paging_process made;
        paging_file_finder calls = calls_of(find);
        check(paging_process_load(raw(), path.c_str(), &calls, &made));
        return paging::process(made, has_hits_);
    }
    template <file_finder Find = no_files>
    std::vector<paging::process> load_all(std::span<const std::byte> saved, Find find = {}) const
    {
        paging_file_finder calls = calls_of(find);
        return all_of<paging::process, paging_process>(paging_engine_load_bytes, raw(), saved.data(), saved.size(), &calls);
    }
    template <file_finder Find = no_files>
    std::vector<paging::process> load_all(const std::string &path, Find find = {}) const
    {
        paging_file_finder calls = calls_of(find);
        return all_of<paging::process, paging_process>(paging_engine_load, raw(), path.c_str(), &calls);
    }
    paging::snapshot snapshot() const { return make<paging::snapshot, paging_snapshot>(paging_engine_snapshot_take, raw()); }

    /* As process::rewind. */
    paging::rewind rewind(std::uint64_t budget = 0, std::span<const rewind_spacing> spacings = {}) const
    {
        return paging::rewind::open(paging_engine_rewind_open, raw(), budget, spacings);
    }
    paging::dirty_log dirty_log() const { return make<paging::dirty_log, paging_dirty_log>(paging_engine_dirty_log_open, raw()); }
    paging::file file(const std::string &name, std::uint64_t length) const
    {
        return make<paging::file, paging_file>(paging_file_create, raw(), name.c_str(), length);
    }
    paging::file host_file(const std::string &path, paging::rights rights = PAGING_READ, bool create = false) const
    {
        return make<paging::file, paging_file>(paging_file_open_host, raw(), path.c_str(), rights, create);
    }

    /* Map it shared. The object must outlive the engine. */
    template <paging::device Device>
    paging::file device(const std::string &name, Device &object, std::uint64_t length) const
    {
        paging_device calls{};
        calls.size = sizeof calls;
        calls.context = &object;
        calls.load = [](void *context, std::uint64_t offset, std::uint32_t size, std::uint64_t *value) -> std::int32_t {
            return caught([&] { *value = static_cast<Device *>(context)->load(offset, size); });
        };
        calls.store = [](void *context, std::uint64_t offset, std::uint32_t size, std::uint64_t value) -> std::int32_t {
            return caught([&] { static_cast<Device *>(context)->store(offset, size, value); });
        };
        return make<paging::file, paging_file>(paging_device_create, raw(), name.c_str(), &calls, length, PAGING_READ_WRITE);
    }

    /* Memory of the program, which shared mappings show: a multiple of 4,096 bytes, fewer than 2 GiB, at an address that is one. It must
     * outlive the engine. A ROM is only read; stores to it go to the object, which must outlive the engine too, or are ignored. */
    paging::file host_memory(const std::string &name, std::span<std::byte> bytes, paging::rights rights = PAGING_READ_WRITE) const
    {
        return make<paging::file, paging_file>(paging_host_memory_create, raw(), name.c_str(), bytes.data(), bytes.size(), rights);
    }
    paging::file rom(const std::string &name, std::span<const std::byte> bytes) const { return rom_of(name, bytes, nullptr); }
    template <rom_stores Stores>
    paging::file rom(const std::string &name, std::span<const std::byte> bytes, Stores &object) const
    {
        paging_device calls{};
        calls.size = sizeof calls;
        calls.context = &object;
        calls.store = [](void *context, std::uint64_t offset, std::uint32_t size, std::uint64_t value) -> std::int32_t {
            return caught([&] { static_cast<Stores *>(context)->store(offset, size, value); });
        };
        return rom_of(name, bytes, &calls);
    }

    /* Map it shared. The object must outlive the engine. */
    template <paging::page_source Source>
    paging::pager pager(const std::string &name, std::uint32_t page_count, Source &object) const
    {
        paging_page_source calls = calls_of(object);
        return make<paging::pager, paging_pager>(paging_pager_create, raw(), name.c_str(), page_count, &calls);
    }

    /* A file whose bytes the object has. It must outlive the engine. */
    template <paging::backing Backing>
    paging::file backed_file(const std::string &name, Backing &object, std::uint64_t length, paging::rights rights = PAGING_READ) const
    {
        paging_backing calls = calls_of(object, length);
        return make<paging::file, paging_file>(paging_file_create_backed, raw(), name.c_str(), &calls, rights);
    }
    paging::group group(const std::string &name, std::optional<std::uint64_t> limit_frames = std::nullopt) const
    {
        return make<paging::group, paging_group>(paging_group_create, raw(), name.c_str(), limit_frames.value_or(PAGING_UNLIMITED));
    }
    paging::swap swap_on_memory(std::uint64_t length) const
    {
        return make<paging::swap, paging_swap>(paging_swap_on_memory, raw(), length);
    }

    /* Slots of 4,096 bytes. The object must outlive the engine. */
    template <paging::swap_store Store>
    paging::swap swap_on(const std::string &name, Store &object, std::uint32_t slot_count) const
    {
        paging_swap_store calls = calls_of(object, slot_count);
        return make<paging::swap, paging_swap>(paging_swap_on, raw(), name.c_str(), &calls);
    }
    paging::windows_process windows_process(const std::string &name) const
    {
        paging_windows_process made;
        check(paging_windows_process_create(raw(), name.c_str(), &made));
        return paging::windows_process(made, has_hits_);
    }

    /* Processes of Windows with the sections that they share, for load_windows: all of them, or one. */
    void save_windows(const std::string &path) const { check(paging_windows_save(raw(), paging_windows_process{}, path.c_str())); }
    void save_windows(const std::string &path, const paging::windows_process &one) const
    {
        check(paging_windows_save(raw(), one.raw(), path.c_str()));
    }
    std::vector<std::byte> save_windows_bytes() const { return bytes_of(paging_windows_save_bytes, raw(), paging_windows_process{}); }
    std::vector<std::byte> save_windows_bytes(const paging::windows_process &one) const
    {
        return bytes_of(paging_windows_save_bytes, raw(), one.raw());
    }
    std::vector<paging::windows_process> load_windows(const std::string &path) const
    {
        return all_of<paging::windows_process, paging_windows_process>(paging_windows_load, raw(), path.c_str(), nullptr);
    }
    std::vector<paging::windows_process> load_windows(std::span<const std::byte> saved) const
    {
        return all_of<paging::windows_process, paging_windows_process>(
            paging_windows_load_bytes, raw(), saved.data(), saved.size(), nullptr);
    }

    /* prices: "desktop-2009", "server-2025", or a price list in JSON. */
    paging::ledger ledger(const std::string &prices, std::uint32_t processors = 1) const
    {
        return make<paging::ledger, paging_ledger>(paging_ledger_open, raw(), prices.c_str(), processors);
    }
    paging::events record_events(std::uint32_t capacity) const
    {
        return make<paging::events, paging_events>(paging_events_record, raw(), capacity);
    }
    paging::processor processor(const std::string &name) const
    {
        return make<paging::processor, paging_processor>(paging_processor_create, raw(), name.c_str());
    }
    std::uint32_t background(std::int32_t page_budget) const
    {
        return static_cast<std::uint32_t>(check(paging_background(raw(), page_budget)));
    }
    void sync() const { check(paging_sync(raw())); }

    /* The findings: none if all is well. */
    std::vector<std::string> audit() const
    {
        std::string text(1 << 16, '\0');
        auto count = static_cast<std::size_t>(check(paging_audit(raw(), text.data(), text.size())));
        std::vector<std::string> findings;
        for (const char *line = text.c_str(); findings.size() < count && *line;) {
            const char *end = std::strchr(line, '\n');
            findings.emplace_back(line, end ? static_cast<std::size_t>(end - line) : std::strlen(line));
            if (!end) break;
            line = end + 1;
        }
        return findings;
    }
    paging_machine machine() const { return ask<paging_machine>(paging_machine_get, raw()); }

private:
    paging::file rom_of(const std::string &name, std::span<const std::byte> bytes, const paging_device *stores) const
    {
        void *start = const_cast<std::byte *>(bytes.data());    // the library only reads a ROM
        return make<paging::file, paging_file>(paging_rom_create, raw(), name.c_str(), start, bytes.size(), stores);
    }
    template <class Object, class Handle, class Call, class... Arguments>
    std::vector<Object> all_of(Call call, Arguments... arguments) const
    {
        std::vector<Handle> handles(1 << 16);    /* the most of one load */
        auto count = static_cast<std::size_t>(check(call(arguments..., handles.data(), static_cast<std::uint32_t>(handles.size()))));
        handles.resize(count);
        std::vector<Object> made;
        made.reserve(count);
        for (Handle handle : handles) made.push_back(Object(handle, has_hits_));
        return made;
    }

    bool has_hits_ = true;
};

}    // namespace paging
#endif
