using System.Buffers.Binary;
using Paging.Native;

namespace Paging.Guest.Abi;

//   4 bytes │ 4 bytes │
//  ┌────────┬─────────┬───────────┬────────┬─ …
//  │ address│ length  │ the bytes │ address│      one after the other, in the order in which they were written
//  └────────┴─────────┴───────────┴────────┴─ …
/// <summary>The kernel's writes to a program's memory since the last <see cref="Clear"/>.</summary>
internal sealed class KernelWrites
{
    private const int HeaderByteLength = 8;

    private byte[] _bytes = new byte[4096];
    private int _byteLength;

    /// <summary>All of it, in the form of the picture.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _byteLength);

    /// <summary>Records written bytes.</summary>
    public void Add(VirtualAddress at, ReadOnlySpan<byte> bytes)
    {
        int needed = _byteLength + HeaderByteLength + bytes.Length;
        if (needed > _bytes.Length) Array.Resize(ref _bytes, Math.Max(needed, 2 * _bytes.Length));
        Span<byte> free = _bytes.AsSpan(_byteLength);
        BinaryPrimitives.WriteUInt32LittleEndian(free, at.Value);
        BinaryPrimitives.WriteInt32LittleEndian(free[4..], bytes.Length);
        bytes.CopyTo(free[HeaderByteLength..]);
        _byteLength = needed;
    }

    /// <summary>Drops all records.</summary>
    public void Clear() => _byteLength = 0;

    /// <summary>Takes the first write from bytes of that form. Returns false if there is none.</summary>
    public static bool TryTake(ref ReadOnlySpan<byte> all, out VirtualAddress at, out ReadOnlySpan<byte> bytes)
    {
        at = default;
        bytes = default;
        if (all.IsEmpty) return false;
        at = new(BinaryPrimitives.ReadUInt32LittleEndian(all));
        int byteLength = BinaryPrimitives.ReadInt32LittleEndian(all[4..]);
        bytes = all.Slice(HeaderByteLength, byteLength);
        all = all[(HeaderByteLength + byteLength)..];
        return true;
    }
}
