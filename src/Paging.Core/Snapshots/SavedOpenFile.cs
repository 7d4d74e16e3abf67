namespace Paging.Core.Snapshots;

/// <summary>An open file of descriptors as it is saved.</summary>
/// <param name="Number">Its number, which descriptors and areas name.</param>
/// <param name="Kind">The kind of its file.</param>
/// <param name="Rights">The rights that it was opened with.</param>
/// <param name="Flags">O_APPEND and O_DIRECT.</param>
/// <param name="Position">The offset at which read and write continue, in bytes.</param>
/// <param name="Memory">As in <see cref="SavedFile"/>.</param>
/// <param name="Name">As in <see cref="SavedFile"/>.</param>
internal readonly record struct SavedOpenFile(
    uint Number, FileKind Kind, FileRights Rights, OpenFlags Flags, long Position, uint Memory, string Name)
{
    private const int RightsShift = 8;    // beside the kind, in one word

    /// <exception cref="InvalidDataException">The values do not describe an open file.</exception>
    public static SavedOpenFile Read(ChecksummedReader reader, int memoryCount)
    {
        uint number = reader.ReadWord(), word = reader.ReadWord();
        SavedOpenFile open = new(number, (FileKind)(byte)word, (FileRights)(word >> RightsShift), (OpenFlags)reader.ReadWord(),
            (long)reader.ReadLong(), reader.ReadWord(), "");
        if (open.Memory == 0) open = open with { Name = reader.ReadText() };
        bool isShared = open.Kind is FileKind.Memory or FileKind.SharedAnonymous or FileKind.HugePages;
        bool isSound = number != SnapshotFormat.NoFile && open.Kind <= FileKind.HugePages && (open.Rights & ~FileRights.ReadWrite) == 0
            && (open.Flags & ~(OpenFlags.Append | OpenFlags.Direct)) == 0 && open.Position >= 0
            && open.Memory <= (uint)memoryCount && (open.Memory == 0 || isShared);
        return isSound ? open : throw ChecksummedReader.Damaged("an open file has a value out of its range");
    }

    public void WriteTo(ChecksummedWriter writer)
    {
        writer.Write(Number);
        writer.Write((uint)Kind | ((uint)Rights << RightsShift));
        writer.Write((uint)Flags);
        writer.Write((ulong)Position);
        writer.Write(Memory);
        if (Memory == 0) writer.Write(Name);
    }
}

/// <summary>A descriptor as it is saved.</summary>
/// <param name="Number">Its number.</param>
/// <param name="File">The number of its open file.</param>
internal readonly record struct SavedDescriptor(int Number, uint File);
