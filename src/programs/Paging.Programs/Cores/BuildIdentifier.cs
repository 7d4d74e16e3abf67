using System.Buffers.Binary;

namespace Paging.Programs.Cores;

/// <summary>Reads bytes at an offset of an image. Returns how many there are.</summary>
internal delegate int ImageReader(uint offset, Span<byte> bytes);

/// <summary>The build identifier of an ELF image of 32 bits: the note NT_GNU_BUILD_ID, which linkers derive from its contents.</summary>
internal static class BuildIdentifier
{
    private const uint Note = 4, Identifier = 3, OwnerByteLength = 4;    // PT_NOTE, NT_GNU_BUILD_ID, "GNU"
    private const int SegmentsMax = 64, NotesByteLengthMax = 4096;

    /// <summary>Finds it; null if the image has none, or not in the part that can be read.</summary>
    public static byte[]? Find(ImageReader read)
    {
        byte[] bytes = new byte[ElfHeader.ByteLength];
        if (read(0, bytes) != bytes.Length || !ElfHeader.TryParse(bytes, out ElfHeader header)) return null;
        int count = Math.Min((int)header.SegmentCount, SegmentsMax);
        byte[] segments = new byte[count * ElfSegment.ByteLength];
        if (header.SegmentByteLength != ElfSegment.ByteLength || read(header.SegmentsOffset, segments) != segments.Length) return null;
        for (int i = 0; i < count; i++)
        {
            ElfSegment segment = ElfSegment.Parse(segments.AsSpan(i * ElfSegment.ByteLength));
            if ((uint)segment.Kind != Note || segment.FileByteLength > NotesByteLengthMax) continue;
            byte[] notes = new byte[segment.FileByteLength];
            if (read(segment.Offset, notes) == notes.Length && FindIn(notes) is { } found) return found;
        }

        return null;
    }

    private static byte[]? FindIn(ReadOnlySpan<byte> notes)
    {
        const int header = 12;
        while (notes.Length >= header)
        {
            ulong owner = BinaryPrimitives.ReadUInt32LittleEndian(notes), content = BinaryPrimitives.ReadUInt32LittleEndian(notes[4..]);
            uint kind = BinaryPrimitives.ReadUInt32LittleEndian(notes[8..]);
            ulong contentAt = header + ((owner + 3) & ~3ul), end = contentAt + ((content + 3) & ~3ul);
            if (contentAt + content > (ulong)notes.Length) return null;
            if (kind == Identifier && owner == OwnerByteLength && notes.Slice(header, 3).SequenceEqual("GNU"u8))
                return notes.Slice((int)contentAt, (int)content).ToArray();
            notes = notes[(int)Math.Min(end, (ulong)notes.Length)..];
        }

        return null;
    }
}
