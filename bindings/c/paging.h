/* paging.h - Linux' memory management for 32-bit x86 as a library. C99 and C++17; link with -lpaging. C++20: paging.hpp has it as classes.
 *
 * An engine is a machine's memory: RAM, page tables, a page cache, swap, and processes. A process has 3 GiB of user memory, and the
 * memory calls of Linux with Linux' results. A program of the process makes accesses (paging_read, paging_write, or paging_load32 and
 * its kin, which need no call when the page is cached). An access that would raise a signal on Linux returns -PAGING_EFAULT and the
 * reason.
 *
 *     paging_engine engine;
 *     paging_process process;
 *     paging_engine_create(NULL, &engine);
 *     paging_process_create(engine, "first", NULL, &process);
 *     int64_t at = paging_mmap(process, 0, 8192, PAGING_PROT_READ | PAGING_PROT_WRITE,
 *         PAGING_MAP_PRIVATE | PAGING_MAP_ANONYMOUS, -1, 0);
 *     uint32_t value = 42;
 *     paging_write(process, (uint32_t)at, &value, 4, NULL);
 *     paging_free(engine);
 *
 * UNITS       A guest's addresses and lengths are in bytes, and 32 bits wide. Pages and frames have 4,096 bytes, and numbers.
 *
 * RESULTS     0, or a value that is not negative, if the call succeeded. -1 to -4095: the errno of Linux, negative, as a system call
 *             returns it (PAGING_EINVAL is 22, so such a call returns -PAGING_EINVAL). Below -10000: misuse (PAGING_BAD_HANDLE and the
 *             others), which changes nothing, unless its comment says so. paging_last_error() has a text for misuse, and for some errnos.
 *             No call ends the program, whatever its arguments, as long as its pointers are valid and it is made where calls are
 *             allowed (THREADS, THE HOST). Out parameters that are handles are set to 0 first. Every call sets *fault and *exception;
 *             their kind or code is 0 unless the access was refused for a reason of their own.
 *
 * HANDLES     Each kind is a structure of one word, any, so that passing a process for an engine does not compile. A word is never
 *             used twice. 0 is no handle: pass it where a handle may be missing, as `paging_file none = { 0 }`. A handle whose object
 *             or engine was freed gives PAGING_BAD_HANDLE. paging_free frees a handle of any kind (table below). For languages whose
 *             calls pass a word, and for tests that pass wrong handles on purpose, define PAGING_UNTYPED_HANDLES before the header:
 *             all kinds are uint64_t then, and the calls are the same. PAGING_DECLARATIONS_ONLY leaves out the inline functions, for
 *             programs that read the header.
 *
 * NUMBERS     In a field of options, 0 means the default that its comment names. In an argument, 0 is 0, unless the call's comment gives
 *             it a meaning (the budget of a rewind). PAGING_UNLIMITED means no limit, as an argument and as a result.
 *
 * BOOLEANS    A boolean argument is false if it is 0, and else true. A boolean field of a structure must be 0 or 1.
 *
 * STRUCTURES  Most begin with their size, which the program sets to sizeof before the call. A later library reads what there is and
 *             uses defaults for the rest, so programs keep working when a structure grows.
 *
 * THREADS     An engine belongs to the thread that created it, or that called paging_engine_bind last: other threads get
 *             PAGING_WRONG_STATE. With allow_threads any thread may call. A thread that accesses guest memory needs its own processor
 *             that runs in the process (paging_processor_create, paging_run); others get PAGING_WRONG_STATE. Engines share
 *             nothing.
 *
 * CALLBACKS   The engine calls the program's functions on the thread of the call that needs them, inside that call. They must not
 *             call the engine (PAGING_WRONG_STATE), and must return: no longjmp and no C++ exception may leave them. They return 0, or a
 *             negative errno of Linux (any other answer counts as EIO), which is an I/O error to the guest; paging_last_error then names
 *             the function and its answer.
 *
 * COST        A call costs some 10 ns more than in C#; an access through paging_load32 that hits costs two loads more than a pointer.
 *
 * THE HOST    The library is not unloaded by dlclose. It uses the signals SIGRTMIN (to stop threads for its garbage collection) and
 *             SIGSEGV: a fault outside its own code is passed to the handler that was installed before. A program may install its own
 *             handler later. Nothing here is async-signal-safe: a signal handler must not call the library, not even
 *             paging_version. If it interrupts a call on its thread and calls, the program ends (SIGABRT). Let the handler set a
 *             flag. After fork() the child should call exec: its calls get PAGING_WRONG_STATE, or wait for ever if its thread had
 *             made none before while others did. It must not use inherited translations and windows. The library reserves 4 GiB of
 *             addresses for its managed heap, or a quarter of RLIMIT_AS (ulimit -v) as it is at load, and per engine what its RAM
 *             has. Below some 0.3 GB the first call ends the program (SIGABRT). Nothing runs in the background unless it is asked
 *             for. Linux on x86-64 with glibc 2.36 or later; no other file is needed. LeakSanitizer takes what the managed heap refers to
 *             for used; valgrind.supp of the package names what the library's own thread keeps.
 *
 * WHICH CALL MOVES BYTES
 *
 *     from                        to                        by
 *     guest memory                a value of 1 to 8 bytes   paging_load8 to 64, without a call if the page is cached;
 *                                                           paging_read, always a call; paging_fetch8 to 64: to execute
 *     guest memory                a buffer                  paging_copy_out
 *     guest memory                a pointer to it           paging_span, until the next call; paging_pin, until it is freed;
 *                                                           paging_flat_view_open and paging_window_open, side by side
 *     a file, by its handle       a buffer                  paging_file_read
 *     a file, by a descriptor     a buffer                  paging_pread
 *     a file, by a descriptor     guest memory              paging_read_to: read(2)
 *
 * and back: paging_store8 to 64 and paging_write, paging_copy_in, paging_span_writable, paging_file_write, paging_pwrite,
 * paging_write_from.
 *
 * WHAT PAGING_FREE DOES
 *
 *     an engine                   writes dirty pages to their files, frees everything, and makes all handles of the engine stale. An error
 *                                 of a backing is returned although the engine is gone; PAGING_WRONG_STATE (another thread, a callback):
 *                                 nothing has happened
 *     a process                   ends it if it still runs, and reaps it
 *     a file, a pager             lives on until its last mapping is gone
 *     a snapshot                  its children go to its parent
 *     a swap device               swapoff(2): reads everything back. After an errno, which has a text, the device and its handle stay
 *     a group                     -PAGING_EBUSY: it has processes, and stays
 *     a shadow                    makes every byte accessible
 *     an image                    clones keep its pages
 *     a pin, a view, a window     its pointers are no longer valid
 *     a log, a recorder, a watchpoint, a userfaultfd, a processor, a ledger    ends it
 *
 * docs/decisions/0038 lists what is promised. Names that begin with paging_ or PAGING_ are reserved for the library.
 */
#ifndef PAGING_H
#define PAGING_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The word of a handle. */
typedef uint64_t paging_handle;

#ifdef PAGING_UNTYPED_HANDLES
#define PAGING_HANDLE(kind) typedef paging_handle kind
#else
#define PAGING_HANDLE(kind) typedef struct kind { paging_handle any; } kind
#endif
PAGING_HANDLE(paging_engine);
PAGING_HANDLE(paging_process);
PAGING_HANDLE(paging_file);
PAGING_HANDLE(paging_snapshot);
PAGING_HANDLE(paging_pager);
PAGING_HANDLE(paging_processor);
PAGING_HANDLE(paging_dirty_log);
PAGING_HANDLE(paging_pinned);
PAGING_HANDLE(paging_flat_view);
PAGING_HANDLE(paging_window);
PAGING_HANDLE(paging_swap);
PAGING_HANDLE(paging_group);
PAGING_HANDLE(paging_uffd);
PAGING_HANDLE(paging_events);
PAGING_HANDLE(paging_watchpoint);
PAGING_HANDLE(paging_image);
PAGING_HANDLE(paging_shadow);
PAGING_HANDLE(paging_windows_process);
PAGING_HANDLE(paging_ledger);
PAGING_HANDLE(paging_rewind);
#undef PAGING_HANDLE

/* ---- Results ------------------------------------------------------------------------------------------------------------------- */

enum {
    PAGING_EPERM = 1, PAGING_ENOENT = 2, PAGING_ESRCH = 3, PAGING_EIO = 5, PAGING_EBADF = 9, PAGING_EAGAIN = 11, PAGING_ENOMEM = 12,
    PAGING_EACCES = 13, PAGING_EFAULT = 14, PAGING_EBUSY = 16, PAGING_EEXIST = 17, PAGING_ENODEV = 19, PAGING_EINVAL = 22,
    PAGING_ENOSPC = 28, PAGING_EROFS = 30, PAGING_EOVERFLOW = 75, PAGING_EOPNOTSUPP = 95
};

enum {
    PAGING_BAD_HANDLE = -10001,      /* no such handle, a freed one, or one of another kind */
    PAGING_BAD_ARGUMENT = -10002,    /* NULL, a structure without its size, a value that no call allows */
    PAGING_WRONG_STATE = -10003,     /* not now: another thread, inside a callback, an option that is off */
    PAGING_ENDED = -10004,           /* the process has exited, or was taken back by a snapshot */
    PAGING_TIMEOUT = -10005,         /* another thread neither polled nor rested (shootdown_milliseconds) */
    PAGING_BROKEN = -10006,          /* an invariant of the engine does not hold: please report it */
    PAGING_UNEXPECTED = -10007       /* anything else: please report it */
};

/* Why an access was refused. address is the first byte that cannot be accessed. */
enum {
    PAGING_FAULT_NONE = 0,
    PAGING_FAULT_NOT_MAPPED = 1,     /* SIGSEGV, SEGV_MAPERR */
    PAGING_FAULT_NOT_ALLOWED = 2,    /* SIGSEGV, SEGV_ACCERR */
    PAGING_FAULT_BUS_ERROR = 3,      /* SIGBUS: beyond the end of a file, or its page cannot be read */
    PAGING_FAULT_OUT_OF_MEMORY = 4,  /* nothing can be reclaimed */
    PAGING_FAULT_PENDING = 5,        /* a pager supplies the page later: do so, and make the access again */
    PAGING_FAULT_DEVICE = 6,         /* paging_span and paging_resolve_fault: a device is there, which only accesses reach */
    PAGING_FAULT_UNADDRESSABLE = 7,  /* a byte of a shadow may not be touched */
    PAGING_FAULT_UNINITIALIZED = 8   /* a byte of a shadow was read before it was written */
};

typedef struct paging_fault {
    uint32_t kind;
    uint32_t address;
} paging_fault;

/* The version of the header, as pkg-config and CMake have it: the three parts, and MAJOR * 10000 + MINOR * 100 + PATCH. paging_version is
 * that of the library. */
#define PAGING_VERSION_MAJOR 0
#define PAGING_VERSION_MINOR 1
#define PAGING_VERSION_PATCH 0
#define PAGING_VERSION 100
int32_t paging_version(void);

/* No limit. */
#define PAGING_UNLIMITED UINT64_MAX

/* The reason why the calling thread's last failed call failed. A result below -10000 always has a text. An errno has one if the library
 * read, wrote or searched a file of the host or a saved process (ENOENT, EACCES, EINVAL, EOPNOTSUPP, ENOSPC, EIO and others of the host),
 * had no memory for an object (ENOMEM), could not switch a swap device on or off, or a callback refused. For every other errno, as from Linux'
 * calls, the text is "". Not NULL while there is memory. The thread's next failure replaces the text. */
