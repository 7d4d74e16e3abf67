using System.Buffers.Binary;
using System.Numerics;
using Paging.Core.Accounting;
using Paging.Core.Areas;
using Paging.Core.Files;
using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core.Faults;

/// <summary>Makes the accesses to pages of a device, which are never present: each access faults and ends here.</summary>
/// <remarks>
/// The engine's state is consistent before each call and unchanged after it, so a device may throw.
/// No managed allocation. Linux: no function; the memory bus does this.
/// </remarks>
internal sealed class DeviceAccess(ThreadGuard guard, OpenFileTable files)
{
    private const int PieceMax = sizeof(ulong);

    /// <summary>Stores single bytes to one page of a device, as <c>rep stosb</c> does. Precondition: as for <see cref="Load"/>.</summary>
    public void Fill(Space space, VirtualAddress address, int byteLength, byte value)
    {
        for (int done = 0; done < byteLength; done++) Store(space, address + (uint)done, [value], pieceMax: 1);
    }

    /// <summary>Loads bytes of one page of a device. Precondition: a fault has just found the device there.</summary>
    public void Load(Space space, VirtualAddress address, Span<byte> destination, AccessKind access)
    {
        IMemoryDevice device = Find(space, address, out ulong offset);
        Span<byte> value = stackalloc byte[PieceMax];
        for (int done = 0; done < destination.Length;)
        {
            int length = PieceAt(offset + (uint)done, destination.Length - done);
            guard.BeginCallback();
            try
            {
                ulong loaded = access == AccessKind.Fetch
                    ? device.Fetch(offset + (uint)done, length)
                    : device.Load(offset + (uint)done, length);
                BinaryPrimitives.WriteUInt64LittleEndian(value, loaded);
            }
            finally
            {
                guard.EndCallback();
            }

            value[..length].CopyTo(destination[done..]);
            done += length;
        }
    }

    /// <summary>Stores bytes to one page of a device. Precondition: as for <see cref="Load"/>.</summary>
    /// <param name="space">The address space.</param>
    /// <param name="address">The first byte.</param>
    /// <param name="source">The bytes.</param>
    /// <param name="pieceMax">The most bytes of one store.</param>
    public void Store(Space space, VirtualAddress address, ReadOnlySpan<byte> source, int pieceMax = PieceMax)
    {
        IMemoryDevice device = Find(space, address, out ulong offset);
        Span<byte> value = stackalloc byte[PieceMax];
        for (int done = 0; done < source.Length;)
        {
            int length = Math.Min(PieceAt(offset + (uint)done, source.Length - done), pieceMax);
            value.Clear();
            source.Slice(done, length).CopyTo(value);
            guard.BeginCallback();
            try
            {
                device.Store(offset + (uint)done, length, BinaryPrimitives.ReadUInt64LittleEndian(value));
            }
            finally
            {
                guard.EndCallback();
            }

            done += length;
        }
    }

    /// <summary>The longest piece that begins at an offset: as aligned as the offset, and not longer than what is left.</summary>
    private static int PieceAt(ulong offset, int left)
    {
        int aligned = 1 << Math.Min(BitOperations.TrailingZeroCount(offset), 3);
        return Math.Min(aligned, (int)BitOperations.RoundUpToPowerOf2((uint)left + 1) >> 1);
    }

    private IMemoryDevice Find(Space space, VirtualAddress address, out ulong offset)
    {
        ref readonly Area area = ref space.Areas[space.Areas.Tree.Covering(address.Page)];
        offset = (ulong)area.OffsetOf(address.Page).ByteOffset + (uint)address.OffsetInPage;
        return files.ObjectOf(area.File).Device!;
    }
}
