namespace Paging.Programs.Cores;

/// <summary>Reads bytes at an offset of an image. Returns how many there are.</summary>
internal delegate int ImageReader(uint offset, Span<byte> bytes);

/// <summary>The build identifier of an ELF image of 32 bits: the note NT_GNU_BUILD_ID, which linkers derive from its contents.</summary>
internal static class BuildIdentifier
{
    private const uint Identifier = 3;    // NT_GNU_BUILD_ID
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
            if (segment.Kind != ElfSegmentKind.Note || segment.FileByteLength > NotesByteLengthMax) continue;
            byte[] notes = new byte[segment.FileByteLength];
            if (read(segment.Offset, notes) == notes.Length && FindIn(notes) is { } found) return found;
        }

        return null;
    }

    private static byte[]? FindIn(ReadOnlySpan<byte> bytes)
    {
        ElfNotes notes = new(bytes);
        while (notes.TryNext())
            if (notes.Kind == Identifier && notes.Owner.SequenceEqual("GNU\0"u8)) return notes.Content.ToArray();
        return null;
    }
}
