using System.Collections.Immutable;
using Paging.Core;
using Paging.Scripting.Calls;

namespace Paging.View;

/// <summary>
/// Why a call of the dialect ends as it does: its rule in Linux 6.18, after docs/DIALECT.md, with the kernel's functions, which
/// docs/LINUX-MAP.md names beside ours.
/// </summary>
/// <remarks>
/// Rules with a condition stand in the kernel's order of checks, and before the rule without one, which names all that is left.
/// A test goes through the recordings: every call and outcome in them has a rule, and every function is in one of the documents.
/// </remarks>
internal static class LinuxReasons
{
    private const string Accesses = "load load32 store store32 add fill sum";

    /// <summary>The rules of calls.</summary>
    public static ImmutableArray<LinuxReason> Calls { get; } =
    [
        // Mapping
        new("mmap", "", "The address with MAP_FIXED is taken, and what lay there is unmapped.", "do_mmap, mmap_region",
            static call => HasFlag(call, MapFlags.Fixed)),
        new("mmap", "", "The area is noted, at the hint if it is free, else at the top of the highest free range that is long enough. "
            + "No page is filled before it is touched or populated.", "do_mmap, __get_unmapped_area, mmap_region"),
        new("mmap", "EINVAL", "OFFSET is not a multiple of 4096.", "ia32_mmap", static call => (call.A5 & 0xFFF) != 0),
        new("mmap", "EINVAL", "LEN is 0.", "do_mmap", static call => call.A1 == 0),
        new("mmap", "EINVAL", "A fixed address must be a multiple of 4096.", "__get_unmapped_area",
            static call => HasFlag(call, MapFlags.Fixed) && (call.A0 & 0xFFF) != 0),
        new("mmap", "EINVAL", "Anonymous memory is either MAP_PRIVATE or MAP_SHARED, and only private memory grows down.", "do_mmap",
            static call => HasFlag(call, MapFlags.Anonymous)),
        new("mmap", "EINVAL", "A file is mapped either private or shared, and does not grow down.", "do_mmap"),
        new("mmap", "ENOMEM", "The length, rounded up to pages, reaches 4 GiB.", "do_mmap", static call => call.A1 > 0xFFFF_F000),
        new("mmap", "ENOMEM", "The fixed range ends above the address space, or RLIMIT_AS or RLIMIT_DATA would be exceeded.",
            "__get_unmapped_area, may_expand_vm", static call => HasFlag(call, MapFlags.Fixed)),
        new("mmap", "ENOMEM", "No free range is long enough, or RLIMIT_AS or RLIMIT_DATA would be exceeded.",
            "unmapped_area, may_expand_vm"),
        new("mmap", "EPERM", "A process without privileges maps nothing below 0x1000.", "__get_unmapped_area",
            static call => call.A0 < 0x1000 && HasFlag(call, MapFlags.Fixed)),
        new("mmap", "EPERM", "MAP_LOCKED needs an RLIMIT_MEMLOCK above 0, and an address below 0x1000 needs privileges.", "do_mmap"),
        new("mmap", "EAGAIN", "The locked pages would exceed RLIMIT_MEMLOCK.", "do_mmap"),
        new("mmap", "EEXIST", "MAP_FIXED_NOREPLACE does not replace, and a page of the range is taken.", "do_mmap"),
        new("mmap", "EBADF", "The descriptor is not open.", "ksys_mmap_pgoff"),
        new("mmap", "EACCES", "The descriptor must be open for reading, and for writing as well where shared memory can be written.",
            "do_mmap"),
        new("mmap", "ENODEV", "A directory cannot be mapped.", "do_mmap"),
        new("mmap", "EOPNOTSUPP", "MAP_SHARED_VALIDATE refuses the flags that this file does not support.", "do_mmap"),
        new("munmap", "", "Areas are cut at both ends of the range, and everything in it is taken away; holes are no error.",
            "do_vmi_munmap, __split_vma"),
        new("munmap", "EINVAL", "The address must be a multiple of 4096.", "do_vmi_munmap", static call => (call.A0 & 0xFFF) != 0),
        new("munmap", "EINVAL", "LEN is 0, or the range ends above the address space.", "do_vmi_munmap"),
        new("munmap", "ENOMEM", "The cut would make one area more than the process may have.", "do_vmi_munmap"),
        new("mprotect", "", "The areas in the range get the rights; they are cut at its ends and joined with neighbours that are alike.",
            "mprotect_fixup, vma_modify, change_pte_range"),
        new("mprotect", "EINVAL", "The address must be a multiple of 4096.", "do_mprotect_pkey", static call => (call.A0 & 0xFFF) != 0),
        new("mprotect", "EINVAL", "The rights have unknown bits, or PROT_GROWSDOWN meets an area that does not grow.", "do_mprotect_pkey"),
        new("mprotect", "ENOMEM", "A hole ends the call, or RLIMIT_DATA would be exceeded; what came before has the new rights.",
            "mprotect_fixup, may_expand_vm"),
        new("mprotect", "EACCES", "Shared memory of a descriptor that is not open for writing cannot become writable.", "mprotect_fixup"),
        new("mremap", "", "The range goes to NEWADDR, with its pages; what lay there is unmapped.", "mremap_to, move_vma",
            static call => ((RemapFlags)call.A3 & RemapFlags.Fixed) != 0),
        new("mremap", "", "A shrink unmaps the tail.", "do_mremap, do_vmi_munmap", static call => call.A2 < call.A1),
        new("mremap", "", "An area grows where it is if it ends there and the place after it is free; else its pages move.",
            "do_mremap, move_vma, copy_vma"),
        new("mremap", "EINVAL", "MREMAP_FIXED and MREMAP_DONTUNMAP need MREMAP_MAYMOVE.", "do_mremap",
            static call => ((RemapFlags)call.A3 & RemapFlags.MayMove) == 0 && call.A3 != 0),
        new("mremap", "EINVAL", "The old address must be a multiple of 4096.", "do_mremap", static call => (call.A0 & 0xFFF) != 0),
        new("mremap", "EINVAL", "NEWLEN is 0.", "do_mremap", static call => call.A2 == 0),
        new("mremap", "EINVAL", "Flags are unknown, NEWADDR is unaligned, outside the space or in the old range, or OLDLEN 0 names private "
            + "memory.", "do_mremap, mremap_to"),
        new("mremap", "EFAULT", "The old range must lie inside one area.", "do_mremap"),
        new("mremap", "ENOMEM", "It cannot grow here without MREMAP_MAYMOVE, no range is free, or a limit would be exceeded.",
            "do_mremap, may_expand_vm"),
        new("mremap", "EAGAIN", "The locked pages would exceed RLIMIT_MEMLOCK.", "do_mremap"),
        new("mremap", "EPERM", "A process without privileges maps nothing below 0x1000.", "mremap_to, __get_unmapped_area"),
        new("madvise", "", "The pages are given back: private memory reads as zeros, a file's page as the file.", "zap_page_range_single",
            static call => Advises(call, MemoryAdvice.DontNeed, MemoryAdvice.DontNeedLocked)),
        new("madvise", "", "Pages that are not written again before memory is short may be dropped.", "madvise_free_pte_range",
            static call => Advises(call, MemoryAdvice.Free)),
        new("madvise", "", "The pages are the next to be evicted, or are evicted now.", "madvise_cold_or_pageout_pte_range, reclaim_pages",
            static call => Advises(call, MemoryAdvice.Cold, MemoryAdvice.PageOut)),
        new("madvise", "", "Each page of the range is faulted in.", "faultin_page_range",
            static call => Advises(call, MemoryAdvice.PopulateRead, MemoryAdvice.PopulateWrite)),
        new("madvise", "", "Accesses to the range fault from now on, without an area of its own.", "madvise_guard_install",
            static call => Advises(call, MemoryAdvice.GuardInstall)),
        new("madvise", "", "The areas in the range get the flag; they are cut at its ends and joined with neighbours that are alike.",
            "do_madvise, vma_modify"),
        new("madvise", "EINVAL", "The advice is unknown.", "do_madvise", static call => !Enum.IsDefined((MemoryAdvice)call.A2)),
        new("madvise", "EINVAL", "The address must be a multiple of 4096.", "do_madvise", static call => (call.A0 & 0xFFF) != 0),
        new("madvise", "EINVAL", "An area of the range does not take this advice: its kind, its lock or its rights refuse it.",
            "do_madvise"),
        new("madvise", "ENOMEM", "A part of the range is not mapped; the rest got the advice.", "do_madvise"),
        new("madvise", "EACCES", "MADV_REMOVE needs a shared mapping of a descriptor that is open for writing.", "do_madvise"),
        new("madvise", "EFAULT", "A page lies beyond the end of its file, or is a guard.", "faultin_page_range"),
        new("msync", "", "The written pages of the shared files in the range are noted, or written.", "msync"),
        new("msync", "EINVAL", "The flags are unknown or exclude each other, or the address is not a multiple of 4096.", "msync"),
        new("msync", "ENOMEM", "A part of the range is not mapped.", "msync"),
        new("msync", "EBUSY", "MS_INVALIDATE does not take locked memory.", "msync"),
        new("mlock mlock2", "", "The areas are locked, and their pages faulted in: a writable private page gets a frame of its own.",
            "do_mlock, mlock_fixup, populate_vma_page_range"),
        new("munlock munlockall", "", "The areas lose their lock, and join neighbours that are alike.", "mlock_fixup, vma_modify"),
        new("mlockall", "", "All areas are locked, or those to come.", "apply_mlockall_flags, populate_vma_page_range"),
        new("mlock mlock2 munlock", "ENOMEM", "A part of the range is not mapped or cannot be filled, or RLIMIT_MEMLOCK is exceeded.",
            "do_mlock"),
        new("mlockall", "ENOMEM", "The process is larger than RLIMIT_MEMLOCK.", "apply_mlockall_flags"),
        new("mlock mlock2 mlockall", "EPERM", "RLIMIT_MEMLOCK is 0.", "do_mlock"),
        new("mlock2 mlockall", "EINVAL", "The flags are none of the call's.", "do_mlock"),
        new("brk", "", "The break moves if the range is free and within RLIMIT_DATA; else it stays, and the old one is the result.",
            "brk, do_brk_flags"),
        new("mincore", "", "A page counts if it is mapped here, or lies in the page cache.", "mincore"),
        new("mincore", "EINVAL", "The address must be a multiple of 4096.", "mincore"),
        new("mincore", "ENOMEM", "A part of the range is not mapped.", "mincore"),

        // Files
        new("open openro openwo opendir memfd", "", "The lowest free descriptor; each open is an open file of its own.",
            "do_sys_openat2, memfd_create"),
        new("memfd", "EINVAL", "Unknown flags, or a size of page without MFD_HUGETLB.", "memfd_create"),
        new("memfd", "ENODEV", "There is no pool of pages of this size.", "memfd_create"),
        new("close", "", "The number is free again; mappings keep the file.", "close"),
        new("close", "EBADF", "The descriptor is not open.", "close"),
        new("ftruncate", "EBADF", "The descriptor is not open.", "do_sys_ftruncate"),
        new("pread pwrite", "EBADF", "The descriptor is not open, or not for this.", "ksys_pread64, ksys_pwrite64"),
        new("punch fallocate", "EBADF", "The descriptor is not open, or not for writing.", "shmem_fallocate"),
        new("ftruncate", "", "Pages wholly beyond the new end leave every mapping, private copies included.",
            "shmem_undo_range, unmap_mapping_pages"),
        new("ftruncate", "EINVAL", "The size is negative, or the descriptor is not open for writing.", "do_sys_ftruncate"),
        new("fsync", "", "The dirty pages of the file are written.", "fsync"),
        new("pread", "", "The bytes come from the page cache, which mappings share.", "filemap_read"),
        new("pwrite", "", "The bytes go into the page cache, and mappings see them at once.", "generic_perform_write"),
        new("pread pwrite", "EINVAL", "The offset is negative, or the end passes 2^63 - 1.", "ksys_pread64, ksys_pwrite64"),
        new("punch fallocate", "", "Whole pages of the hole leave the file and all mappings; a part of a page becomes zeros.",
            "shmem_fallocate, shmem_undo_range"),
        new("punch fallocate", "EINVAL", "A negative offset, or a length of 0.", "shmem_fallocate"),
        new("fallocate", "EOPNOTSUPP", "The file system does not support this mode.", "shmem_fallocate"),
        new("fallocate", "ENOSPC", "The file would need more pages than the pool or the file system has.", "shmem_fallocate"),
        new("fsize", "", "The length of the file, as fstat(2) gives it.", "do_sys_openat2"),

        // Accesses by the program, copies by the kernel
        new(Accesses, "", "The area permits the access. A page without an entry, or a store to a read-only one, is a fault that is served.",
            "do_user_addr_fault, handle_pte_fault"),
        new(Accesses, "SEGV_MAPERR", "No area covers the address, and none above it may grow down to it.",
            "do_user_addr_fault, expand_downwards"),
        new(Accesses, "SEGV_ACCERR", "The area does not permit this access.", "do_user_addr_fault"),
        new(Accesses, "BUS_ADRERR", "The page lies wholly beyond the end of its file.", "do_user_addr_fault, do_read_fault"),
        new("copyin copyout", "", "The kernel copies upwards to the first byte that it cannot reach; its faults are the program's.",
            "do_user_addr_fault, handle_pte_fault"),
        new("copyin copyout", "EFAULT", "Not even the first byte can be reached; a copy by the kernel raises no signal.",
            "do_user_addr_fault"),

        // Processes and limits
        new("fork", "", "The child gets a copy of the areas and of the entries. Private pages are read-only in both from now on.",
            "dup_mmap, copy_page_range, anon_vma_fork"),
        new("fork", "ENOMEM", "Memory for the child is short: for its areas and page tables, or for a page that is copied at once.",
            "dup_mmap, copy_page_range"),
        new("exit", "", "The process's mappings go, and frames that were its alone are free.", "exit_mmap"),
        new("rlimit", "", "A limit holds from the next call that would grow what it limits; what is there stays.",
            "do_prlimit, may_expand_vm"),
        new("prctl", "", "The process's policy for transparent huge pages changes; pages that are there stay.", "prctl"),
        new("prctl", "EINVAL", "The option takes no such arguments.", "prctl"),
        new("setpool", "", "The pool gets pages from free memory, or gives back those that are not reserved.", "set_max_huge_pages"),

        // Inspection
        new("maps areas", "", "The areas, as they were cut and joined.", "show_map_vma"),
        new("resident pagemap hugemap", "", "The entries of the range, page by page.", "pte_to_pagemap_entry"),
        new("vm", "", "The pages of all areas, by kind, as /proc/PID/status counts them.", "task_mem"),
        new("faults", "", "The faults that were served since the last question.", "do_user_addr_fault"),
        new("pool", "", "The pool's pages: all, free, reserved, surplus.", "gather_surplus_pages"),
        new("usage", "", "The process's pages: private ones, and those of the pool.", "task_mem"),
        new("tables", "", "The page tables that the process has.", "task_mem"),
        new("smaps", "", "The pages of each area, by kind.", "show_smap"),
    ];