const char *paging_last_error(void);

/* Frees a handle of any kind, as the table above describes. PAGING_BAD_HANDLE if it was freed before. */
int32_t paging_free(paging_handle object);
#ifndef PAGING_UNTYPED_HANDLES
#define paging_free(object) paging_free((object).any)
#endif

/* ---- Policies of one's own ----------------------------------------------------------------------------------------------------- */

/* Functions about the page in a slot, which a policy may call only while find_victim runs. They return 1 or 0, and PAGING_BAD_ARGUMENT
 * for a free slot. take_accessed: whether the page was accessed since the last call; clears the mark. is_dirty: whether evicting it
 * costs a write. */
typedef struct paging_page_bits {
    uint32_t size;
    uint32_t reserved;
    const void *pages;
    int32_t (*take_accessed)(const void *pages, int32_t slot);
    int32_t (*is_dirty)(const void *pages, int32_t slot);
} paging_page_bits;

enum { PAGING_POLICY_ACCESSED_BITS = 0, PAGING_POLICY_EVERY_ACCESS = 1 };

/* Chooses the page to evict when a frame is needed. With a name (LRU, ARC, ...: paging_replay) the library's own policy runs, and no
 * function is called. Without a name, the program decides:
 *
 *     miss   missed(page), find_victim and evicted(slot, page) while no frame is free, then loaded(slot, page)
 *     hit    hit(slot), only with PAGING_POLICY_EVERY_ACCESS; otherwise the processor sets a bit, and find_victim reads it
 *     gone   removed(slot): unmapped, truncated or freed with its process
 *
 * Slots are small, dense numbers; the last one freed is used first. A page has a number that stays the same while the page is out.
 * find_victim returns a slot, or -1 if nothing is resident. begin gets the number of frames once, when the policy is plugged in. begin,
 * missed, hit, evicted and removed may be NULL. A function that refuses, or a slot without a page, ends the policy: Linux' lists choose
 * from then on. The functions and context must last until the engine is destroyed. */
typedef struct paging_policy {
    uint32_t size;
    uint32_t information;    /* PAGING_POLICY_ACCESSED_BITS; EVERY_ACCESS: each access is a call, and no translation is remembered */
    const char *name;        /* NULL: the functions decide */
    void *context;
    int32_t (*begin)(void *context, uint32_t frames);
    int32_t (*missed)(void *context, uint64_t page);
    int32_t (*loaded)(void *context, int32_t slot, uint64_t page);
    int32_t (*hit)(void *context, int32_t slot);
    int32_t (*find_victim)(void *context, const paging_page_bits *bits);
    int32_t (*evicted)(void *context, int32_t slot, uint64_t page);
    int32_t (*removed)(void *context, int32_t slot);
} paging_policy;

/* ---- Engines ------------------------------------------------------------------------------------------------------------------- */

enum { PAGING_TABLES_CLASSIC = 0, PAGING_TABLES_PAE = 1 };

/* What allows a fetch: PROT_EXEC of the area, or the page tables. Classic page tables have no such right: code in any readable page can
 * be executed then, on stacks too, as on an x86 without NX. */
enum { PAGING_FETCH_AREAS = 0, PAGING_FETCH_TABLES = 1 };

enum { PAGING_OVERCOMMIT_HEURISTIC = 0, PAGING_OVERCOMMIT_ALWAYS = 1, PAGING_OVERCOMMIT_NEVER = 2 };

typedef struct paging_options {
    uint32_t size;
    uint32_t tables;                    /* PAGING_TABLES_CLASSIC: two levels without NX; PAGING_TABLES_PAE */
    uint64_t ram_bytes;                 /* 64 MiB; 1 MiB to 64 GiB. The host commits it as it is touched */
    uint64_t seed;                      /* 1. The same seed and the same calls give the same results, bit for bit */
    uint32_t request_host_huge_pages;   /* 1: RAM in huge pages of the host, if it has any */
    uint32_t share_ram;                 /* 0; 1: RAM lies in a file that other processes can map (paging_ram_file) */
    uint32_t allow_threads;             /* 0: the engine belongs to one thread and pays for no synchronization */
    uint32_t overcommit;                /* PAGING_OVERCOMMIT_HEURISTIC */
    uint32_t overcommit_ratio;          /* 50, percent of RAM */
    uint32_t out_of_memory;             /* 0: report it to the access; 1: kill a process, as Linux does */
    uint32_t max_map_count;             /* 65530 areas in a process */
    uint32_t swappiness;                /* 60; 0 to 200 */
    uint32_t swap_read_ahead_pages;     /* 8 */
    uint32_t attached_spaces_max;       /* 0: 64 processes have a translation cache at a time, more if they take turns, to 256 MiB */
    uint32_t read_ahead_pages;          /* 32 */
    uint32_t fault_around_pages;        /* 16 */
    uint32_t dirty_background_ratio;    /* 10 */
    uint32_t dirty_ratio;               /* 20 */
    uint32_t dirty_expire_ticks;        /* 6 */
    uint32_t zeroed_frames;             /* 0: frames that paging_background keeps zeroed ahead */
    uint32_t huge_pages;                /* 0: vm.nr_hugepages */
    uint32_t surplus_huge_pages;        /* 0: vm.nr_overcommit_hugepages */
    uint32_t transparent_huge_pages;    /* 0: never; 1: where MADV_HUGEPAGE asks for them */
    uint32_t shootdown_milliseconds;    /* 10,000: how long a call waits for a thread that neither polls nor rests */
    const paging_policy *policy;        /* NULL: Linux' two lists. Read during the call */
    uint32_t fetch_rights;              /* PAGING_FETCH_AREAS */
    uint32_t verify_restores;           /* 0; n: every nth restore is compared with a copy of the snapshot; PAGING_BROKEN if it differs */
} paging_options;

/* Fills in the values named above. options->size must be set. */
int32_t paging_options_defaults(paging_options *options);

/* Makes an engine; options may be NULL. */
int32_t paging_engine_create(const paging_options *options, paging_engine *engine);

/* Hands an engine over to the calling thread. The old one must have finished with it. */
int32_t paging_engine_bind(paging_engine engine);

/* Makes one tick of write-back, early reclaim and early zeroing. Call it from the program's own loop, or with allow_threads from a
 * separate thread; none of it runs by itself. Do not call it from a signal handler (THE HOST).
 * Returns the number of pages processed, at most page_budget. */
int32_t paging_background(paging_engine engine, int32_t page_budget);

int32_t paging_sync(paging_engine engine);           /* sync(2) */
int32_t paging_drop_caches(paging_engine engine);    /* vm.drop_caches */
int64_t paging_compact(paging_engine engine);        /* vm.compact_memory; returns how many frames moved */

/* Recounts everything and checks each invariant. Returns the number of findings, 0 if all is well, and their text. Slow. */
int64_t paging_audit(paging_engine engine, char *buffer, uint64_t capacity);

int32_t paging_set_overcommit(paging_engine engine, uint32_t mode, uint32_t ratio);
int32_t paging_set_max_map_count(paging_engine engine, int32_t count);

/* Sets vm.nr_hugepages and returns how many the pool has; a negative count only asks. The three pointers may be NULL. */
int64_t paging_huge_pool_resize(paging_engine engine, int64_t count, int64_t *free_pages, int64_t *reserved, int64_t *surplus);

/* The descriptor of the host's file that holds RAM: frame f lies at 4096 * f, and other processes may map it. It is the library's: do not
 * close it; dup(2) it to keep it longer than the engine. PAGING_WRONG_STATE: share_ram is 0. */
int32_t paging_ram_file(paging_engine engine);

/* ---- Processes ----------------------------------------------------------------------------------------------------------------- */

typedef struct paging_process_options {
    uint32_t size;
    uint32_t is_bottom_up;    /* 0: mappings from mmap_base downwards; 1: the classic layout, upwards */
    uint32_t mmap_base;       /* 0: where Linux would put it */
    uint32_t start_break;     /* 0: 0x0804a000 */
    uint64_t stack_limit;     /* 0: 8 MiB. RLIMIT_STACK */
    uint32_t is_privileged;   /* 1: RLIMIT_MEMLOCK does not apply (CAP_IPC_LOCK) */
    uint32_t reserved;
    paging_group group;       /* 0: none */
    uint32_t has_bounds;      /* 1: the next two hold, for machines other than a PC with Linux. 0: both must be 0 */
    uint32_t lowest_address;  /* the first address that can be mapped, a multiple of 4096; 0 allows page 0 */
    uint32_t highest_address; /* the last one, the end of a page; above 0xbfffffff there is no kernel half. 0: 0xbfffffff */
    uint32_t reserved_too;
} paging_process_options;

typedef struct paging_process_info {
    uint32_t size;
    int32_t id;                  /* 1, 2, 3, ...; never used twice */
    int32_t parent_id;           /* 0: the host created it */
    uint32_t has_exited;
    int32_t exit_code;
    int32_t out_of_memory_score;
    uint32_t area_count;         /* this and the rest: 0 after the exit */
    uint32_t start_break;
    uint32_t program_break;
    uint32_t page_directory;     /* its frame: CR3 */
} paging_process_info;

/* Makes a process with nothing mapped; options may be NULL. */
int32_t paging_process_create(paging_engine engine, const char *name, const paging_process_options *options, paging_process *process);

/* fork(2). A page is copied when one of the two processes first writes to it. -PAGING_ENOMEM: nothing has changed. */
int32_t paging_fork(paging_process process, paging_process *child);

/* Ends a process and frees its memory; its number and exit code stay until paging_free reaps it. */
int32_t paging_exit(paging_process process, int32_t exit_code);

/* A handle of the process with a number, as after the restore of an engine's snapshot. -PAGING_ESRCH: there is none. */
int32_t paging_process_find(paging_engine engine, int32_t id, paging_process *process);

int32_t paging_process_info_get(paging_process process, paging_process_info *info);
int32_t paging_process_set_name(paging_process process, const char *name);
int32_t paging_process_set_score(paging_process process, int32_t score);    /* oom_score_adj: -1000 to 1000 */

enum { PAGING_RLIMIT_DATA = 0, PAGING_RLIMIT_STACK = 1, PAGING_RLIMIT_MEMLOCK = 2, PAGING_RLIMIT_AS = 3 };
int32_t paging_setrlimit(paging_process process, uint32_t limit, uint64_t length);
int32_t paging_getrlimit(paging_process process, uint32_t limit, uint64_t *length);

/* Reserves a range of free addresses: no mapping is placed there, no access is allowed, and no report shows it. MAP_FIXED and munmap take
 * it away, as they do any mapping. */
int32_t paging_reserve(paging_process process, uint32_t start, uint32_t length);

enum { PAGING_THP_ON = 0, PAGING_THP_OFF = 1, PAGING_THP_ONLY_ADVISED = 2 };
int32_t paging_set_transparent_policy(paging_process process, uint32_t policy);    /* PR_SET_THP_DISABLE */

/* ---- Memory calls -------------------------------------------------------------------------------------------------------------- */

