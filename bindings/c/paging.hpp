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
 *             errors. close() of an engine, a swap device or a group reports them, and keeps the object if the library keeps it.
 *
 * LIFETIMES   Objects of an engine must not be used after the engine ends. Their handles are stale (paging::error), but load, store and
 *             the spans of a process would read freed memory. The program's devices, pagers and backings must outlive the engine.
 *
 * THREADS     As in paging.h. In an engine with allow_threads each load and store is a call.
 *
 * Functions without a class are called through raw(), which returns paging.h's handle.
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
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

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
        return found && *found ? found : "paging";
    }
};

/* A refused access: kind is one of PAGING_FAULT_, address the first byte that cannot be accessed. */
class memory_fault : public std::system_error {
public:
    explicit memory_fault(const paging_fault &fault)
        : std::system_error(std::make_error_code(std::errc::bad_address), "fault " + std::to_string(fault.kind)), fault_(fault) {}
    std::uint32_t kind() const noexcept { return fault_.kind; }
    std::uint32_t address() const noexcept { return fault_.address; }

private:
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

/* The options of an engine; those that are not set have their defaults. */
class options {
public:
    options()
    {
        raw_.size = sizeof raw_;
        check(paging_options_defaults(&raw_));
    }
#define PAGING_OPTION(type, name) options &name(type value) { raw_.name = value; return *this; }
    PAGING_OPTION(std::uint64_t, ram_bytes)
    PAGING_OPTION(std::uint64_t, seed)
    PAGING_OPTION(std::uint32_t, tables)
    PAGING_OPTION(bool, request_host_huge_pages)
    PAGING_OPTION(bool, share_ram)
    PAGING_OPTION(bool, allow_threads)
    PAGING_OPTION(std::uint32_t, overcommit)
    PAGING_OPTION(std::uint32_t, overcommit_ratio)
    PAGING_OPTION(bool, out_of_memory)
    PAGING_OPTION(std::uint32_t, max_map_count)
    PAGING_OPTION(std::uint32_t, swappiness)
    PAGING_OPTION(std::uint32_t, swap_read_ahead_pages)
    PAGING_OPTION(std::uint32_t, attached_spaces_max)
    PAGING_OPTION(std::uint32_t, read_ahead_pages)
    PAGING_OPTION(std::uint32_t, fault_around_pages)
    PAGING_OPTION(std::uint32_t, dirty_background_ratio)
    PAGING_OPTION(std::uint32_t, dirty_ratio)
    PAGING_OPTION(std::uint32_t, dirty_expire_ticks)
    PAGING_OPTION(std::uint32_t, zeroed_frames)
    PAGING_OPTION(std::uint32_t, huge_pages)
    PAGING_OPTION(std::uint32_t, surplus_huge_pages)
    PAGING_OPTION(bool, transparent_huge_pages)
    PAGING_OPTION(std::uint32_t, shootdown_milliseconds)
    PAGING_OPTION(std::uint32_t, fetch_rights)
    PAGING_OPTION(std::uint32_t, verify_restores)
#undef PAGING_OPTION
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
    std::string hash() const
    {
        std::string text(static_cast<std::size_t>(check(paging_image_hash(raw(), nullptr, 0))), '\0');
        check(paging_image_hash(raw(), text.data(), text.size() + 1));
        return text;
    }
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
    std::vector<std::byte> save_bytes() const
    {
        std::vector<std::byte> bytes;
        for (;;) {
            auto length = static_cast<std::size_t>(check(paging_snapshot_save_bytes(raw(), bytes.data(), bytes.size())));
            bool is_whole = length <= bytes.size();
            bytes.resize(length);
            if (is_whole) return bytes;
        }
    }
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
    paging_rewind_info info() const
    {
        paging_rewind_info found{};
        found.size = sizeof found;
        check(paging_rewind_info_get(raw(), &found));
        return found;
    }
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

/* A memory group. close() fails while it has processes. */
class group : public owner<paging_group> {
public:
    using owner::owner;
    void set_limit(std::optional<std::uint64_t> frames) const { check(paging_group_set_limit(raw(), frames.value_or(PAGING_UNLIMITED))); }
};

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

