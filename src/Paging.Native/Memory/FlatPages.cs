using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Paging.Native.Diagnostics;

namespace Paging.Native.Memory;

/// <summary>A run of the host's addresses, in pages of 4 KiB that can only be read: each shows a frame of shared RAM, or zeros.</summary>
/// <remarks>Linux: mmap(2) with MAP_FIXED, which replaces a mapping at once; a reader beside it sees the old page or the new one.</remarks>
internal sealed class FlatPages : SafeHandle, IPinnable
{
    private readonly PhysicalMemory _ram;
    private readonly nuint _byteLength;

    /// <summary>Reserves the addresses. All pages show zeros.</summary>
    /// <exception cref="PlatformNotSupportedException">The host is none for it.</exception>
    /// <exception cref="InvalidOperationException">The host has no room for so many addresses.</exception>
    // SAFETY: the mapping is new, and only this object gives it back.
    public unsafe FlatPages(PhysicalMemory ram, PageCount count)
        : base(invalidHandleValue: 0, ownsHandle: true)
    {
        if (!OperatingSystem.IsLinux() || Environment.SystemPageSize != VirtualAddress.PageSize)
            throw new PlatformNotSupportedException("A flat view needs a Linux host with pages of 4 KiB.");
        _ram = ram;
        _byteLength = (nuint)count.Bytes;
        void* address = LinuxMemory.MapZeros(null, _byteLength);
        if (address == null) throw new InvalidOperationException("The host has no room for the addresses of the view.");
        SetHandle((nint)address);
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>Some of the bytes; dangling after Dispose. Precondition: all of them lie in the run.</summary>
    // SAFETY: the bytes are compared with the run.
    public unsafe ReadOnlySpan<byte> BytesAt(ulong offset, int byteLength)
    {
        if (offset > _byteLength || (ulong)byteLength > _byteLength - offset) ThrowOutside(offset, byteLength);
        return new(Address + offset, byteLength);
    }

    /// <summary>Shows frames that follow one another. Returns false if the host refuses: it allows a number of mappings only.</summary>
    // SAFETY: the caller's pages are of this run, and the frames of RAM, whose file has them at their physical addresses.
    public unsafe bool TryShow(PageCount first, PageCount count, FrameNumber frame) =>
        OperatingSystem.IsLinux()
        && LinuxMemory.TryMapForReading(Address + first.Bytes, (nuint)count.Bytes, _ram.File!, (long)frame.Address.Value);

    /// <summary>Shows zeros. Returns false if the host refuses.</summary>
    // SAFETY: as TryShow.
    public unsafe bool TryHide(PageCount first, PageCount count) =>
        OperatingSystem.IsLinux() && LinuxMemory.MapZeros(Address + first.Bytes, (nuint)count.Bytes) != null;

    /// <summary>Keeps the addresses until the handle is disposed.</summary>
    // SAFETY: the run is held until Unpin.
    public unsafe MemoryHandle Pin()
    {
        bool isHeld = false;
        DangerousAddRef(ref isHeld);
        return new(Address, pinnable: this);
    }

    private unsafe byte* Address => (byte*)handle;

    [DoesNotReturn]
    private static void ThrowOutside(ulong offset, int byteLength) =>
        Check.ThrowUnmet($"BytesAt: {byteLength} bytes at {offset} do not lie in the run.");

    MemoryHandle IPinnable.Pin(int elementIndex) => Pin();

    void IPinnable.Unpin() => DangerousRelease();

    // SAFETY: gives back exactly the mapping of the constructor; the runtime guarantees a single call.
    protected override unsafe bool ReleaseHandle() =>
        OperatingSystem.IsLinux() && LinuxMemory.Unmap((void*)handle, _byteLength);
}