enum {
    PAGING_PROT_NONE = 0, PAGING_PROT_READ = 1, PAGING_PROT_WRITE = 2, PAGING_PROT_EXEC = 4, PAGING_PROT_SEM = 8,
    PAGING_PROT_GROWSDOWN = 0x01000000, PAGING_PROT_GROWSUP = 0x02000000
};
enum {
    PAGING_MAP_SHARED = 1, PAGING_MAP_PRIVATE = 2, PAGING_MAP_SHARED_VALIDATE = 3, PAGING_MAP_FIXED = 0x10,
    PAGING_MAP_ANONYMOUS = 0x20, PAGING_MAP_GROWSDOWN = 0x100, PAGING_MAP_DENYWRITE = 0x800, PAGING_MAP_EXECUTABLE = 0x1000,
    PAGING_MAP_LOCKED = 0x2000, PAGING_MAP_NORESERVE = 0x4000, PAGING_MAP_POPULATE = 0x8000, PAGING_MAP_NONBLOCK = 0x10000,
    PAGING_MAP_STACK = 0x20000, PAGING_MAP_HUGETLB = 0x40000, PAGING_MAP_SYNC = 0x80000, PAGING_MAP_FIXED_NOREPLACE = 0x100000
};
enum { PAGING_MREMAP_MAYMOVE = 1, PAGING_MREMAP_FIXED = 2, PAGING_MREMAP_DONTUNMAP = 4 };
enum {
    PAGING_MADV_NORMAL = 0, PAGING_MADV_RANDOM = 1, PAGING_MADV_SEQUENTIAL = 2, PAGING_MADV_WILLNEED = 3, PAGING_MADV_DONTNEED = 4,
    PAGING_MADV_FREE = 8, PAGING_MADV_REMOVE = 9, PAGING_MADV_DONTFORK = 10, PAGING_MADV_DOFORK = 11, PAGING_MADV_MERGEABLE = 12,
    PAGING_MADV_UNMERGEABLE = 13, PAGING_MADV_HUGEPAGE = 14, PAGING_MADV_NOHUGEPAGE = 15, PAGING_MADV_DONTDUMP = 16,
    PAGING_MADV_DODUMP = 17, PAGING_MADV_WIPEONFORK = 18, PAGING_MADV_KEEPONFORK = 19, PAGING_MADV_COLD = 20,
    PAGING_MADV_PAGEOUT = 21, PAGING_MADV_POPULATE_READ = 22, PAGING_MADV_POPULATE_WRITE = 23, PAGING_MADV_DONTNEED_LOCKED = 24,
    PAGING_MADV_COLLAPSE = 25, PAGING_MADV_GUARD_INSTALL = 102, PAGING_MADV_GUARD_REMOVE = 103
};
enum { PAGING_MS_ASYNC = 1, PAGING_MS_INVALIDATE = 2, PAGING_MS_SYNC = 4 };
enum { PAGING_MLOCK_ONFAULT = 1 };
enum { PAGING_MCL_CURRENT = 1, PAGING_MCL_FUTURE = 2, PAGING_MCL_ONFAULT = 4 };

/* The system calls of Linux on the process's memory, with the same arguments, results and errors (see the manual pages of the same
 * names; their behaviour is compared with Linux 6.18). mmap, mremap and brk return the address; it always fits into 32 bits.
 * Mapping costs O(log areas) and takes no memory; removing costs O(pages that are present). */
int64_t paging_mmap(paging_process process, uint32_t address, uint32_t length, uint32_t protection, uint32_t flags, int32_t descriptor,
    uint64_t offset);
int32_t paging_munmap(paging_process process, uint32_t start, uint32_t length);
int32_t paging_mprotect(paging_process process, uint32_t start, uint32_t length, uint32_t protection);
int64_t paging_mremap(paging_process process, uint32_t old_address, uint32_t old_length, uint32_t new_length, uint32_t flags,
    uint32_t new_address);
int64_t paging_brk(paging_process process, uint32_t wanted);    /* the break afterwards; 0 asks for it */
int32_t paging_madvise(paging_process process, uint32_t start, uint32_t length, uint32_t advice);
int32_t paging_mseal(paging_process process, uint32_t start, uint32_t length);
int32_t paging_msync(paging_process process, uint32_t start, uint32_t length, uint32_t flags);
int32_t paging_mlock(paging_process process, uint32_t start, uint32_t length, uint32_t flags);    /* mlock2(2) */
int32_t paging_munlock(paging_process process, uint32_t start, uint32_t length);
int32_t paging_mlockall(paging_process process, uint32_t flags);
int32_t paging_munlockall(paging_process process);
int32_t paging_mincore(paging_process process, uint32_t start, uint32_t length, uint8_t *pages);    /* a byte for each page */
int32_t paging_remap_file_pages(paging_process process, uint32_t start, uint32_t length, uint32_t file_page, uint32_t flags);
int32_t paging_clear_refs(paging_process process, uint32_t kind);    /* what is written to /proc/PID/clear_refs: 1 to 5 */

/* ---- Accesses ------------------------------------------------------------------------------------------------------------------ */

enum { PAGING_ACCESS_READ = 0, PAGING_ACCESS_WRITE = 1, PAGING_ACCESS_FETCH = 2 };

/* A load, a store or a fetch of 1, 2, 4 or 8 bytes at any address, little-endian. -PAGING_EFAULT: nothing was written, and *fault has the
 * reason. Any other errno comes from a device or a watcher that refused. An access that spans two pages happens completely or not at all.
 * fault may be NULL, here and below. value may be unaligned. */
int32_t paging_read(paging_process process, uint32_t address, void *value, uint32_t length, paging_fault *fault);
int32_t paging_write(paging_process process, uint32_t address, const void *value, uint32_t length, paging_fault *fault);
int32_t paging_fetch(paging_process process, uint32_t address, void *value, uint32_t length, paging_fault *fault);

/* Copies upwards and stops at the first byte that faults, as copy_to_user and copy_from_user do. Returns how many bytes were copied,
 * fewer than length after a fault. A length is less than 2 GiB. */
int64_t paging_copy_in(paging_process process, uint32_t address, const void *source, uint64_t length, paging_fault *fault);
int64_t paging_copy_out(paging_process process, uint32_t address, void *destination, uint64_t length, paging_fault *fault);
int64_t paging_fill(paging_process process, uint32_t address, uint32_t length, uint32_t value, paging_fault *fault);

/* Finds the host's memory of the bytes from an address to the end of its page. Returns their number, at most length. The pointer is valid
 * until the next call of the engine; with allow_threads, until the thread's next paging_poll, paging_rest or access.
 * paging_span faults like the given access, but its memory must only be read. paging_span_writable faults like a store. */
int64_t paging_span(paging_process process, uint32_t address, uint32_t length, uint32_t access, const void **start, paging_fault *fault);
int64_t paging_span_writable(paging_process process, uint32_t address, uint32_t length, void **start, paging_fault *fault);

/* Faults as an access does, and moves nothing. Returns 1 if the page was missing, 0 if not. */
int32_t paging_touch(paging_process process, uint32_t address, uint32_t access, paging_fault *fault);

/* For a processor that walks the page tables itself: resolves a page fault at address (CR2) with the error code that x86 pushes.
 * 0: execute the instruction again. */
int32_t paging_resolve_fault(paging_process process, uint32_t address, uint32_t error_code, paging_fault *fault);

/* ---- Translations -------------------------------------------------------------------------------------------------------------- */

/* The cached translations of a process's memory, for interpreters and translators: an access that hits needs no call.
 *
 *     addend = t->read[address >> 12]        (t->write for a store)
 *     addend != 0:  the byte is at the host's address addend + address; so are the others up to the end of the page
 *     addend == 0:  miss: paging_read or paging_write, which fill the word if the page may be remembered
 *
 * - A word is set after the access has been allowed once, with the accessed and dirty bits set, so a hit owes the engine nothing.
 *   It is 0 for devices, watched pages, pages that are not writable (write), and for every access that must be seen.
 * - The library changes words and both pointers within its own calls. So load the pointer and the word for each access; do not keep a
 *   host address across a call of the engine. Between two calls on the engine's thread they stay, and a block of translated code may
 *   keep addends in registers. With allow_threads: from one paging_poll of the thread to the next.
 * - Stored words are the library's: do not write to them.
 * - epoch grows whenever a translation is taken away, here or in a processor's TLB that was filled from the page tables.
 * - Fetches: there is no table, since classic page tables have no right to execute. A paging_fetch_window remembers one page instead.
 * - The structure is good until the process is freed or the engine destroyed. After paging_exit every access misses.
 * - devices: at its number modulo 8, a page of a paging_device that was accessed lately. An aligned load or store of 1, 2, 4 or 8 bytes may
 *   call the device's function itself, as paging_load32 and its kin do: *host_call is 0 before, 1 meanwhile, and 0 afterwards; an answer
 *   other than 0 goes to paging_device_refused, whose result is that of the access. Empty with allow_threads.
 * A hit costs two loads more than through a pointer, an access to a device that is found 2 ns more than its function. */
#define PAGING_TRANSLATIONS_VERSION 1

/* A device: memory whose loads and stores are calls. An aligned access of 1, 2, 4 or 8 bytes is exactly one call, in program order;
 * others are split as a bus does it. fetch may be NULL: load is called. Map it with PAGING_MAP_SHARED. The functions and context must
 * last until the engine is destroyed. What they refuse is the result of the access. */
typedef struct paging_device {
    uint32_t size;
    uint32_t reserved;
    void *context;
    int32_t (*load)(void *context, uint64_t offset, uint32_t length, uint64_t *value);
    int32_t (*store)(void *context, uint64_t offset, uint32_t length, uint64_t value);
    int32_t (*fetch)(void *context, uint64_t offset, uint32_t length, uint64_t *value);
} paging_device;

typedef struct paging_device_page {
    uint32_t load_tag;              /* the number of the page plus 1, if it may be read; 0 if not */
    uint32_t store_tag;             /* the same, if it may be written */
    const paging_device *device;
    uint64_t offset;                /* of the page in the device */
} paging_device_page;

typedef struct paging_translations {
    uint32_t version;               /* PAGING_TRANSLATIONS_VERSION: the layout will not change under the same number */
    uint32_t page_shift;            /* 12 */
    const int64_t *read;            /* 2^20 words */
    const int64_t *write;           /* 2^20 words */
    uint64_t epoch;
    paging_process process;
    uint32_t *host_call;            /* of the engine: not 0 while a function of the program runs for it */
    paging_device_page devices[8];
} paging_translations;

/* The translations of a process, the same each time; NULL and paging_last_error() if there is no such process. A hit looks at no
 * thread. So a thread that may not access the memory gets a structure in which nothing hits, and each access through it is a call with
 * its result (PAGING_WRONG_STATE): one without a processor that runs in the process, another than the engine's, and one in a callback.
 * With allow_threads ask after paging_run, and let no other thread use the pointer. The functions below need a structure, not NULL. */
const paging_translations *paging_translations_of(paging_process process);

/* The page of a thread's last fetch in one process: set it to zeros, and give it to paging_fetch8 and its kin. Each fetch has the result of
 * paging_fetch; a fetch in the same page needs no call until a translation is taken away (epoch). */
typedef struct paging_fetch_window {
    uint32_t start;
    uint32_t reserved;
    uint64_t addend;    /* 0: no page */
    uint64_t epoch;
} paging_fetch_window;

/* As paging_fetch, and moves the window to the page if its fetches may be remembered. */
int32_t paging_fetch_page(paging_process process, uint32_t address, void *value, uint32_t length, paging_fetch_window *window,
    paging_fault *fault);

/* The result of an access whose device returned a value other than 0. paging_last_error then names the function and the value. */
int32_t paging_device_refused(paging_process process, int32_t answer, uint32_t access, paging_fault *fault);