    /* Opens the file for a process; returns the descriptor. rights: PAGING_READ, PAGING_WRITE or both. */
    inline std::int32_t open(const process &by, std::uint32_t rights = PAGING_READ_WRITE, std::uint32_t flags = 0) const;
};

/* An address space with the memory calls of Linux. Destroying it ends the process. */
class process : public owner<paging_process> {
public:
    process() noexcept = default;
    process(process &&) noexcept = default;
    process &operator=(process &&) noexcept = default;

    std::uint32_t mmap(std::uint32_t address, std::uint32_t length, std::uint32_t protection, std::uint32_t flags,
        std::int32_t descriptor = -1, std::uint64_t offset = 0) const
    {
        return static_cast<std::uint32_t>(check(paging_mmap(raw(), address, length, protection, flags, descriptor, offset)));
    }

    /* Private anonymous memory, to read and to write. */
    std::uint32_t map(std::uint32_t length) const
    {
        return mmap(0, length, PAGING_PROT_READ | PAGING_PROT_WRITE, PAGING_MAP_PRIVATE | PAGING_MAP_ANONYMOUS);
    }

    /* A shared mapping of a file, for reading and writing, or only for reading if the file allows no more. */
    std::uint32_t map(const file &mapped, std::uint32_t length, std::uint64_t offset = 0) const
    {
        std::uint32_t protection = PAGING_PROT_READ | PAGING_PROT_WRITE;
        std::int32_t descriptor = paging_file_open(mapped.raw(), raw(), PAGING_READ_WRITE, 0);
        if (descriptor == -PAGING_EACCES) {
            protection = PAGING_PROT_READ;
            descriptor = paging_file_open(mapped.raw(), raw(), PAGING_READ, 0);
        }
        check(descriptor);
        std::int64_t at = paging_mmap(raw(), 0, length, protection, PAGING_MAP_SHARED, descriptor, offset);
        check(paging_close(raw(), descriptor));
        return static_cast<std::uint32_t>(check(at));
    }
    void unmap(std::uint32_t start, std::uint32_t length) const { check(paging_munmap(raw(), start, length)); }
    void protect(std::uint32_t start, std::uint32_t length, std::uint32_t protection) const
    {
        check(paging_mprotect(raw(), start, length, protection));
    }
    void advise(std::uint32_t start, std::uint32_t length, std::uint32_t advice) const
    {
        check(paging_madvise(raw(), start, length, advice));
    }

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
        whole(paging_copy_out(raw(), address, bytes.data(), bytes.size(), &fault), fault);
    }

    /* Copies bytes in; memory_fault if not all can be written. Those before the fault are. */
    void write(std::uint32_t address, std::span<const std::byte> bytes) const
    {
        paging_fault fault{};
        whole(paging_copy_in(raw(), address, bytes.data(), bytes.size(), &fault), fault);
    }
    void fill(std::uint32_t address, std::uint32_t length, std::byte byte) const
    {
        paging_fault fault{};
        whole(paging_fill(raw(), address, length, std::to_integer<std::uint32_t>(byte), &fault), fault);
    }

    /* The bytes to the end of the page, length at most, until the next call of the engine. */
    std::span<const std::byte> span(std::uint32_t address, std::uint32_t length) const
    {
        const void *start = nullptr;
        paging_fault fault{};
        auto count = check(paging_span(raw(), address, length, PAGING_ACCESS_READ, &start, &fault), fault);
        return {static_cast<const std::byte *>(start), static_cast<std::size_t>(count)};
    }
    std::span<std::byte> writable_span(std::uint32_t address, std::uint32_t length) const
    {
        void *start = nullptr;
        paging_fault fault{};
        auto count = check(paging_span_writable(raw(), address, length, &start, &fault), fault);
        return {static_cast<std::byte *>(start), static_cast<std::size_t>(count)};
    }

