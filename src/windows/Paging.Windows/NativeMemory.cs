using Paging.Native;
using Paging.Windows.Calls;
using Paging.Windows.Sections;

namespace Paging.Windows;

/// <summary>The native memory calls, with sizes and places written back as the kernel does.</summary>
/// <remarks>After a failure the arguments are as they were, and nothing has changed. They allocate no managed memory.</remarks>
public sealed class NativeMemory
{
    private readonly WindowsProcess _process;
    private readonly WindowsCalls _calls;
    private readonly SectionTable _sections;

    internal NativeMemory(WindowsProcess process, WindowsParts parts) =>
        (_process, _calls, _sections) = (process, parts.Calls, parts.Sections);

    /// <summary>NtAllocateVirtualMemory: reserves, commits or resets pages. Linux: mmap, mprotect.</summary>
    /// <param name="address">The address; 0 for the system's choice.</param>
    /// <param name="zeroBits">The number of high bits of the system's choice that must be zero: 0 to 21.</param>
    /// <param name="byteLength">The length in bytes, counted from the address.</param>
    /// <param name="types">MEM_*.</param>
    /// <param name="protection">PAGE_*.</param>
    public NtStatus NtAllocateVirtualMemory(
        ref VirtualAddress address, uint zeroBits, ref uint byteLength, AllocationTypes types, PageProtection protection) =>
        Leave(_calls.Allocate.Execute(_process.Enter(), ref address, zeroBits, ref byteLength, types, protection, isExtended: false));

    /// <summary>NtAllocateVirtualMemoryEx without extended parameters: as NtAllocateVirtualMemory, with placeholders.</summary>
    public NtStatus NtAllocateVirtualMemoryEx(
        ref VirtualAddress address, ref uint byteLength, AllocationTypes types, PageProtection protection) =>
        Leave(_calls.Allocate.Execute(_process.Enter(), ref address, 0, ref byteLength, types, protection, isExtended: true));

    /// <summary>NtFreeVirtualMemory: decommits or releases pages, also a part of an allocation. Linux: MADV_DONTNEED, munmap.</summary>
    public NtStatus NtFreeVirtualMemory(ref VirtualAddress address, ref uint byteLength, AllocationTypes type) =>
        Leave(_calls.Free.Execute(_process.Enter(), ref address, ref byteLength, type));

    /// <summary>NtProtectVirtualMemory: changes the protection of committed pages of one allocation. Linux: mprotect.</summary>
    public NtStatus NtProtectVirtualMemory(
        ref VirtualAddress address, ref uint byteLength, PageProtection protection, out PageProtection old) =>
        Leave(_calls.Protect.Execute(_process.Enter(), ref address, ref byteLength, protection, out old));

    /// <summary>NtCreateSection: memory that can be mapped. Linux: memfd_create, or the file itself.</summary>
    /// <param name="access">The rights of the handle.</param>
    /// <param name="byteLength">The size; 0 for the file's.</param>
    /// <param name="protection">The most that views may allow.</param>
    /// <param name="flags">SEC_*; a kind is needed.</param>
    /// <param name="file">The file; null for the page file.</param>
    /// <param name="handle">The handle.</param>
    public NtStatus NtCreateSection(
        SectionAccess access, long byteLength, PageProtection protection, SectionFlags flags, WindowsFile? file, out SectionHandle handle)
    {
        int owner = _process.Enter().Space.ProcessId;
        if (file?.IsOf(_process.Machine) == false) throw new ArgumentException("The file belongs to another machine.", nameof(file));
        SectionRequest request = new(access, byteLength, protection, flags, file?.File, file?.Rights ?? default, Name: null);
        return Leave(_calls.CreateSection.Execute(owner, request, out handle));
    }

    /// <summary>NtQuerySection: the size in bytes, and SEC_FILE, SEC_COMMIT or SEC_RESERVE. Linux: fstat.</summary>
    public NtStatus NtQuerySection(SectionHandle handle, out long byteLength, out SectionFlags flags)
    {
        (byteLength, flags) = (0, SectionFlags.None);
        int owner = _process.Enter().Space.ProcessId;
        if (!_sections.TryFind(handle, owner, out SectionObject section, out SectionAccess access)) return NtStatus.InvalidHandle;
        if ((access & SectionAccess.Query) == 0) return NtStatus.AccessDenied;    // rights belong to the handle
        (byteLength, flags) = (section.ByteLength, section.Flags);
        return NtStatus.Success;
    }

    /// <summary>NtMapViewOfSection: maps a part of a section. Linux: mmap with MAP_SHARED, or MAP_PRIVATE for write-copy.</summary>
    /// <param name="handle">The section.</param>
    /// <param name="address">The address; 0 for the system's choice. On success the view's first address.</param>
    /// <param name="zeroBits">The number of high bits of the address that must be zero.</param>
    /// <param name="commitByteLength">The number of bytes to commit at the start of a SEC_RESERVE section.</param>
    /// <param name="offset">The offset in the section, a multiple of 64 KB.</param>
    /// <param name="byteLength">The length in bytes; 0 for all from the offset on. On success whole pages.</param>
    /// <param name="types">MEM_TOP_DOWN, AT_ROUND_TO_PAGE.</param>
    /// <param name="protection">PAGE_*. Pages of an image have those of its sections.</param>
    /// <returns>STATUS_IMAGE_NOT_AT_BASE, a success: an image does not lie at its preferred base.</returns>
    public NtStatus NtMapViewOfSection(
        SectionHandle handle, ref VirtualAddress address, uint zeroBits, uint commitByteLength, long offset, ref uint byteLength,
        AllocationTypes types, PageProtection protection)
    {
        ViewRequest request = new()
        {
            Address = address,
            ZeroBits = zeroBits,
            CommitByteLength = commitByteLength,
            Offset = offset,
            ByteLength = byteLength,
            Types = types,
            Protection = protection,
        };
        if ((types & AllocationTypes.RoundToPage) != 0) request = request with { Address = address.Page.Address };
        NtStatus status = Leave(_calls.MapView.Map(_process.Enter(), handle, request, out PageRange range));
        if (status.IsSuccess()) (address, byteLength) = (range.First.Address, (uint)range.Count.Bytes);
        return status;
    }

    /// <summary>NtUnmapViewOfSection: unmaps the view that has an address. Linux: munmap of the whole area.</summary>
    public NtStatus NtUnmapViewOfSection(VirtualAddress address) => Leave(_calls.MapView.Unmap(_process.Enter(), address));

    private NtStatus Leave(NtStatus status) => _process.Leave(status);
}
