using System.Diagnostics.Contracts;

namespace Paging.Programs.Heap;

//  chunk + 0   ┌──────────────────────────────┐
//              │ bytes of the chunk below     │  valid only where that one is free
//        + 4   ├──────────────────────────┬─┬─┤
//              │ bytes of this one, × 8   │M│P│  P: the one below is in use     M: a mapping of its own
//        + 8   ├──────────────────────────┴─┴─┤ ◄ the address that the program gets, a multiple of 16
//              │ the program's bytes          │  free: next and previous of its bin
//              └──────────────────────────────┘
/// <summary>The second word of a chunk: its size and two flags, as in glibc's malloc on i386.</summary>
internal readonly record struct HeapChunk(uint Word)
{
    public const uint Alignment = 16;
    public const uint ByteLengthMin = 16;

    /// <summary>The distance from a chunk to the address that the program gets.</summary>
    public const uint HeaderByteLength = 8;

    private const uint BelowInUse = 1, Mapped = 2;
    // Chunks begin 8 bytes after a multiple of 16 and the top ends at a page, so the size of the top is only a multiple of 8.
    private const uint Flags = 7;

    public uint ByteLength => Word & ~Flags;
    public bool IsBelowInUse => (Word & BelowInUse) != 0;
    public bool IsMapped => (Word & Mapped) != 0;

    public static HeapChunk Of(uint byteLength, bool isBelowInUse) => new(byteLength | (isBelowInUse ? BelowInUse : 0));

    public static HeapChunk OfMapping(uint byteLength) => new(byteLength | Mapped);

    [Pure] public HeapChunk With(bool isBelowInUse) => Of(ByteLength, isBelowInUse);

    /// <summary>Returns the size of the chunk for a request. glibc: request2size.</summary>
    /// <remarks>The overhead is one word, because a chunk in use also uses the first word of the next chunk.</remarks>
    public static uint ByteLengthFor(uint requested) =>
        Math.Max(ByteLengthMin, (requested + sizeof(uint) + Alignment - 1) & ~(Alignment - 1));

    /// <summary>Returns the bytes of a chunk that the program may use, as malloc_usable_size does.</summary>
    public static uint UsableBytes(HeapChunk chunk) => chunk.ByteLength - (chunk.IsMapped ? MappedHeaderByteLength : sizeof(uint));

    /// <summary>The bytes before the program's address in a chunk with its own mapping: two links, a spare word, the size.</summary>
    public const uint MappedHeaderByteLength = 16;
}
