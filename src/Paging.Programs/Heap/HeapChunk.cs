using System.Diagnostics.Contracts;

namespace Paging.Programs;

//  chunk + 0   ┌──────────────────────────────┐
//              │ bytes of the chunk below     │  valid only where that one is free
//        + 4   ├──────────────────────────┬─┬─┤
//              │ bytes of this one, × 8   │M│P│  P: the one below is in use     M: a mapping of its own
//        + 8   ├──────────────────────────┴─┴─┤ ◄ what the program is given, a multiple of 16
//              │ the program's bytes          │  free: next and previous of its bin
//              └──────────────────────────────┘
/// <summary>The second word of a chunk: how large it is, and two flags. As in glibc's malloc on i386.</summary>
internal readonly record struct HeapChunk(uint Word)
{
    public const uint Alignment = 16;
    public const uint ByteLengthMin = 16;

    /// <summary>From a chunk to what the program is given.</summary>
    public const uint HeaderByteLength = 8;

    private const uint BelowInUse = 1, Mapped = 2;
    private const uint Flags = 7;    // chunks begin 8 bytes behind a multiple of 16, and the top ends at a page: its size is one of 8

    public uint ByteLength => Word & ~Flags;
    public bool IsBelowInUse => (Word & BelowInUse) != 0;
    public bool IsMapped => (Word & Mapped) != 0;

    public static HeapChunk Of(uint byteLength, bool isBelowInUse) => new(byteLength | (isBelowInUse ? BelowInUse : 0));

    public static HeapChunk OfMapping(uint byteLength) => new(byteLength | Mapped);

    [Pure] public HeapChunk With(bool isBelowInUse) => Of(ByteLength, isBelowInUse);

    /// <summary>The chunk that serves a request: a word of overhead, as a chunk in use lends the first word of the next. Linux: glibc request2size.</summary>
    public static uint ByteLengthFor(uint requested) =>
        Math.Max(ByteLengthMin, (requested + sizeof(uint) + Alignment - 1) & ~(Alignment - 1));

    /// <summary>How many bytes of a chunk the program may use: malloc_usable_size.</summary>
    public static uint UsableBytes(HeapChunk chunk) => chunk.ByteLength - (chunk.IsMapped ? MappedHeaderByteLength : sizeof(uint));

    /// <summary>Bytes in front of what the program is given in a chunk with a mapping of its own: two links, a spare word, the size.</summary>
    public const uint MappedHeaderByteLength = 16;
}