    process fork() const
    {
        paging_process child;
        check(paging_fork(raw(), &child));
        return process(child, translations_ != nullptr);
    }
    void exit(std::int32_t code) const { check(paging_exit(raw(), code)); }
    paging_process_info info() const { return ask<paging_process_info>(paging_process_info_get); }
    paging_usage usage() const { return ask<paging_usage>(paging_usage_get); }
    paging_fault_counts faults() const { return ask<paging_fault_counts>(paging_faults_get); }
    paging::snapshot snapshot() const { return make<paging::snapshot, paging_snapshot>(paging_snapshot_take); }

    /* budget: bytes, 0 for 256 MiB. Without spacings they suit sixty records a second. */
    paging::rewind rewind(std::uint64_t budget = 0, std::span<const rewind_spacing> spacings = {}) const
    {
        return paging::rewind::open(paging_rewind_open, raw(), budget, spacings);
    }
    paging::dirty_log dirty_log() const { return make<paging::dirty_log, paging_dirty_log>(paging_dirty_log_open); }
    paging::pin pin(std::uint32_t start, std::uint32_t length) const { return pin_as<paging::pin>(start, length, PAGING_ACCESS_READ); }
    paging::writable_pin writable_pin(std::uint32_t start, std::uint32_t length) const
    {
        return pin_as<paging::writable_pin>(start, length, PAGING_ACCESS_WRITE);
    }
    std::vector<paging_area> areas() const
    {
        std::vector<paging_area> found(static_cast<std::size_t>(check(paging_areas(raw(), nullptr, 0))));
        auto count = static_cast<std::size_t>(check(paging_areas(raw(), found.data(), static_cast<std::uint32_t>(found.size()))));
        found.resize(std::min(count, found.size()));
        return found;
    }

    /* One of PAGING_REPORT_ of a process. */
    std::string report(std::uint32_t report) const
    {
        std::string text(static_cast<std::size_t>(check(paging_report(raw(), report, nullptr, 0))), '\0');
        check(paging_report(raw(), report, text.data(), text.size() + 1));
        return text;
    }

private:
    friend class engine;

    process(paging_process handle, bool has_hits) : owner(handle)
    {
        if (has_hits && !(translations_ = paging_translations_of(handle))) throw error(PAGING_BAD_HANDLE);
    }

    template <accessible T>
    std::int32_t load_into(std::uint32_t address, T &value, paging_fault &fault) const noexcept
    {
        if (translations_ == nullptr) return paging_read(raw(), address, &value, sizeof value, &fault);
        std::int32_t result;
        if constexpr (sizeof(T) == 1) result = through<std::uint8_t>(paging_load8, address, value, fault);
        else if constexpr (sizeof(T) == 2) result = through<std::uint16_t>(paging_load16, address, value, fault);
        else if constexpr (sizeof(T) == 4) result = through<std::uint32_t>(paging_load32, address, value, fault);
        else result = through<std::uint64_t>(paging_load64, address, value, fault);
        return result;
    }
    template <class Word, class T, class Load>
    std::int32_t through(Load load, std::uint32_t address, T &value, paging_fault &fault) const noexcept
    {
        Word word = 0;
        std::int32_t result = load(translations_, address, &word, &fault);
        if (result == 0) value = static_cast<T>(word);
        return result;
    }
    template <accessible T>
    std::int32_t store_from(std::uint32_t address, T value, paging_fault &fault) const noexcept
    {
        if (translations_ == nullptr) return paging_write(raw(), address, &value, sizeof value, &fault);
        if constexpr (sizeof(T) == 1) return paging_store8(translations_, address, static_cast<std::uint8_t>(value), &fault);
        else if constexpr (sizeof(T) == 2) return paging_store16(translations_, address, static_cast<std::uint16_t>(value), &fault);
        else if constexpr (sizeof(T) == 4) return paging_store32(translations_, address, static_cast<std::uint32_t>(value), &fault);
        else return paging_store64(translations_, address, static_cast<std::uint64_t>(value), &fault);
    }
    static void whole(std::int64_t done, const paging_fault &fault)
    {
        if (check(done) >= 0 && fault.kind != PAGING_FAULT_NONE) throw memory_fault(fault);
    }
    template <class Structure, class Call>
    Structure ask(Call call) const
    {
        Structure found{};
        found.size = sizeof found;
        check(call(raw(), &found));
        return found;
    }
    template <class Object, class Handle, class Call>
    Object make(Call call) const
    {
        Handle made;
        check(call(raw(), &made));
        return Object(made);
    }
    template <class Object>
    Object pin_as(std::uint32_t start, std::uint32_t length, std::uint32_t access) const
    {
        paging_pinned made;
        paging_fault fault{};
        check(paging_pin(raw(), start, length, access, &made, &fault), fault);
        return Object(made);
    }

