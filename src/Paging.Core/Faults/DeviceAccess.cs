using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Paging.Core.Files;
using Paging.Core.Spaces;
using Paging.Core.Threads;
using Paging.Native;
using Paging.Native.Translation;

namespace Paging.Core.Faults;

/// <summary>Makes the accesses to pages of a device, which are never present: each access faults and ends here.</summary>
/// <remarks>
/// The engine's state is consistent before each call and unchanged after it, so a device may throw.
/// No managed allocation. Linux: no function; the memory bus does this.
/// </remarks>
internal sealed class DeviceAccess(CallerCheck callers, OpenFileTable files)
{
    private const int PieceMax = sizeof(ulong);

    /// <summary>
    /// Returns true if a device handles the access to a page that was never touched, by the area that the last fault has found.
    /// </summary>
    /// <remarks>False as well where another area was found last: <see cref="FileFault"/> decides then, and remembers the area.</remarks>
    public bool IsKnown(Space space, PageNumber page, AccessKind access) => FindKnown(space, page, access, out _) is not null;

    /// <summary>Makes an access of one piece to the device that the last fault has found. Returns false if it takes the long way.</summary>
    /// <remarks>
    /// Finding the device takes a few loads, so nothing of it is remembered here. Native code, which saves more, finds the page in the
    /// process's tables afterwards (<see cref="INativeDevice"/>).
    /// </remarks>
    /// <param name="space">The space.</param>
    /// <param name="shownIn">The tables of the process; null if it has none.</param>
    /// <param name="address">The address.</param>
    /// <param name="value">What is stored, or was loaded.</param>
    public bool TryAccessKnown<T, TDirection>(Space space, TranslationTables? shownIn, VirtualAddress address, ref T value)
        where T : unmanaged where TDirection : struct, IAccessDirection
    {
        int length = Unsafe.SizeOf<T>();
        if (length is not (1 or 2 or 4 or 8) || (address.Value & (uint)(length - 1)) != 0 || space.Watched is not null) return false;
        if (FindKnown(space, address.Page, TDirection.Kind, out ulong offset) is not { } device) return false;
        if (shownIn is not null) Show(space.Areas.Tree, address.Page, device, offset, shownIn);
        offset += (uint)address.OffsetInPage;
        using HostCall call = callers.Callbacks.Begin();
        if (TDirection.Kind == AccessKind.Write) device.Store(offset, length, WordOf(value));
        else value = ValueOf<T>(device.Load(offset, length));
        return true;
    }

    // Before the call, so that a device which refuses its first access is shown as well.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Show(AreaTree areas, PageNumber page, IMemoryDevice device, ulong offset, TranslationTables tables)
    {
        if (device is not INativeDevice native) return;
        ref readonly Area area = ref areas[areas.Remembered(page)];
        bool mayLoad = PageFaultHandler.AllowsSilently(area, AccessKind.Read);
        bool mayStore = PageFaultHandler.AllowsSilently(area, AccessKind.Write);
        tables.ShowDevice(page, DevicePage.Of(page, mayLoad, mayStore, native.Functions, offset), callers.Callbacks.Word);
        areas.DevicesShownIn = tables;
    }

    private static ulong WordOf<T>(T value) where T : unmanaged
    {
        Span<byte> word = stackalloc byte[PieceMax];
        word.Clear();
        MemoryMarshal.Write(word, value);
        return BinaryPrimitives.ReadUInt64LittleEndian(word);
    }