#ifndef PAGING_DECLARATIONS_ONLY
/* Where a value of length bytes lies that may be read, or written, without a call; NULL: miss, or it reaches into the next page. */
static inline const void *paging_find_read(const paging_translations *t, uint32_t address, uint32_t length)
{
    const int64_t *table = *(const int64_t *const volatile *)&t->read;
    int64_t addend = *(const volatile int64_t *)&table[address >> 12];
    return addend != 0 && length <= 4096 - (address & 4095) ? (const void *)(uintptr_t)((uint64_t)addend + address) : NULL;
}

static inline void *paging_find_write(const paging_translations *t, uint32_t address, uint32_t length)
{
    const int64_t *table = *(const int64_t *const volatile *)&t->write;
    int64_t addend = *(const volatile int64_t *)&table[address >> 12];
    return addend != 0 && length <= 4096 - (address & 4095) ? (void *)(uintptr_t)((uint64_t)addend + address) : NULL;
}

/* What follows a miss is not inlined, and gives the value in a register, so that a hit needs no stack. */
#if defined(__GNUC__)
#define PAGING_APART __attribute__((noinline, unused))
#else
#define PAGING_APART inline
#endif
typedef struct paging_loaded { uint64_t value; int32_t result; uint32_t reserved; } paging_loaded;    /* result as of paging_read */

/* As paging_read and paging_write: by the device's function, if its page is known, and else by a call. */
static PAGING_APART paging_loaded paging_load_missed(const paging_translations *t, uint32_t address, uint32_t length,
    paging_fault *fault)
{
    const paging_device_page *known = &t->devices[(address >> 12) % 8];
    paging_loaded loaded = { 0, 0, 0 };
    if (known->load_tag != (address >> 12) + 1 || (address & (length - 1)) != 0 || *t->host_call != 0) {
        loaded.result = paging_read(t->process, address, &loaded.value, length, fault);    /* little-endian, as the host */
        return loaded;
    }
    *t->host_call = 1;
    loaded.result = known->device->load(known->device->context, known->offset + (address & 4095), length, &loaded.value);
    *t->host_call = 0;
    if (loaded.result != 0) loaded.result = paging_device_refused(t->process, loaded.result, PAGING_ACCESS_READ, fault);
    return loaded;
}

static PAGING_APART int32_t paging_store_missed(const paging_translations *t, uint32_t address, uint64_t value, uint32_t length,
    paging_fault *fault)
{
    const paging_device_page *known = &t->devices[(address >> 12) % 8];
    int32_t answer;
    if (known->store_tag != (address >> 12) + 1 || (address & (length - 1)) != 0 || *t->host_call != 0)
        return paging_write(t->process, address, &value, length, fault);
    *t->host_call = 1;
    answer = known->device->store(known->device->context, known->offset + (address & 4095), length, value);
    *t->host_call = 0;
    return answer == 0 ? 0 : paging_device_refused(t->process, answer, PAGING_ACCESS_WRITE, fault);
}

static PAGING_APART paging_loaded paging_fetch_missed(const paging_translations *t, paging_fetch_window *window, uint32_t address,
    uint32_t length, paging_fault *fault)
{
    paging_loaded loaded = { 0, 0, 0 };
    loaded.result = paging_fetch_page(t->process, address, &loaded.value, length, window, fault);
    return loaded;
}
#undef PAGING_APART

/* Loads and stores of 1, 2, 4 and 8 bytes, as paging_read and paging_write. A hit, and what a known
 * device grants, returns 0 and leaves *fault alone. */