    const paging_translations *translations_ = nullptr;    // null with allow_threads, where each access is a call
};

inline std::int32_t file::open(const process &by, std::uint32_t rights, std::uint32_t flags) const
{
    return static_cast<std::int32_t>(check(paging_file_open(raw(), by.raw(), rights, flags)));
}

/* A thread's right to access guest memory, in an engine with allow_threads. */
class processor : public owner<paging_processor> {
public:
    using owner::owner;
    void run(const process &in) const { check(paging_run(raw(), in.raw())); }
    void poll() const { check(paging_poll(raw())); }
    void rest() const { check(paging_rest(raw())); }
};

/* An object whose functions are the loads and stores of memory: std::uint64_t load(std::uint64_t offset, std::uint32_t size), and
 * void store(std::uint64_t offset, std::uint32_t size, std::uint64_t value). An exception of theirs becomes EIO, or the errno of a
 * std::system_error in std::generic_category; it goes no further. */
template <class T>
concept device = requires(T &object, std::uint64_t offset, std::uint32_t size, std::uint64_t value) {
    { object.load(offset, size) } -> std::convertible_to<std::uint64_t>;
    object.store(offset, size, value);
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

    paging::process process(const std::string &name) const { return process(name, paging_process_options{}); }

    /* size is set here. */
    paging::process process(const std::string &name, paging_process_options given) const
    {
        given.size = sizeof given;
        paging_process made;
        check(paging_process_create(raw(), name.c_str(), &given, &made));
        return paging::process(made, has_hits_);
    }
    paging::process clone(const image &of) const
    {
        paging_process made;
        check(paging_process_clone(raw(), of.raw(), nullptr, &made));
        return paging::process(made, has_hits_);
    }
    paging::process load(std::span<const std::byte> saved) const
    {
        paging_process made;
        check(paging_process_load_bytes(raw(), saved.data(), saved.size(), nullptr, &made));
        return paging::process(made, has_hits_);
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
    paging::file host_file(const std::string &path, std::uint32_t rights = PAGING_READ, bool create = false) const
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
    paging::group group(const std::string &name, std::optional<std::uint64_t> limit_frames = std::nullopt) const
    {
        return make<paging::group, paging_group>(paging_group_create, raw(), name.c_str(), limit_frames.value_or(PAGING_UNLIMITED));
    }
    paging::swap swap_on_memory(std::uint64_t length) const
    {
        return make<paging::swap, paging_swap>(paging_swap_on_memory, raw(), length);
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
    paging_machine machine() const
    {
        paging_machine found{};
        found.size = sizeof found;
        check(paging_machine_get(raw(), &found));
        return found;
    }

private:
    template <class Object, class Handle, class Call, class... Arguments>
    static Object make(Call call, Arguments... arguments)
    {
        Handle made;
        check(call(arguments..., &made));
        return Object(made);
    }
    template <class Call>
    static std::int32_t caught(Call call) noexcept
    {
        try {
            call();
            return 0;
        } catch (const std::system_error &refused) {
            bool is_errno = refused.code().category() == std::generic_category() && refused.code().value() > 0;
            return is_errno ? -refused.code().value() : -PAGING_EIO;
        } catch (...) {
            return -PAGING_EIO;
        }
    }

    bool has_hits_ = true;
};

}    // namespace paging
#endif
