using Paging.Core.Files;
using Paging.Native;

namespace Paging.Core.Snapshots;

/// <summary>Memory that a saved process shares, and that is saved with it: a memory file, shared anonymous memory, or a segment of
/// System V.</summary>
/// <param name="Name">Its name in reports.</param>
/// <param name="Kind"><see cref="FileKind.Memory"/>, <see cref="FileKind.SharedAnonymous"/> or <see cref="FileKind.HugePages"/>.</param>
/// <param name="Rights">The rights that it can be opened with.</param>
/// <param name="Seals">Its seals.</param>
/// <param name="IsCommitted">True if its pages were committed when it was created.</param>
/// <param name="IsSegment">True for a segment of System V.</param>
/// <param name="ByteLength">Its size in bytes.</param>
/// <param name="HugeOrder">For a file of huge pages, the binary logarithm of the small pages of one; otherwise 0.</param>
internal readonly record struct SavedMemory(
    string Name, FileKind Kind, FileRights Rights, FileSeals Seals, bool IsCommitted, bool IsSegment, long ByteLength, int HugeOrder = 0)
{
    //   31        16 15       8 │ 7        0
    //  │   rights   │ flags     │ kind      │
    private const uint Committed = 1u << 8, Segment = 1u << 9;
    private const int RightsShift = 16;

    /// <summary>True for a file of huge pages.</summary>
    public bool IsHuge => Kind == FileKind.HugePages;

    public static SavedMemory Of(FileObject file) => new(
        file.Name, file.Kind, file.Rights, file.Seals, file.ChargedPages != 0, file.IsSegment, file.ByteLength, file.HugeOrder);

    /// <exception cref="InvalidDataException">The values do not describe shared memory.</exception>
    public static SavedMemory Read(ChecksummedReader reader)
    {
        uint word = reader.ReadWord();
        SavedMemory memory = new(
            "", (FileKind)(byte)word, (FileRights)(word >> RightsShift), (FileSeals)reader.ReadWord(), (word & Committed) != 0,
            (word & Segment) != 0, (long)reader.ReadLong());
        memory = memory with { Name = reader.ReadText() };
        if (memory.IsHuge) memory = memory with { HugeOrder = (int)reader.ReadWord() };
        const FileSeals known =
            FileSeals.Seal | FileSeals.Shrink | FileSeals.Grow | FileSeals.Write | FileSeals.FutureWrite | FileSeals.Execute;
        bool isSound = memory is { Kind: FileKind.Memory or FileKind.SharedAnonymous or FileKind.HugePages, ByteLength: >= 0 }
            && (memory.Rights & ~FileRights.ReadWrite) == 0 && (memory.Seals & ~known) == 0
            && (memory.IsHuge ? memory.HugeOrder is > 0 and < 20 : memory.HugeOrder == 0)
            // A memory file may have a longer hole.
            && (memory.Kind != FileKind.SharedAnonymous || memory.ByteLength <= GuestFile.ByteLengthMax)
            && (!memory.IsCommitted || memory.Kind == FileKind.SharedAnonymous);
        return isSound ? memory : throw ChecksummedReader.Damaged("shared memory has a value out of its range");
    }

    public void WriteTo(ChecksummedWriter writer)
    {
        writer.Write((uint)Kind | (IsCommitted ? Committed : 0) | (IsSegment ? Segment : 0) | ((uint)Rights << RightsShift));
        writer.Write((uint)Seals);
        writer.Write((ulong)ByteLength);
        writer.Write(Name);
        if (IsHuge) writer.Write((uint)HugeOrder);
    }

    /// <summary>Creates it, empty and without a holder. Null: its pages cannot be committed.</summary>
    public FileObject? Create(OpenFileTable files)
    {
        FileObject? file = Kind == FileKind.SharedAnonymous
            ? files.CreateSharedAnonymous(ByteLength, IsCommitted)
            : files.CreateObject(Name, Kind, ByteLength);
        if (file is null) return null;
        file.HugeOrder = HugeOrder;
        (file.Name, file.Rights, file.Seals, file.IsSegment) = (Name, Rights, Seals, IsSegment);
        return file;
    }
}