#define PAGING_DEFINE_ACCESS(bits) \
    static inline int32_t paging_load##bits(const paging_translations *t, uint32_t address, uint##bits##_t *value, paging_fault *fault) \
    { \
        const int64_t *table = *(const int64_t *const volatile *)&t->read; \
        const uint64_t addend = *(const volatile uint64_t *)&table[address >> 12]; \
        if (addend != 0 && (address & 4095) <= 4096 - bits / 8) { \
            memcpy(value, (const void *)(uintptr_t)(addend + address), bits / 8); \
            return 0; \
        } else { \
            const paging_loaded loaded = paging_load_missed(t, address, bits / 8, fault); \
            if (loaded.result == 0) *value = (uint##bits##_t)loaded.value; \
            return loaded.result; \
        } \
    } \
    static inline int32_t paging_store##bits(const paging_translations *t, uint32_t address, uint##bits##_t value, paging_fault *fault) \
    { \
        const int64_t *table = *(const int64_t *const volatile *)&t->write; \
        const uint64_t addend = *(const volatile uint64_t *)&table[address >> 12]; \
        if (addend != 0 && (address & 4095) <= 4096 - bits / 8) { \
            memcpy((void *)(uintptr_t)(addend + address), &value, bits / 8); \
            return 0; \
        } else { \
            return paging_store_missed(t, address, value, bits / 8, fault); \
        } \
    }
#define PAGING_DEFINE_FETCH(bits) \
    static inline int32_t paging_fetch##bits(const paging_translations *t, paging_fetch_window *window, uint32_t address, \
        uint##bits##_t *value, paging_fault *fault) \
    { \
        if (address - window->start <= 4096 - bits / 8 && window->addend != 0 \
            && window->epoch == *(const volatile uint64_t *)&t->epoch) { \
            memcpy(value, (const void *)(uintptr_t)(window->addend + address), bits / 8); \
            return 0; \
        } else { \
            const paging_loaded loaded = paging_fetch_missed(t, window, address, bits / 8, fault); \
            if (loaded.result == 0) *value = (uint##bits##_t)loaded.value; \
            return loaded.result; \
        } \
    }
PAGING_DEFINE_ACCESS(8)
PAGING_DEFINE_ACCESS(16)
PAGING_DEFINE_ACCESS(32)
PAGING_DEFINE_ACCESS(64)
PAGING_DEFINE_FETCH(8)
PAGING_DEFINE_FETCH(16)
PAGING_DEFINE_FETCH(32)
PAGING_DEFINE_FETCH(64)
#undef PAGING_DEFINE_FETCH
#undef PAGING_DEFINE_ACCESS
#endif    /* PAGING_DECLARATIONS_ONLY */

/* ---- Files --------------------------------------------------------------------------------------------------------------------- */

enum { PAGING_READ = 1, PAGING_WRITE = 2, PAGING_READ_WRITE = 3 };    /* rights with which a file may be opened */
enum { PAGING_O_APPEND = 1024, PAGING_O_DIRECT = 16384 };

/* A file's storage, provided by the program. read and write return the number of bytes moved, or a negative errno. All but read may be
 * NULL: the file is read-only then. The engine reads and writes whole pages, several in one call. */
typedef struct paging_backing {
    uint32_t size;
    uint32_t allows_concurrent_reads;    /* 1: with allow_threads, read may run on several threads, and beside write */
    void *context;
    uint64_t length;                     /* of the file when it is created */
    int32_t (*read)(void *context, uint64_t offset, void *bytes, uint32_t length);
    int32_t (*write)(void *context, uint64_t offset, const void *bytes, uint32_t length);
    int32_t (*set_length)(void *context, uint64_t length);
    int32_t (*flush)(void *context);
    void (*release)(void *context);      /* after the last use of the file */
} paging_backing;

/* A file in the engine's RAM, as in tmpfs; one of the host, through the page cache; a directory; one whose storage the program has. */
int32_t paging_file_create(paging_engine engine, const char *name, uint64_t length, paging_file *file);
int32_t paging_file_open_host(paging_engine engine, const char *path, uint32_t rights, uint32_t create, paging_file *file);
int32_t paging_directory_create(paging_engine engine, const char *name, paging_file *file);
int32_t paging_file_create_backed(paging_engine engine, const char *name, const paging_backing *backing, uint32_t rights,
    paging_file *file);

/* A file whose shared mappings are a paging_device (see "Translations"). */
int32_t paging_device_create(paging_engine engine, const char *name, const paging_device *device, uint64_t length, uint32_t rights,
    paging_file *file);

/* Memory of the program as a file: its shared mappings show it, as fast as RAM. A multiple of 4,096 bytes, fewer than 2 GiB, at an
 * address that is a multiple, too. It must stay until the engine is destroyed. */
int32_t paging_host_memory_create(paging_engine engine, const char *name, void *start, uint64_t length, uint32_t rights,
    paging_file *file);

/* A ROM: shared mappings read and fetch the program's memory at start, under the rules above, as fast as RAM. Stores go to the function
 * store of stores, as a device's do (its load and fetch are never called, and may be NULL), or are ignored: stores is NULL. Should they
 * fault, use paging_host_memory_create with PAGING_READ alone. The program may change the bytes at any time. */
int32_t paging_rom_create(paging_engine engine, const char *name, void *start, uint64_t length, const paging_device *stores,
    paging_file *file);

/* Opens a file for a process; returns the descriptor, for paging_mmap and the calls below. A pager's file is paging_pager_file. */
int32_t paging_file_open(paging_file file, paging_process process, uint32_t rights, uint32_t flags);

/* Reads and writes a file for the host, through the page cache. They return the number of bytes. */
int64_t paging_file_read(paging_file file, int64_t offset, void *destination, uint64_t length);
int64_t paging_file_write(paging_file file, int64_t offset, const void *source, uint64_t length);
int32_t paging_file_set_length(paging_file file, uint64_t length);
int64_t paging_file_length(paging_file file);

/* What a file's seals forbid, as F_SEAL_ of fcntl(2); add_seals is F_ADD_SEALS. */
enum {
    PAGING_SEAL_SEAL = 1, PAGING_SEAL_SHRINK = 2, PAGING_SEAL_GROW = 4, PAGING_SEAL_WRITE = 8, PAGING_SEAL_FUTURE_WRITE = 16,
    PAGING_SEAL_EXEC = 32
};

int32_t paging_file_add_seals(paging_file file, uint32_t seals);

/* ---- Descriptors --------------------------------------------------------------------------------------------------------------- */

/* The file calls of a process. memfd_create's flags are those of Linux. paging_read_to and paging_write_from are read(2) and write(2)
 * with the process's own memory; paging_pread and paging_pwrite move bytes of the host. */
int32_t paging_memfd_create(paging_process process, const char *name, uint32_t flags);
int32_t paging_close(paging_process process, int32_t descriptor);
int64_t paging_pread(paging_process process, int32_t descriptor, void *destination, uint64_t length, int64_t offset);
int64_t paging_pwrite(paging_process process, int32_t descriptor, const void *source, uint64_t length, int64_t offset);
int64_t paging_read_to(paging_process process, int32_t descriptor, uint32_t address, uint32_t length);
int64_t paging_write_from(paging_process process, int32_t descriptor, uint32_t address, uint32_t length);
int64_t paging_lseek(paging_process process, int32_t descriptor, int64_t offset, uint32_t whence);    /* SEEK_SET 0 to SEEK_HOLE 4 */
int32_t paging_ftruncate(paging_process process, int32_t descriptor, int64_t length);
int64_t paging_fsize(paging_process process, int32_t descriptor);
int32_t paging_fsync(paging_process process, int32_t descriptor);
int32_t paging_fallocate(paging_process process, int32_t descriptor, uint32_t mode, int64_t offset, int64_t length);
int32_t paging_punch(paging_process process, int32_t descriptor, int64_t offset, int64_t length);
int32_t paging_fadvise(paging_process process, int32_t descriptor, int64_t offset, int64_t length, uint32_t advice);

/* ---- Pagers -------------------------------------------------------------------------------------------------------------------- */

/* Results of request. Any other result counts as PAGING_PAGE_FAILED. */
enum {
    PAGING_PAGE_SUPPLIED = 0,    /* the 4,096 bytes are written */
    PAGING_PAGE_ZEROS = 1,
    PAGING_PAGE_LATER = 2,       /* the access ends with PAGING_FAULT_PENDING; call paging_pager_supply, and make it again */
    PAGING_PAGE_FAILED = 3       /* SIGBUS */
};

/* store takes a page that was written through a shared mapping; NULL: such mappings fail to write back. */
typedef struct paging_page_source {
    uint32_t size;
    uint32_t reserved;
    void *context;
    int32_t (*request)(void *context, uint32_t page, void *bytes);
    int32_t (*store)(void *context, uint32_t page, const void *bytes);
} paging_page_source;

/* Memory whose pages the program supplies when they are first touched. Open its file with paging_file_open, and map the descriptor. */
int32_t paging_pager_create(paging_engine engine, const char *name, uint32_t page_count, const paging_page_source *source,
    paging_pager *pager);

#ifndef PAGING_DECLARATIONS_ONLY
/* The file of a pager: the same handle, which is freed once. */
static inline paging_file paging_pager_file(paging_pager pager)
{
    paging_file file;
    memcpy(&file, &pager, sizeof file);
    return file;
}
#endif    /* PAGING_DECLARATIONS_ONLY */

/* The next page that was answered with PAGING_PAGE_LATER and not yet taken; -PAGING_EAGAIN: none. */
int64_t paging_pager_next(paging_pager pager);
int32_t paging_pager_supply(paging_pager pager, uint32_t page, const void *bytes);    /* 4,096 bytes; NULL: zeros. -PAGING_EEXIST */
int32_t paging_pager_fail(paging_pager pager, uint32_t page);
int32_t paging_pager_pending(paging_pager pager);    /* how many pages accesses wait for */

/* ---- Snapshots ----------------------------------------------------------------------------------------------------------------- */

/* Takes a snapshot of a process, or of an engine with all its processes and the memory that they share. Copies only pinned
 * pages, which a restore writes in place. Snapshots of a process form a tree, and each can be restored as often as needed.
 * Files with a backing are not part of it. -PAGING_ENOMEM: the host has no memory for it. */
int32_t paging_snapshot_take(paging_process process, paging_snapshot *snapshot);
int32_t paging_engine_snapshot_take(paging_engine engine, paging_snapshot *snapshot);

/* Restores a snapshot. Costs what has changed since. An engine's snapshot ends the processes that were created since (PAGING_ENDED), and
 * revives those that exited. The handle of a reaped process is stale; paging_process_find gives a new one. */
int32_t paging_snapshot_restore(paging_snapshot snapshot);

/* on: pages that are written in each iteration keep their frames in a restore, which copies their bytes back. Later writes to them do not
 * fault: an iteration of a fuzzer takes a fifth less time and counts fewer faults. Each such page has two frames. Off by default. Has no
 * effect with allow_threads. */
int32_t paging_snapshot_keep_written(paging_snapshot snapshot, int32_t on);

int64_t paging_snapshot_dirty_pages(paging_snapshot snapshot);    /* pages that a restore would put back */
int32_t paging_snapshot_is_valid(paging_snapshot snapshot);       /* 0: its process was reaped */

/* Finds the files that saved processes map or have open, by their names: open_file sets *file to a file of the engine, or leaves it 0 if
 * there is none. It may create the file first. Files with a backing, devices and memory of the host are saved by name, without their
 * contents. find_group, which may be NULL, does the same for the groups of a saved engine; without one, a new group is made. */
typedef struct paging_file_finder {
    uint32_t size;
    uint32_t reserved;
    void *context;
    int32_t (*open_file)(void *context, const char *name, paging_file *file);
    int32_t (*find_group)(void *context, const char *name, paging_group *group);
} paging_file_finder;

/* The name under which the snapshot saves an object, by its number (paging_area's object); NULL: its own. Shared memory with a name is not
 * saved, and the loader asks for it. Counts for save, save_bytes and image_create. */
int32_t paging_snapshot_name(paging_snapshot snapshot, uint32_t object, const char *name);

/* A snapshot as a file of the host: a process, or all of an engine with the memory, the open files and the groups that they share; and a
 * new process from that of a process. -PAGING_EOPNOTSUPP: paging_last_error names what cannot be saved, such as memory that is
 * registered with a userfaultfd. -PAGING_ENOENT: it maps a file that files does not find; files may be NULL. -PAGING_EINVAL: no saved
 * snapshot, or a damaged one. The file has its name only when it is complete: after an error the one before is as it was. */
int32_t paging_snapshot_save(paging_snapshot snapshot, const char *path);
int32_t paging_process_load(paging_engine engine, const char *path, const paging_file_finder *files, paging_process *process);

/* The same in the program's memory, in any engine. save_bytes returns the full length; if it exceeds capacity, the bytes are incomplete.
 * capacity 0 only asks for the length. files may be NULL. */
int64_t paging_snapshot_save_bytes(paging_snapshot snapshot, void *buffer, uint64_t capacity);
int32_t paging_process_load_bytes(paging_engine engine, const void *bytes, uint64_t length, const paging_file_finder *files,
    paging_process *process);

/* Makes new processes from the snapshot of an engine, with everything that they share. Fills in their handles in the order of their saved
 * numbers, and returns their number. PAGING_BAD_ARGUMENT: there are more than capacity; none is made then. files may be NULL. */
int64_t paging_engine_load(paging_engine engine, const char *path, const paging_file_finder *files, paging_process *processes,
    uint32_t capacity);
int64_t paging_engine_load_bytes(paging_engine engine, const void *bytes, uint64_t length, const paging_file_finder *files,
    paging_process *processes, uint32_t capacity);

/* State of the program that belongs to a process, such as the registers of its processor and devices. Snapshots, saved processes, images
 * and clones include it. save sets *bytes to the current bytes, up to 64 MiB, which the library copies, and returns their number. restore
 * gets the bytes of the snapshot, after the memory was restored. Both run inside the call that needs them, and must not call the engine. */
typedef struct paging_host_state {
    uint32_t size;
    uint32_t reserved;
    void *context;
    int32_t (*save)(void *context, const void **bytes);
    int32_t (*restore)(void *context, const void *bytes, uint32_t length);
} paging_host_state;

/* Attaches a state to a process; NULL: none. A loaded or cloned process gets its bytes with this call. The functions and context must
 * last until the engine is destroyed, because an engine's snapshot may revive a process. */
int32_t paging_host_state_set(paging_process process, const paging_host_state *state);

/* ---- Rewind -------------------------------------------------------------------------------------------------------------------- */

/* Records states of a process or an engine, with the program's own state. They are snapshots, which are thinned out with age. budget: the
 * most bytes that they keep besides the memory, 0 for 256 MiB; the oldest are dropped first. spacings: spacing_count pairs of numbers, for
 * the newest states first. The first of a pair is n if one record in n stays, and a multiple of the one before; the second is how many
 * states stay at this spacing. 0 and NULL: each of the last 120, one in 60 of 7,200, one in 3,600 of 216,000 (sixty records a second). */
int32_t paging_rewind_open(paging_process process, uint64_t budget, const uint32_t *spacings, uint32_t spacing_count,
    paging_rewind *rewind);
int32_t paging_engine_rewind_open(paging_engine engine, uint64_t budget, const uint32_t *spacings, uint32_t spacing_count,
    paging_rewind *rewind);

/* Records the state as it is now, and returns its number, which grows. Copies nothing. The errors are those of paging_snapshot_take. */
int64_t paging_rewind_record(paging_rewind rewind);

/* Restores a state, earlier or later, and keeps all states. The next record begins a branch. -PAGING_ENOENT: the state was thinned out
 * (paging_last_error names it). */
int32_t paging_rewind_restore(paging_rewind rewind, int64_t number);

int64_t paging_rewind_find(paging_rewind rewind, int64_t number);    /* the newest state with that number or a lower one; -PAGING_ENOENT */

typedef struct paging_rewind_info {
    uint32_t size;
    uint32_t state_count;
    uint64_t held_bytes;    /* by all snapshots of the process or engine, as of the last record */
    int64_t oldest;         /* numbers; -1: there is none */
    int64_t current;        /* the state that the process or engine was at last */
    int64_t previous;       /* the state before it */
    int64_t next;           /* and after it; of several branches the newest */
} paging_rewind_info;

int32_t paging_rewind_info_get(paging_rewind rewind, paging_rewind_info *info);

/* ---- Images and clones --------------------------------------------------------------------------------------------------------- */

/* The memory of a process, or of all processes of an engine, as it was in a snapshot. It is in the host's memory once, for any number of
 * engines and threads: for example one engine for each worker, with a clone and a snapshot of the clone. A clone reads the image's pages.
 * It copies a page at its first write, and a page of shared memory at its first touch. Making an image reads the pages twice; cloning
 * copies none. An image belongs to no engine: paging_free frees it, and its pages when the last engine with a clone is destroyed. Errors of
 * create are those of paging_snapshot_save_bytes; files may be NULL. */
int32_t paging_image_create(paging_snapshot snapshot, paging_image *image);

/* Saves an image as a file of the host, and opens one by mapping it: a page is read when it is touched, and all programs that open the file
 * share its pages. The file must not change while it is open; save replaces it by a new one. of_engine: not 0 for the image of an engine's
 * snapshot. -PAGING_EINVAL: no such image, one of another version, or a damaged one. -PAGING_EOPNOTSUPP: it has bytes that are marked. */
int32_t paging_image_save(paging_image image, const char *path);
int32_t paging_image_open(const char *path, int32_t of_engine, paging_image *image);

/* A delta: an image that shares the pages of another one, its parent, and has only those that differ by content at the same address.
 * It is cloned like any other, and its file has its own pages and the parent's hash. A clone records which pages it still shares with the
 * parent or an ancestor of it, so the delta of a clone costs what the clone has written; otherwise all pages are compared. The parent may
 * be a delta, up to 64 in a row; save_whole writes all pages, without a parent. of_engine is the parent's. hash: 32 digits, by which a
 * delta names its parent; as paging_report. open_delta, -PAGING_EINVAL: also no delta, or one against another image; paging_last_error has
 * both hashes. open of a delta is -PAGING_EINVAL, too. */
int32_t paging_image_create_delta(paging_snapshot snapshot, paging_image parent, paging_image *image);
int32_t paging_image_open_delta(const char *path, paging_image parent, paging_image *image);
int32_t paging_image_save_whole(paging_image image, const char *path);
int64_t paging_image_own_pages(paging_image image);    /* its pages that no image before it has */
int64_t paging_image_hash(paging_image image, char *buffer, uint64_t capacity);
int32_t paging_process_clone(paging_engine engine, paging_image image, const paging_file_finder *files, paging_process *process);
int64_t paging_image_pages(paging_image image);    /* its pages that are not all zeros */

/* The processes of an engine's image, with the memory that they share, as paging_engine_load: each set has its own. */
int64_t paging_engine_clone(paging_engine engine, paging_image image, const paging_file_finder *files, paging_process *processes,
    uint32_t capacity);
int64_t paging_image_processes(paging_image image);    /* 1: of a process */

/* ---- Core files ---------------------------------------------------------------------------------------------------------------- */

/* A thread of a core file. The registers are those of i386's struct user_regs_struct: ebx, ecx, edx, esi, edi, ebp, eax, ds, es, fs, gs,
 * orig_eax, eip, cs, eflags, esp, ss. */
typedef struct paging_core_thread {
    int32_t id;
    uint32_t registers[17];
} paging_core_thread;

/* Writes a process's memory and its threads as a core file, which gdb opens; the process lives on. The first thread is the one that the
 * signal has ended; signal 0: none did. Pages of zeros, and those that cannot be read, are holes. MADV_DONTDUMP and devices are left
 * out. The file has its name only when it is complete. */
int32_t paging_core_write(paging_process process, const char *path, const paging_core_thread *threads, uint32_t count, int32_t signal);

/* An image from a core file of an i386 program, as the kernel, gdb and paging_core_write write them. root is the folder below which files
 * that the program mapped are read, if they have the same build identifier; NULL: none is, and their pages are bus errors.
 * -PAGING_EINVAL: no such core file, or a damaged one: paging_last_error names the place. threads returns how many the core file has, and
 * fills in as many as fit; 0 for an image of a snapshot. */
int32_t paging_image_from_core(const char *path, const char *root, paging_image *image);
int64_t paging_image_threads(paging_image image, paging_core_thread *threads, uint32_t capacity);

/* ---- Byte shadows -------------------------------------------------------------------------------------------------------------- */

/* What a byte allows: reads and writes; only a write, which makes it good; no access, as in red zones and freed blocks. */
enum { PAGING_BYTE_GOOD = 0, PAGING_BYTE_UNINITIALIZED = 1, PAGING_BYTE_UNADDRESSABLE = 2 };

/* Marks bytes of a process, as valgrind's memcheck does. A refused access is a fault at its first refused byte, with nothing written. Marks
 * go back with snapshots; children, images and clones inherit them. Pages without marks cost nothing; in others each access is a call.
 * open returns the same marks each time; freeing the handle makes every byte good. mark returns -PAGING_ENOMEM, and changes nothing, if a
 * page is not mapped. state returns the state of one byte. find returns the first address that is unaddressable, or with
 * also_uninitialized not good; -PAGING_ENOENT: there is none. set changes two switches, both 1 at first. refuses_uninitialized 0: only
 * unaddressable bytes are refused. is_enforced 0: no byte is refused; the marks are only kept. */
int32_t paging_shadow_open(paging_process process, paging_shadow *shadow);
int32_t paging_shadow_mark(paging_shadow shadow, uint32_t start, uint32_t length, uint32_t state);
int32_t paging_shadow_state(paging_shadow shadow, uint32_t address);
int64_t paging_shadow_find(paging_shadow shadow, uint32_t start, uint32_t length, uint32_t also_uninitialized);
int32_t paging_shadow_set(paging_shadow shadow, uint32_t refuses_uninitialized, uint32_t is_enforced);

/* ---- Reports ------------------------------------------------------------------------------------------------------------------- */

enum {
    PAGING_REPORT_MAPS = 0, PAGING_REPORT_SMAPS = 1, PAGING_REPORT_SMAPS_ROLLUP = 2, PAGING_REPORT_STATUS = 3, PAGING_REPORT_STATM = 4,
    PAGING_REPORT_MEMINFO = 16, PAGING_REPORT_VMSTAT = 17, PAGING_REPORT_SWAPS = 18, PAGING_REPORT_ZONEINFO = 19,
    PAGING_REPORT_BUDDYINFO = 20,                                                                /* of an engine */
    PAGING_REPORT_SPACE_PICTURE = 32, PAGING_REPORT_TABLES_PICTURE = 33, PAGING_REPORT_TREE_PICTURE = 34,    /* of a process */
    PAGING_REPORT_FRAMES_PICTURE = 48,                                                           /* of an engine */
    PAGING_REPORT_COSTS = 64    /* of a ledger: its clock, and a line for each account that has time, with its causes */
};

/* The text of the file of /proc, byte for byte as Linux prints it, in UTF-8. Returns its full length, without the 0 at its end. The length
 * may exceed the buffer: the text is cut then, between characters, and always ends with 0. capacity 0 only asks for the length. A picture
 * is an SVG file: the address space, its page tables, its tree of areas, or all frames; it costs O(frames) and changes nothing. */
int64_t paging_report(paging_process process, uint32_t report, char *buffer, uint64_t capacity);
int64_t paging_engine_report(paging_engine engine, uint32_t report, char *buffer, uint64_t capacity);
int64_t paging_ledger_report(paging_ledger ledger, uint32_t report, char *buffer, uint64_t capacity);

typedef struct paging_area {
    uint32_t start;
    uint32_t end;
    uint32_t protection;    /* PAGING_PROT_ */
    uint32_t flags;         /* Shared 8, GrowsDown 256, Locked 512; others are the engine's own */
    uint64_t offset;        /* in its file */
    uint32_t object;        /* the inode: areas with the same number show the same file or shared memory */
    uint32_t reserved;
    char name[96];          /* cut to 95 bytes; [heap] and [stack] as in maps */
} paging_area;

/* The areas in order. Returns their number, and fills in as many as fit. */
int64_t paging_areas(paging_process process, paging_area *areas, uint32_t capacity);

/* The words of /proc/PID/pagemap. */
int32_t paging_pagemap(paging_process process, uint32_t first_page, uint64_t *words, uint32_t count);

/* Returns the number of pages in a run that are the process's own private copies, which no other process shares since a fork. pages, which
 * may be NULL, gets a 1 or a 0 for each page. */
int64_t paging_own_pages(paging_process process, uint32_t first_page, uint8_t *pages, uint32_t count);

/* ---- Replacement policies ------------------------------------------------------------------------------------------------------ */

typedef struct paging_replay_result {
    uint32_t size;
    uint32_t reserved;
    uint64_t accesses;
    uint64_t stores;
    uint64_t distinct_pages;
    uint64_t misses;            /* first accesses are misses */
    int64_t dirty_evictions;    /* pages evicted that were stored to since they were loaded; -1: OPT evicts none by name */
} paging_replay_result;

/* Runs a trace through so many frames, which are empty at first. policy: FIFO, LRU, CLOCK, CLOCK0, 2Q, ARC, LFU, SIEVE, S3FIFO, OPT, LIRS
 * or LINUX, whatever the case. An access is the page's number times 2, plus 1 if it stores. Needs no engine. Any thread. */
int32_t paging_replay(const char *policy, uint32_t frames, const uint64_t *accesses, uint64_t count, paging_replay_result *result);

/* As paging_replay, with the trace of a file, plain or gzip: lackey, addresses, ARC, LIRS, CSV or oracleGeneral.
 * PAGING_BAD_ARGUMENT: paging_last_error names the line that cannot be read. */
int32_t paging_replay_file(const char *policy, uint32_t frames, const char *path, paging_replay_result *result);

/* ---- Costs --------------------------------------------------------------------------------------------------------------------- */

/* The time that the processes of an engine would take on a machine of a price list, with one virtual clock: docs/COSTS.md. prices is
 * "desktop-2009", "server-2025", or a list's text in JSON, which begins with {. PAGING_BAD_ARGUMENT: another name, or a list with an
 * error, whose place paging_last_error names. processors: 1 to 256, each with TLBs of its own; others are processor 0 to processors - 1.
 *
 * The program reports what it has done: each access (hits, too), each call. The ledger reads the engine's counters and page tables after
 * each report and changes nothing. Events before it was opened cost nothing. An engine's accesses may run on many threads, but reports,
 * and the accesses and calls that they report, must come one at a time. paging_free ends the ledger. */
int32_t paging_ledger_open(paging_engine engine, const char *prices, uint32_t processors, paging_ledger *ledger);

/* Reports an access of 1 to 2^31 - 1 bytes that was done or refused. If step is not 0: a run of accesses of step bytes each, upwards.
 * access: PAGING_ACCESS_. PAGING_ENDED: the process has exited; its last call may still be reported. A process that did not run last on
 * this processor is switched to, and CR3 is loaded. O(pages), some 10 ns for a hit beside the call. */
int32_t paging_ledger_observe(paging_ledger ledger, paging_process process, uint32_t address, uint32_t length, uint32_t step,
    uint32_t access, uint32_t processor);

/* Reports a call that has ended. copied_bytes: the bytes that it copied to or from the program. end_read: a read of bytes of a file, for
 * which the process waits even if they were requested before. end_fork: the parent's call. end_background: paging_background. */
int32_t paging_ledger_end_call(paging_ledger ledger, paging_process process, uint32_t copied_bytes, uint32_t processor);
int32_t paging_ledger_end_read(paging_ledger ledger, paging_process process, paging_file file, uint64_t offset, uint32_t length,
    uint32_t processor);
int32_t paging_ledger_end_fork(paging_ledger ledger, paging_process parent, paging_process child, uint32_t processor);
int32_t paging_ledger_end_background(paging_ledger ledger);

/* As paging_file_create_backed, in the ledger's engine: the file lies on the price list's device, 64 MB or more after the one before.
 * Requests to it are kept until the next report, some 40 bytes each, also after the ledger was freed. */
int32_t paging_ledger_file_create_backed(paging_ledger ledger, const char *name, const paging_backing *backing, uint32_t rights,
    paging_file *file);

typedef struct paging_ledger_times {    /* in picoseconds, but for the counts */
    uint32_t size;
    int32_t process_id;          /* 0: the kernel itself */
    uint64_t user;               /* the program's accesses */
    uint64_t translation;        /* TLB misses: second-level hits and walks */
    uint64_t minor_faults;       /* page faults without I/O, and refused ones */
    uint64_t major_faults;       /* the processor's part of those with I/O */
    uint64_t system_calls;
    uint64_t copies;             /* clearing and copying pages; bytes of calls */
    uint64_t switches;
    uint64_t invalidations;      /* INVLPG, and the wait for other processors */
    uint64_t reclaim;
    uint64_t wait_for_file;
    uint64_t wait_for_swap;
    uint64_t wait_for_write;
    uint64_t wait_for_flush;
    uint64_t minor_fault_count;
    uint64_t major_fault_count;
    uint64_t call_count;
} paging_ledger_times;

/* The account of a process; for no process ({ 0 }), the kernel's. */
int32_t paging_ledger_times_get(paging_ledger ledger, paging_process process, paging_ledger_times *times);

typedef struct paging_ledger_clock {    /* in picoseconds; up to 106 days */
    uint32_t size;
    uint32_t reserved;
    uint64_t now;     /* the end of the last reported step of a processor */
    uint64_t end;     /* when everything has ended that a process waits for */
    uint64_t idle;    /* the time in which all processes waited */
} paging_ledger_clock;

int32_t paging_ledger_clock_get(paging_ledger ledger, paging_ledger_clock *clock);

/* ---- Counters ------------------------------------------------------------------------------------------------------------------ */

typedef struct paging_fault_counts {
    uint32_t size;
    uint32_t reserved;
    int64_t minor;          /* without I/O */
    int64_t major;          /* with I/O */
    int64_t refused;        /* ended in a signal */
    int64_t zero_page;
    int64_t anonymous;      /* zeroed frames */
    int64_t copied;         /* copies on write */
    int64_t reused;         /* writes to pages that had one user left */
    int64_t file_pages;
    int64_t fault_around;
    int64_t stack_grown;
    int64_t swapped_in;
} paging_fault_counts;

/* Counters only grow: a restore does not set them back. */
int32_t paging_faults_get(paging_process process, paging_fault_counts *counts);
int32_t paging_engine_faults_get(paging_engine engine, paging_fault_counts *counts);

typedef struct paging_usage {    /* in pages: the figures of status and statm */
    uint32_t size;
    uint32_t total;
    uint32_t peak_total;
    uint32_t locked;
    uint32_t resident;
    uint32_t peak_resident;
    uint32_t resident_anonymous;
    uint32_t resident_file;
    uint32_t resident_shared;
    uint32_t data;
    uint32_t stack;
    uint32_t code;
    uint32_t page_tables;
    uint32_t swapped;
} paging_usage;

int32_t paging_usage_get(paging_process process, paging_usage *usage);

typedef struct paging_machine {    /* in frames. A pass over all frames */
    uint32_t size;
    uint32_t total;
    uint32_t free;
    uint32_t available;
    uint32_t cached;
    uint32_t dirty;
    uint32_t page_tables;
    uint32_t mapped_anonymous;
    uint32_t shared;
    uint32_t swap_cached;
    uint32_t unevictable;
    uint32_t process_count;
    int64_t commit_limit;
    int64_t committed;
    int64_t swap_total;
    int64_t swap_free;
} paging_machine;

int32_t paging_machine_get(paging_engine engine, paging_machine *machine);

/* ---- Atomics ------------------------------------------------------------------------------------------------------------------- */

/* Atomic operations like x86's with a LOCK prefix: 1, 2, 4 or 8 bytes at any address, with a full fence. add returns the sum, the others
 * the previous value. A page that may not be written faults even if its bytes would not change. */
int32_t paging_atomic_add(paging_process process, uint32_t address, uint64_t amount, uint64_t *result, uint32_t length,
    paging_fault *fault);
int32_t paging_atomic_exchange(paging_process process, uint32_t address, uint64_t value, uint64_t *old, uint32_t length,
    paging_fault *fault);
int32_t paging_atomic_compare_exchange(paging_process process, uint32_t address, uint64_t value, uint64_t comparand, uint64_t *old,
    uint32_t length, paging_fault *fault);

/* ---- Threads ------------------------------------------------------------------------------------------------------------------- */

/* With allow_threads, each thread that accesses guest memory creates its own processor. run selects the process whose memory the thread
 * uses. poll, to be called often, declares that the thread holds no spans and no words of translations. Call rest before the thread
 * blocks or idles. A call that unmaps memory waits for the threads that run in the process until they poll or rest, and returns
 * PAGING_TIMEOUT after shootdown_milliseconds. Calls of the engine need no lock of the program: one runs at a time. */
int32_t paging_processor_create(paging_engine engine, const char *name, paging_processor *processor);
int32_t paging_run(paging_processor processor, paging_process process);
int32_t paging_poll(paging_processor processor);
int32_t paging_rest(paging_processor processor);
int32_t paging_pending_wait(paging_processor processor, uint32_t milliseconds);    /* how long an access waits for a pager; 0 */

/* ---- Dirty logs, pins, flat views ---------------------------------------------------------------------------------------------- */

/* The pages of a process that were written, or the frames of an engine, since the last collection. Several logs may be open. Collecting
 * costs O(written). -PAGING_ENOSPC: there are more than fit, and none was taken. */
int32_t paging_dirty_log_open(paging_process process, paging_dirty_log *log);
int32_t paging_engine_dirty_log_open(paging_engine engine, paging_dirty_log *log);
int32_t paging_dirty_log_count(paging_dirty_log log);
int64_t paging_dirty_log_collect(paging_dirty_log log, uint32_t *numbers, uint32_t capacity);

/* Keeps memory in its frames until the pin is freed, whatever the process does, as FOLL_PIN does in Linux. A pin has parts, one for each
 * run of adjacent frames; paging_pin_part returns the length of one, 0 after the last. Parts are for reading. The parts of a pin with
 * PAGING_ACCESS_WRITE can be written through the pointer of paging_pin_part_writable. Any other pin refuses that (PAGING_WRONG_STATE),
 * because its frames may belong to a read-only file or to other processes. */
int32_t paging_pin(paging_process process, uint32_t start, uint32_t length, uint32_t access, paging_pinned *pin, paging_fault *fault);
int64_t paging_pin_part(paging_pinned pin, uint32_t part, const void **start);
int64_t paging_pin_part_writable(paging_pinned pin, uint32_t part, void **start);

/* Maps pages of a process as one run of the host's addresses, for reading, in an engine with share_ram: the byte at address a is
 * (*bytes)[a - start]. The view shows the pages that were present at the last refresh (open is one), and shows stores of the guest at once.
 * All other pages read as zeros: pages that were touched later or never, or are not readable, pages on a swap device, pages that were not
 * read from their file (PAGING_MADV_POPULATE_READ reads them), and pages of devices, of paging_host_memory_create and of an image. Reading
 * causes no fault and sets no accessed bit. is_current returns 1 until a shown page may no longer be the process's. Such a page may hold
 * anything: refresh before the next read. A refresh costs a pass over the touched pages, and some 10 microseconds for each run of changed
 * pages that are adjacent in RAM. It returns the number of pages that are present and cannot be shown. *bytes is valid until the view is
 * freed or the engine destroyed. */
int32_t paging_flat_view_open(paging_process process, uint32_t start, uint64_t length, paging_flat_view *view, const void **bytes);
int64_t paging_flat_view_refresh(paging_flat_view view);
int32_t paging_flat_view_is_current(paging_flat_view view);

/* ---- Windows of the host ------------------------------------------------------------------------------------------------------ */

/* The memory of a process as 4 GiB of the host's addresses, in an engine with share_ram, for code of the program's own or of its JIT: the
 * byte at a is (*base)[a], for loads and stores, each of one instruction. The host's MMU is the TLB. A page is shown with the rights that
 * it has now; for stores only after its first store, and while no dirty log, snapshot or watchpoint needs to see the next one. When a call
 * takes a page or right from the process, the window loses it before the call returns. Guards of 64 KiB lie below and above, for
 * displacements. flags is 0. A process has one window; it ends with paging_free or its engine, and is empty when the process has ended.
 *
 * An access to a page that is not shown is SIGSEGV. The library installs no handler; the program's own reports it:
 *
 *   SHOWN      execute the instruction again
 *   BY_CALL    the page is never shown (a device, a watched page, memory of the host or of an image, beyond an end): use paging_read
 *   REFUSED    *fault has the reason, as for any access: the guest's own fault
 *   ELSEWHERE  not an address of this window
 *
 * access is PAGING_ACCESS_READ or PAGING_ACCESS_WRITE. paging_window_fault is a call like any other, and not async-signal-safe: leave
 * the signal first. paging_window.h has a trampoline that does so (paging_window_signal), and is async-signal-safe. A callback must not
 * call it. With allow_threads, any number of threads may use a window, each at rest (paging_rest): the host takes a page from all at once.
 * Pass addresses of a window neither to this library nor to the host's kernel: a fault in the library's code does not count as the guest's,
 * and a system call returns EFAULT for a page that is not shown. Use paging_copy_in and paging_copy_out instead.
 * Showing or hiding a page costs some microseconds. Windows are for code that stays on its pages, not for short runs between snapshots
 * (docs/EMBEDDING.md has figures). paging_window_mappings returns the number of the window's mappings on the host. All windows of an engine
 * stay below a quarter of vm.max_map_count: if there are more, the window with the most is emptied. */
enum { PAGING_WINDOW_SHOWN = 0, PAGING_WINDOW_BY_CALL = 1, PAGING_WINDOW_REFUSED = 2, PAGING_WINDOW_ELSEWHERE = 3 };

int32_t paging_window_open(paging_process process, uint32_t flags, paging_window *window, void **base);
int32_t paging_window_fault(paging_window window, const void *host_address, uint32_t access, paging_fault *fault);
int32_t paging_window_mappings(paging_window window);

/* ---- Swap and groups ----------------------------------------------------------------------------------------------------------- */

/* A swap device of the program's own: slots of 4,096 bytes. release may be NULL. */
typedef struct paging_swap_store {
    uint32_t size;
    uint32_t slot_count;    /* 1 to 2^24, with PAE to 2^27 */
    void *context;
    int32_t (*read)(void *context, uint32_t slot, void *bytes);
    int32_t (*write)(void *context, uint32_t slot, const void *bytes);
    void (*release)(void *context);
} paging_swap_store;

int32_t paging_swap_on(paging_engine engine, const char *name, const paging_swap_store *store, paging_swap *swap);
int32_t paging_swap_on_memory(paging_engine engine, uint64_t length, paging_swap *swap);    /* in the host's memory */

/* The same on the device of a ledger's price list. */
int32_t paging_ledger_swap_on(paging_ledger ledger, const char *name, const paging_swap_store *store, paging_swap *swap);
int32_t paging_ledger_swap_on_memory(paging_ledger ledger, uint64_t length, paging_swap *swap);

/* A group of processes with a limit in frames. Processes join when they are created (paging_process_options). */
int32_t paging_group_create(paging_engine engine, const char *name, uint64_t limit_frames, paging_group *group);

/* The same with options. */
typedef struct paging_group_options {
    uint32_t size;
    uint32_t out_of_memory;         /* 0: report it to the access; 1: kill a process of the group */
    uint64_t limit_frames;          /* 0: no limit */
    uint32_t excludes_tables;       /* 1: page tables do not count, as in a simulator */
    uint32_t reserved;
    const paging_policy *policy;    /* NULL: Linux' two lists. Read during the call */
} paging_group_options;

int32_t paging_group_create_with(paging_engine engine, const char *name, const paging_group_options *options, paging_group *group);
int32_t paging_group_set_limit(paging_group group, uint64_t limit_frames);

/* ---- Userfaultfd --------------------------------------------------------------------------------------------------------------- */

/* Features and values are those of userfaultfd(2); missing pages of anonymous memory need no feature. */
enum {
    PAGING_UFFD_FEATURE_WRITE_PROTECTION = 1, PAGING_UFFD_FEATURE_FORK = 2, PAGING_UFFD_FEATURE_REMAP = 4, PAGING_UFFD_FEATURE_REMOVE = 8,
    PAGING_UFFD_FEATURE_MISSING_SHARED = 32, PAGING_UFFD_FEATURE_UNMAP = 64, PAGING_UFFD_FEATURE_SIGNAL = 128,
    PAGING_UFFD_FEATURE_THREAD_ID = 256, PAGING_UFFD_FEATURE_MINOR_SHARED = 1024, PAGING_UFFD_FEATURE_EXACT_ADDRESS = 2048,
    PAGING_UFFD_FEATURE_PROTECT_SHARED = 4096, PAGING_UFFD_FEATURE_PROTECT_UNPOPULATED = 8192, PAGING_UFFD_FEATURE_POISON = 16384,
    PAGING_UFFD_FEATURE_PROTECT_SILENTLY = 32768, PAGING_UFFD_FEATURE_MOVE = 65536
};
enum { PAGING_UFFD_MODE_MISSING = 1, PAGING_UFFD_MODE_WRITE_PROTECT = 2, PAGING_UFFD_MODE_MINOR = 4 };
enum { PAGING_UFFD_FILL_DONT_WAKE = 1, PAGING_UFFD_FILL_WRITE_PROTECT = 2 };
enum {
    PAGING_UFFD_EVENT_PAGE_FAULT = 0x12, PAGING_UFFD_EVENT_FORK = 0x13, PAGING_UFFD_EVENT_REMAP = 0x14, PAGING_UFFD_EVENT_REMOVE = 0x15,
    PAGING_UFFD_EVENT_UNMAP = 0x16
};

typedef struct paging_uffd_message {
    uint32_t size;
    uint32_t event;
    uint32_t address;         /* the page, or where a change begins */
    uint32_t length;          /* of a change */
    uint32_t to;              /* where an area was moved */
    uint32_t is_write;
    uint32_t is_protected;    /* the page is there, and protected from writing */
    uint32_t is_minor;        /* the page is in the page cache, and not mapped */
    int32_t thread;
    uint32_t reserved;
    paging_uffd child;        /* of a fork: the child's userfaultfd, which the reader frees */
} paging_uffd_message;

/* Lets the program handle a process's missing pages, first writes and changes of mappings. An access to a registered page that is missing
 * ends with PAGING_FAULT_PENDING. read reports the page, copy and the others fill it, and the program repeats the access. Results are
 * those of the ioctls of the same names. done, which may be NULL, gets the number of bytes in place, after an error as well. */
int32_t paging_uffd_open(paging_process process, uint32_t features, uint32_t user_mode_only, paging_uffd *uffd);
int32_t paging_uffd_read(paging_uffd uffd, paging_uffd_message *message);    /* -PAGING_EAGAIN: there is no message */
int32_t paging_uffd_register(paging_uffd uffd, uint32_t start, uint64_t length, uint32_t modes);
int32_t paging_uffd_unregister(paging_uffd uffd, uint32_t start, uint64_t length);
int32_t paging_uffd_wake(paging_uffd uffd, uint32_t start, uint64_t length);
int32_t paging_uffd_copy(paging_uffd uffd, uint32_t start, const void *bytes, uint64_t length, uint32_t flags, uint64_t *done);
int32_t paging_uffd_zeropage(paging_uffd uffd, uint32_t start, uint64_t length, uint32_t flags, uint64_t *done);
int32_t paging_uffd_continue(paging_uffd uffd, uint32_t start, uint64_t length, uint32_t flags, uint64_t *done);
int32_t paging_uffd_poison(paging_uffd uffd, uint32_t start, uint64_t length, uint32_t flags, uint64_t *done);
int32_t paging_uffd_move(paging_uffd uffd, uint32_t start, uint32_t source, uint64_t length, uint32_t allow_holes, uint32_t flags,
    uint64_t *done);
int32_t paging_uffd_writeprotect(paging_uffd uffd, uint32_t start, uint64_t length, uint32_t protect, uint32_t flags);

/* ---- Events and watchpoints ---------------------------------------------------------------------------------------------------- */

enum {
    PAGING_EVENT_MINOR_FAULT = 0, PAGING_EVENT_MAJOR_FAULT = 1, PAGING_EVENT_REFUSED_FAULT = 2, PAGING_EVENT_COPIED = 3,
    PAGING_EVENT_SWAPPED_IN = 4, PAGING_EVENT_SWAPPED_OUT = 5, PAGING_EVENT_DROPPED = 6, PAGING_EVENT_UNMAPPED = 7
};

typedef struct paging_event {    /* fields that say nothing about an event of its kind are 0 */
    uint32_t kind;
    int32_t process;             /* its number; 0 for what reclaim has done */
    uint32_t first_page;
    uint32_t page_count;
    uint32_t frame;
    uint32_t access;             /* PAGING_ACCESS_, of a fault */
    uint32_t refusal;            /* PAGING_FAULT_, of a refused fault */
    uint32_t reserved;
} paging_event;

/* Records the events of all processes of an engine, until the recorder is freed. It keeps the last capacity events, up to 2^20. One
 * recorder at a time: PAGING_WRONG_STATE. drain takes all events, the oldest first, and returns their number; -PAGING_ENOSPC: there are
 * more than fit, and none was taken. */
int32_t paging_events_record(paging_engine engine, uint32_t capacity, paging_events *events);
int32_t paging_events_count(paging_events events);
int64_t paging_events_lost(paging_events events);
int64_t paging_events_drain(paging_events events, paging_event *rows, uint32_t capacity);

enum { PAGING_WATCH_READ = 1, PAGING_WATCH_WRITE = 2, PAGING_WATCH_FETCH = 4 };

typedef struct paging_watched {
    uint32_t address;
    uint32_t access;       /* PAGING_ACCESS_ */
    uint32_t length;
    uint32_t reserved;
    const void *before;    /* the bytes in memory; good during the call, like after */
    const void *after;     /* those that a write will store */
} paging_watched;

/* report may refuse: then the access does not happen, and returns the result of report. */
typedef struct paging_watcher {
    uint32_t size;
    uint32_t reserved;
    void *context;
    int32_t (*report)(void *context, const paging_watched *access);
} paging_watcher;

/* Reports each access to some bytes before it happens, until the watchpoint is freed. A process may have any number
 * of them, of any length. They cost other memory nothing. While there is one, all accesses to the process's devices are calls. It does not
 * report accesses to a device, which sees them itself, nor accesses through spans and pins that were given out before. */
int32_t paging_watch(paging_process process, uint32_t start, uint32_t length, uint32_t accesses, const paging_watcher *watcher,
    paging_watchpoint *watchpoint);

/* ---- Windows ------------------------------------------------------------------------------------------------------------------- */

enum {
    PAGING_WINDOWS_MEM_COMMIT = 0x1000, PAGING_WINDOWS_MEM_RESERVE = 0x2000, PAGING_WINDOWS_MEM_DECOMMIT = 0x4000,
    PAGING_WINDOWS_MEM_RELEASE = 0x8000, PAGING_WINDOWS_MEM_FREE = 0x10000, PAGING_WINDOWS_MEM_RESET = 0x80000,
    PAGING_WINDOWS_MEM_TOP_DOWN = 0x100000, PAGING_WINDOWS_MEM_WRITE_WATCH = 0x200000
};
enum {
    PAGING_WINDOWS_PAGE_NO_ACCESS = 1, PAGING_WINDOWS_PAGE_READ_ONLY = 2, PAGING_WINDOWS_PAGE_READ_WRITE = 4,
    PAGING_WINDOWS_PAGE_WRITE_COPY = 8, PAGING_WINDOWS_PAGE_EXECUTE = 0x10, PAGING_WINDOWS_PAGE_EXECUTE_READ = 0x20,
    PAGING_WINDOWS_PAGE_EXECUTE_READ_WRITE = 0x40, PAGING_WINDOWS_PAGE_GUARD = 0x100
};

typedef struct paging_windows_region {    /* MEMORY_BASIC_INFORMATION */
    uint32_t size;
    uint32_t base;
    uint32_t length;
    uint32_t state;
    uint32_t protection;
    uint32_t allocation_base;
    uint32_t allocation_protection;
    uint32_t kind;
} paging_windows_region;

typedef struct paging_windows_exception {    /* EXCEPTION_RECORD */
    uint32_t code;                           /* 0xc0000005 access violation, 0x80000001 guard page, 0xc0000006 in-page error, ... */
    uint32_t intent;                         /* 0 to read, 1 to write, 8 to execute */
    uint32_t address;
    uint32_t reason;                         /* of an in-page error: the NTSTATUS */
} paging_windows_exception;

/* A process of Windows on the same machine: 2 GiB, allocations of 64 KiB. Calls of this section take it, and paging_free. */
int32_t paging_windows_process_create(paging_engine engine, const char *name, paging_windows_process *process);

#ifndef PAGING_DECLARATIONS_ONLY
/* The process as one whose memory accesses, translations, paging_run and paging_faults_get take; Linux' calls give PAGING_BAD_HANDLE.
 * The same handle, which is freed once. */
static inline paging_process paging_windows_memory(paging_windows_process process)
{
    paging_process memory;
    memcpy(&memory, &process, sizeof memory);
    return memory;
}
#endif    /* PAGING_DECLARATIONS_ONLY */

/* The calls of kernel32. The result is 0 or the last error of Windows, which is positive (87 is ERROR_INVALID_PARAMETER). */
int64_t paging_virtual_alloc(paging_windows_process process, uint32_t address, uint32_t length, uint32_t types, uint32_t protection,
    uint32_t *result);
int64_t paging_virtual_free(paging_windows_process process, uint32_t address, uint32_t length, uint32_t type);
int64_t paging_virtual_protect(paging_windows_process process, uint32_t address, uint32_t length, uint32_t protection, uint32_t *old);
int64_t paging_virtual_query(paging_windows_process process, uint32_t address, paging_windows_region *region);
int64_t paging_virtual_lock(paging_windows_process process, uint32_t address, uint32_t length);
int64_t paging_virtual_unlock(paging_windows_process process, uint32_t address, uint32_t length);

enum {
    PAGING_WINDOWS_SEC_RESERVE = 0x4000000, PAGING_WINDOWS_SEC_COMMIT = 0x8000000, PAGING_WINDOWS_SEC_IMAGE = 0x1000000
};
enum {
    PAGING_WINDOWS_FILE_MAP_COPY = 1, PAGING_WINDOWS_FILE_MAP_WRITE = 2, PAGING_WINDOWS_FILE_MAP_READ = 4,
    PAGING_WINDOWS_FILE_MAP_EXECUTE = 0x20
};
enum { PAGING_WINDOWS_ERROR_ALREADY_EXISTS = 183 };

/* CreateFileMapping, with all rights to the file; no file ({ 0 }): of the page file. protection: PAGE_ and SEC_. length 0: the file's. name
 * may be NULL; PAGING_WINDOWS_ERROR_ALREADY_EXISTS gives a section too. A section is a number of its process, and lives while it has a
 * handle or a view. map_view is MapViewOfFileEx: offset and address are multiples of 64 KiB, length 0 is all the rest, address 0 the
 * system's choice. flush_view writes to the file; length 0: to the end of the view. */
int64_t paging_create_file_mapping(paging_windows_process process, paging_file file, uint32_t protection, uint64_t length,
    const char *name, uint32_t *section);
int64_t paging_open_file_mapping(paging_windows_process process, uint32_t access, const char *name, uint32_t *section);
int64_t paging_close_file_mapping(paging_windows_process process, uint32_t section);
int64_t paging_map_view(paging_windows_process process, uint32_t section, uint32_t access, uint64_t offset, uint32_t length,
    uint32_t address, uint32_t *result);
int64_t paging_unmap_view(paging_windows_process process, uint32_t address);
int64_t paging_flush_view(paging_windows_process process, uint32_t address, uint32_t length);

/* The lowest written pages of a write-watched allocation; *count is how many fit, and how many there were afterwards. */
int64_t paging_get_write_watch(paging_windows_process process, uint32_t address, uint32_t length, uint32_t reset, uint32_t *pages,
    uint32_t *count);

/* As paging_read and paging_write, with the exception that Windows raises. exception may be NULL. */
int32_t paging_windows_read(paging_windows_process process, uint32_t address, void *value, uint32_t length,
    paging_windows_exception *exception);
int32_t paging_windows_write(paging_windows_process process, uint32_t address, const void *value, uint32_t length,
    paging_windows_exception *exception);

/* Processes of Windows as they are at the call, as a file of the host or as bytes: allocations, pages, handles, and the sections that they
 * share. process { 0 }: all of the engine; of one alone, the sections are its own afterwards. load makes all of them or none, and fills in
 * their handles in the order in which they were made. Path, buffer, capacity, files and the result are those of paging_snapshot_save,
 * paging_snapshot_save_bytes and paging_engine_load, as are their errors. Files of the engine's RAM are saved with the sections; the loader
 * asks for the others by name. PAGING_WRONG_STATE of load: the engine has a section of a saved name. */
int32_t paging_windows_save(paging_engine engine, paging_windows_process process, const char *path);
int64_t paging_windows_save_bytes(paging_engine engine, paging_windows_process process, void *buffer, uint64_t capacity);
int64_t paging_windows_load(paging_engine engine, const char *path, const paging_file_finder *files, paging_windows_process *processes,
    uint32_t capacity);
int64_t paging_windows_load_bytes(paging_engine engine, const void *bytes, uint64_t length, const paging_file_finder *files,
    paging_windows_process *processes, uint32_t capacity);

#ifdef __cplusplus
}
#endif
#endif