    /// <summary>The rules of faults, by the counter that each of them raises.</summary>
    public static ImmutableArray<(string Counter, LinuxReason Reason)> Faults { get; } =
    [
        ("zero page mapped", Fault("A read of untouched private memory maps the page of zeros, read-only.", "do_anonymous_page")),
        ("anonymous pages filled", Fault("A first store takes a frame of zeros.", "do_anonymous_page")),
        ("pages copied on write", Fault("A store to a page that others may see takes a copy.", "do_wp_page, do_cow_fault")),
        ("pages reused on write", Fault("A store to a page that no other process maps any more makes its entry writable.", "do_wp_page")),
        ("pages of files mapped", Fault("The page of the cache is mapped.", "do_read_fault, do_shared_fault")),
        ("pages mapped around a fault", Fault("Cached pages beside it are mapped in the same fault.",
            "do_fault_around, filemap_map_pages")),
        ("pages swapped in", Fault("The page is read back from its slot, with its neighbours on the device.", "do_swap_page")),
        ("stack growths", Fault("An area that grows down was extended to the address.", "expand_downwards")),
        ("pages written to swap", Fault("A page that was not used lately went to a slot.", "shrink_folio_list, pageout")),
    ];

    /// <summary>Finds the rule of a call, by its first name that has one: a program's mmap2 is an mmap.</summary>
    /// <param name="name">The call.</param>
    /// <param name="outcome">Its error or signal; empty for success.</param>
    /// <param name="call">Its arguments; null if unknown, and then only rules without a condition are looked at.</param>
    public static LinuxReason? Find(string name, string outcome, ScenarioCall? call)
    {
        string spelling = name switch { "mmap2" => "mmap", "fork" or "vfork" or "clone" => "fork", "exit_group" => "exit", _ => name };
        foreach (LinuxReason reason in Calls)
        {
            if (!string.Equals(reason.Outcome, outcome, StringComparison.Ordinal)) continue;
            if (!reason.Calls.Split(' ').Contains(spelling, StringComparer.Ordinal)) continue;
            if (reason.When is null || (call is { } known && reason.When(known))) return reason;
        }

        return null;
    }

    private static LinuxReason Fault(string rule, string functions) => new("", "", rule, functions);

    // A MAP_FIXED_NOREPLACE is a MAP_FIXED.
    private static bool HasFlag(in ScenarioCall call, MapFlags flag) => ((MapFlags)call.A3 & flag) != 0
        || (flag == MapFlags.Fixed && ((MapFlags)call.A3 & MapFlags.FixedNoReplace) != 0);

    private static bool Advises(in ScenarioCall call, params ReadOnlySpan<MemoryAdvice> advice) => advice.Contains((MemoryAdvice)call.A2);
}
