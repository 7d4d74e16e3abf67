using System.Runtime.InteropServices;

namespace Paging.Native.Memory;

//   handle       Start                                                    Start + 4 GiB
//    ├── guard ────┼── page 0 ── page 1 ── …                ── page fffff ──┼── guard ──┤
/// <summary>4 GiB of the host's addresses for the pages of one address space, and no access allowed wherever nothing is shown.</summary>
/// <remarks>
/// A guard lies below and above, so that an access with a small displacement, or one that goes across the end, faults as well.
/// Linux: mmap(2) with MAP_FIXED, which replaces a mapping at once. When it returns, no thread of the host's process reaches the old page.
/// </remarks>
internal sealed class WindowAddresses : SafeHandle
{
    /// <summary>The length of each guard, in bytes.</summary>
    public const uint GuardBytes = 64 << 10;

    private static nuint ByteLength => (nuint)(PageCount.AddressSpace.Bytes + (2 * GuardBytes));

    private readonly PhysicalMemory _ram;

    /// <summary>Reserves the addresses.</summary>
    /// <exception cref="PlatformNotSupportedException">The host is none for it.</exception>
    /// <exception cref="InvalidOperationException">The host has no room for so many addresses.</exception>
    // SAFETY: the mapping is new, and only this object gives it back.
    public unsafe WindowAddresses(PhysicalMemory ram)
        : base(invalidHandleValue: 0, ownsHandle: true)
    {
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess || Environment.SystemPageSize != VirtualAddress.PageSize)
            throw new PlatformNotSupportedException("A window needs a 64-bit Linux host with pages of 4 KiB.");
        _ram = ram;
        void* address = LinuxMemory.MapNothing(null, ByteLength);
        if (address == null) throw new InvalidOperationException("The host has no room for the 4 GiB of addresses of a window.");
        SetHandle((nint)address);
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>The host's address of page 0.</summary>
    public nint Start => handle + (nint)GuardBytes;

    /// <summary>Shows frames that follow one another. Returns false if the host refuses: it allows a number of mappings only.</summary>
    // SAFETY: the pages are below 2^20, and the frames of RAM, whose file has them at their physical addresses.
    public unsafe bool TryShow(PageRange pages, FrameNumber frame, bool isWritable)
    {
        if (!OperatingSystem.IsLinux()) return false;
        nuint length = (nuint)pages.Count.Bytes;
        long offset = (long)frame.Address.Value;
        return isWritable
            ? LinuxMemory.TryMapForWriting(AddressOf(pages), length, _ram.File!, offset)
            : LinuxMemory.TryMapForReading(AddressOf(pages), length, _ram.File!, offset);
    }

    /// <summary>Shows zeros, which can only be read: all pages of the zero frame are one mapping so.</summary>
    // SAFETY: as TryShow.
    public unsafe bool TryShowZeros(PageRange pages) =>
        OperatingSystem.IsLinux() && LinuxMemory.MapZeros(AddressOf(pages), (nuint)pages.Count.Bytes) != null;

    /// <summary>Takes the right to write. Returns false if the host refuses, as it does for pages that are not shown.</summary>
    // SAFETY: as TryShow.
    public unsafe bool TryProtect(PageRange pages) =>
        OperatingSystem.IsLinux() && LinuxMemory.TryProtect(AddressOf(pages), (nuint)pages.Count.Bytes);

    /// <summary>Takes the pages away. Returns false if the host refuses, as it may where it has to cut a mapping in two.</summary>
    // SAFETY: as TryShow.
    public unsafe bool TryHide(PageRange pages) =>
        OperatingSystem.IsLinux() && LinuxMemory.MapNothing(AddressOf(pages), (nuint)pages.Count.Bytes) != null;

    private unsafe byte* AddressOf(PageRange pages) => (byte*)Start + pages.First.Address.Value;

    // SAFETY: gives back exactly the mapping of the constructor; the runtime guarantees a single call.
    protected override unsafe bool ReleaseHandle() =>
        OperatingSystem.IsLinux() && LinuxMemory.Unmap((void*)handle, ByteLength);
}
