using System.Buffers.Binary;

namespace Paging.Programs.Cores;

/// <summary>Goes through the notes of a segment: <c>Elf32_Nhdr</c>, the owner and the content, each padded to words.</summary>
internal ref struct ElfNotes(ReadOnlySpan<byte> notes)
{
    private const int HeaderByteLength = 3 * sizeof(uint);

    private readonly int _byteLength = notes.Length;
    private ReadOnlySpan<byte> _rest = notes;

    /// <summary>The place of the present note in the segment, in bytes.</summary>
    public int At { get; private set; }

    public uint Kind { get; private set; }

    /// <summary>The owner's name, with its zero.</summary>
    public ReadOnlySpan<byte> Owner { get; private set; }

    public ReadOnlySpan<byte> Content { get; private set; }

    /// <summary>True if the notes end within the one that follows.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Goes to the next note. Returns false at the end, and at a note that ends beyond the segment.</summary>
    public bool TryNext()
    {
        if (_rest.Length < HeaderByteLength) return false;
        uint owner = Word(_rest, 0), content = Word(_rest, 4);
        At = _byteLength - _rest.Length;
        Kind = Word(_rest, 8);
        ulong contentAt = HeaderByteLength + Padded(owner);
        IsCut = contentAt + content > (ulong)_rest.Length;
        if (IsCut) return false;
        Owner = _rest.Slice(HeaderByteLength, (int)owner);
        Content = _rest.Slice((int)contentAt, (int)content);
        _rest = _rest[(int)Math.Min(contentAt + Padded(content), (ulong)_rest.Length)..];
        return true;
    }

    private static ulong Padded(uint byteLength) => (byteLength + 3ul) & ~3ul;

    private static uint Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
}