    private static T ValueOf<T>(ulong word) where T : unmanaged
    {
        Span<byte> bytes = stackalloc byte[PieceMax];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, word);
        return MemoryMarshal.Read<T>(bytes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private IMemoryDevice? FindKnown(Space space, PageNumber page, AccessKind access, out ulong offset)
    {
        offset = 0;
        AreaTree areas = space.Areas.Tree;
        AreaIndex index = areas.Remembered(page);
        if (index.IsNone) return null;
        ref readonly Area area = ref areas[index];
        if (area.First > page || !area.Has(AreaFlags.Device) || !PageFaultHandler.AllowsSilently(area, access)) return null;
        FileObject file = files.ObjectOf(area.File);
        offset = (ulong)area.OffsetOf(page).ByteOffset;
        return offset + VirtualAddress.PageSize <= (ulong)file.ByteLength ? file.Device : null;    // no device has the rest of a last page
    }

    /// <summary>Loads bytes of one page of a device. Returns false if the page is not a device's, or may not be accessed so.</summary>
    public bool TryLoad(Space space, VirtualAddress address, Span<byte> destination, AccessKind access)
    {
        if (Find(space, address, access, out ulong offset) is not { } file) return false;
        if (file.IsRom)    // a load that a store follows, as of an atomic operation
        {
            file.Window!.Memory.Span.Slice((int)offset, destination.Length).CopyTo(destination);
            return true;
        }

        IMemoryDevice device = file.Device!;
        int inside = CountInside(file, offset, destination.Length);
        destination[inside..].Clear();
        Span<byte> value = stackalloc byte[PieceMax];
        for (int done = 0; done < inside;)
        {
            int length = PieceAt(offset + (uint)done, inside - done);
            using HostCall call = callers.Callbacks.Begin();
            ulong loaded = access == AccessKind.Fetch
                ? device.Fetch(offset + (uint)done, length)
                : device.Load(offset + (uint)done, length);
            BinaryPrimitives.WriteUInt64LittleEndian(value, loaded);
            value[..length].CopyTo(destination[done..]);
            done += length;
        }

        return true;
    }

    /// <summary>Stores bytes to one page of a device. Returns false if the page is not a device's, or may not be written.</summary>
    public bool TryStore(Space space, VirtualAddress address, ReadOnlySpan<byte> source)
    {
        if (Find(space, address, AccessKind.Write, out ulong offset) is not { } file) return false;
        IMemoryDevice device = file.Device ?? file.RomStores!;
        int inside = CountInside(file, offset, source.Length);
        Span<byte> value = stackalloc byte[PieceMax];
        for (int done = 0; done < inside;)
        {
            int length = PieceAt(offset + (uint)done, inside - done);
            value.Clear();    // the bytes above a short piece are zeros, not those of the piece before
            source.Slice(done, length).CopyTo(value);
            using HostCall call = callers.Callbacks.Begin();
            device.Store(offset + (uint)done, length, BinaryPrimitives.ReadUInt64LittleEndian(value));
            done += length;
        }

        return true;
    }

    /// <summary>
    /// How many bytes of an access lie in the device. Those after its end, in its last page, are as after the end of a file: loads are
    /// zeros, and stores go nowhere (mmap(2)).
    /// </summary>
    private static int CountInside(FileObject file, ulong offset, int byteLength) =>
        (int)Math.Clamp(file.ByteLength - (long)offset, 0, byteLength);

    /// <summary>The length of the next piece: a power of two that divides the offset and does not exceed the bytes left.</summary>
    private static int PieceAt(ulong offset, int left)
    {
        int aligned = 1 << Math.Min(BitOperations.TrailingZeroCount(offset), 3);    // 8 bytes: the widest access that a device handles
        return Math.Min(aligned, (int)BitOperations.RoundUpToPowerOf2((uint)left + 1) >> 1);    // the highest power of two up to left
    }

    /// <summary>The file of a page of a device or of a ROM; null for any other page.</summary>
    private FileObject? Find(Space space, VirtualAddress address, AccessKind access, out ulong offset)
    {
        offset = 0;
        AreaIndex index = space.Areas.Tree.Covering(address.Page);
        if (index.IsNone) return null;
        ref readonly Area area = ref space.Areas[index];
        if (!area.Has(AreaFlags.Device) || !PageFaultHandler.Allows(area, access)) return null;
        offset = (ulong)area.OffsetOf(address.Page).ByteOffset + (uint)address.OffsetInPage;
        FileObject file = files.ObjectOf(area.File);
        return file.Device is null && !file.IsRom ? null : file;
    }
}
