using Paging.Core;
using Paging.Core.Files;
using Paging.Core.Snapshots;
using Paging.Native;

namespace Paging.Windows.Saving;

/// <summary>A section as it is saved.</summary>
/// <param name="Name">Its name; empty without one.</param>
/// <param name="Protection">The protection that it was made with.</param>
/// <param name="Flags">Its flags.</param>
/// <param name="ByteLength">Its size in bytes.</param>
internal readonly record struct SavedSection(string Name, PageProtection Protection, SectionFlags Flags, long ByteLength)
{
    private const SectionFlags Known =
        SectionFlags.File | SectionFlags.Image | SectionFlags.Reserve | SectionFlags.Commit | SectionFlags.NoCache;

    /// <summary>Of a section of a file or of the page file: how its pages are saved.</summary>
    public SavedFile File { get; init; }

    /// <summary>Of an image section: the place of its image, from 1; otherwise 0.</summary>
    public uint Image { get; init; }

    /// <summary>Of a SEC_RESERVE section of the page file: the committed pages; otherwise null.</summary>
    public SavedRun[]? Committed { get; init; }

    /// <summary>True for a section of the page file.</summary>
    public bool IsOfPageFile => (Flags & SectionFlags.File) == 0;

    /// <summary>The pages that have a byte of it.</summary>
    public ulong PageCount => ((ulong)ByteLength + VirtualAddress.OffsetMask) >> VirtualAddress.PageShift;

    /// <summary>The pages that the commitment is charged for.</summary>
    public long Charge => !IsOfPageFile ? 0 : Committed?.Sum(static run => (long)run.Count) ?? (long)PageCount;

    public void WriteTo(ChecksummedWriter writer)
    {
        writer.Write(Name);
        writer.Write((uint)Protection);
        writer.Write((uint)Flags);
        writer.Write((ulong)ByteLength);
        writer.Write(Image);
        if (Image == 0) SavedImage.WriteFile(writer, File);
        writer.Write(Committed is null ? 0u : 1);
        if (Committed is not null) SavedRun.Write(writer, Committed);
    }

    /// <exception cref="InvalidDataException">The values do not describe a section.</exception>
    public static SavedSection Read(ChecksummedReader reader, SavedMemory[] memories, SavedImage[] images)
    {
        SavedSection section = new(reader.ReadText(), (PageProtection)reader.ReadWord(), (SectionFlags)reader.ReadWord(),
            (long)reader.ReadLong())
        { Image = reader.ReadWord() };
        if (section.Image > (uint)images.Length) throw ChecksummedReader.Damaged("a section is of an image that is not there");
        if (section.Image == 0) section = section with { File = SavedImage.ReadFile(reader, memories.Length) };
        bool isReserved = reader.ReadWord() != 0;
        if (section.ByteLength is <= 0 or > GuestFile.ByteLengthMax) throw Damaged();
        if (isReserved) section = section with { Committed = SavedRun.Read(reader, section.PageCount) };
        return section.IsSound(memories, images) ? section : throw Damaged();
    }

    private bool IsSound(SavedMemory[] memories, SavedImage[] images)
    {
        bool isImage = (Flags & SectionFlags.Image) != 0, isReserve = (Flags & SectionFlags.Reserve) != 0;
        if ((Flags & ~Known) != 0 || isImage != (Image != 0) || isReserve != (Committed is not null)) return false;
        if (Image != 0) return !IsOfPageFile && ByteLength == images[Image - 1].Image.ByteLength;
        if (!IsOfPageFile) return true;
        // Its pages are those of one memory, which no other has
        return File.Memory != 0 && memories[File.Memory - 1] is { Kind: FileKind.SharedAnonymous } memory && memory.ByteLength == ByteLength
            && (ByteLength & VirtualAddress.OffsetMask) == 0;
    }

    private static InvalidDataException Damaged() => ChecksummedReader.Damaged("a section has a value out of its range");
}
