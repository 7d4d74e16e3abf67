using Paging.Core.Spaces;
using Paging.Core.Threads;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.Faults;

/// <summary>Accesses to pages that are not cached: those of devices, and those whose accesses are reported.</summary>
/// <remarks>
/// The walk that refused the page was in another hold than the access. If another thread has changed the page in between, neither a
/// watchpoint nor a device is found, and the page is translated again.
/// </remarks>
internal sealed class UncachedAccess(CallerCheck callers, PhysicalMemory ram, DeviceAccess devices)
{
    /// <summary>Loads bytes that lie in one page, after a walk. Returns false if they cannot be read.</summary>
    public bool TryLoad(
        PageTranslation translation, VirtualAddress address, Span<byte> destination, AccessKind access, out MemoryFault fault)
    {
        if (!translation.TryTranslate(address, access, out FrameNumber frame, out fault))
            return TryLoadRefused(translation, address, destination, access, ref fault);
        ram.Bytes(frame).Slice(address.OffsetInPage, destination.Length).CopyTo(destination);
        return true;
    }

    /// <summary>Stores bytes that lie in one page, after a walk. Returns false if they cannot be written.</summary>
    public bool TryStore(PageTranslation translation, VirtualAddress address, ReadOnlySpan<byte> source, out MemoryFault fault)
    {
        if (!translation.TryTranslate(address, AccessKind.Write, out FrameNumber frame, out fault))
            return TryStoreRefused(translation, address, source, ref fault);
        source.CopyTo(ram.Bytes(frame)[address.OffsetInPage..]);
        return true;
    }

    /// <summary>Loads bytes of one page whose walk was refused. Leaves a fault other than Device as it is.</summary>
    public bool TryLoadRefused(
        PageTranslation translation, VirtualAddress address, Span<byte> destination, AccessKind access, ref MemoryFault fault)
    {
        while (fault.Kind == MemoryFaultKind.Device)
        {
            using (callers.Hold())
            {
                Space space = translation.Space;
                if (space.Watched?.Refuses(address, destination.Length, access, ref fault) == true) return false;
                bool isWatched = IsWatched(space, address, access, out FrameNumber frame);
                if (isWatched) space.Watched!.Load(address, destination, ram.Bytes(frame), access);
                if (isWatched || devices.TryLoad(space, address, destination, access)) fault = default;
            }

            if (!fault.IsFault) return true;
            if (translation.TryTranslate(address, access, out FrameNumber plain, out fault))
                ram.Bytes(plain).Slice(address.OffsetInPage, destination.Length).CopyTo(destination);
        }

        return !fault.IsFault;
    }

    /// <summary>Stores bytes of one page whose walk was refused. Leaves a fault other than Device as it is.</summary>
    public bool TryStoreRefused(PageTranslation translation, VirtualAddress address, ReadOnlySpan<byte> source, ref MemoryFault fault)
    {
        while (fault.Kind == MemoryFaultKind.Device)
        {
            using (callers.Hold())
            {
                Space space = translation.Space;
                if (space.Watched?.Refuses(address, source.Length, AccessKind.Write, ref fault) == true) return false;
                bool isWatched = IsWatched(space, address, AccessKind.Write, out FrameNumber frame);
                if (isWatched) space.Watched!.Store(address, source, ram.Bytes(frame));
                if (isWatched || devices.TryStore(space, address, source)) fault = default;
            }

            if (!fault.IsFault) return true;
            if (translation.TryTranslate(address, AccessKind.Write, out FrameNumber plain, out fault))
                source.CopyTo(ram.Bytes(plain)[address.OffsetInPage..]);
        }

        return !fault.IsFault;
    }

    /// <summary>Stores a byte to the rest of a page, or to some of it, whose walk was refused. Returns how many bytes are stored.</summary>
    /// <remarks>All at once where accesses are reported; a device gets one, as from <c>rep stosb</c>, and the caller goes on.</remarks>
    public int FillRefused(PageTranslation translation, VirtualAddress address, int byteLength, byte value, ref MemoryFault fault)
    {
        int inPage = (int)VirtualAddress.PageSize - address.OffsetInPage;
        bool isWatched = translation.Space.Watched?.Contains(address.Page) == true;
        Span<byte> part = stackalloc byte[isWatched ? Math.Min(byteLength, inPage) : 1];
        part.Fill(value);
        return TryStoreRefused(translation, address, part, ref fault) ? part.Length : StoreBefore(translation, fault, address, part);
    }

    /// <summary>Loads the bytes before the one that a shadow refuses, and returns their number: it refuses bytes, not pages.</summary>
    public int LoadBefore(PageTranslation translation, MemoryFault refused, VirtualAddress address, Span<byte> destination)
    {
        int count = CountBefore(refused, address);
        MemoryFault fault = new(MemoryFaultKind.Device, address);
        return count != 0 && TryLoadRefused(translation, address, destination[..count], AccessKind.Read, ref fault) ? count : 0;
    }

    /// <summary>Stores the bytes before the one that a shadow refuses, and returns their number.</summary>
    public int StoreBefore(PageTranslation translation, MemoryFault refused, VirtualAddress address, ReadOnlySpan<byte> source)
    {
        int count = CountBefore(refused, address);
        MemoryFault fault = new(MemoryFaultKind.Device, address);
        return count != 0 && TryStoreRefused(translation, address, source[..count], ref fault) ? count : 0;
    }

    /// <summary>Returns the number of bytes before the one that a shadow refuses; 0 if the access was refused for another reason.</summary>
    private static int CountBefore(MemoryFault refused, VirtualAddress address) =>
        refused.Kind is MemoryFaultKind.Unaddressable or MemoryFaultKind.Uninitialized ? (int)(refused.Address - address) : 0;

    /// <summary>Returns true if the page has a watchpoint and is not a device's, which handles its accesses itself.</summary>
    private bool IsWatched(Space space, VirtualAddress address, AccessKind access, out FrameNumber frame)
    {
        frame = default;
        if (space.Watched?.Contains(address.Page) != true) return false;
        PageTableEntry entry = UserWalk.Translate(space.Tables, ram, address.Page, access == AccessKind.Write);
        frame = entry.Frame;
        return entry.IsPresent && ram.HasBytes(frame);
    }
}
