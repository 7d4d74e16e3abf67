using Paging.Core.Snapshots;
using Paging.Native;
using Paging.Windows.Images;
using Paging.Windows.Sections;
using Paging.Windows.Vads;

namespace Paging.Windows.Saving;

/// <summary>The clock of the shared user page as it is saved.</summary>
/// <param name="Start">The time of the start, in units of 100 ns.</param>
/// <param name="UpTime">The time since then, in the same units.</param>
/// <param name="Cookie">The number that programs find in Cookie.</param>
internal readonly record struct SavedClock(long Start, long UpTime, uint Cookie)
{
    private static readonly long FirstTime = new DateTime(1601, 1, 1).Ticks;    // Windows cannot represent an earlier one

    public void WriteTo(ChecksummedWriter writer)
    {
        writer.Write((ulong)Start);
        writer.Write((ulong)UpTime);
        writer.Write(Cookie);
    }

    public static SavedClock Read(ChecksummedReader reader)
    {
        SavedClock clock = new((long)reader.ReadLong(), (long)reader.ReadLong(), reader.ReadWord());
        bool isSound = clock.Start >= FirstTime && clock.Start <= DateTime.MaxValue.Ticks
            && clock.UpTime >= 0 && clock.UpTime <= DateTime.MaxValue.Ticks - clock.Start;
        return isSound ? clock : throw ChecksummedReader.Damaged("the clock is out of its range");
    }
}

/// <summary>A run of pages of a set, such as those that are locked.</summary>
/// <param name="First">The first page.</param>
/// <param name="Count">The number of pages.</param>
internal readonly record struct SavedRun(uint First, uint Count)
{
    /// <summary>The runs of a set; none if it is null.</summary>
    public static SavedRun[] Of(Native.Memory.PageBitmap? pages)
    {
        List<SavedRun> runs = [];
        for (uint from = 0; pages?.TryNextRun(from, uint.MaxValue, out uint first, out uint count) == true; from = first + count)
        {
            if (runs.Count != 0 && runs[^1].First + runs[^1].Count == first) runs[^1] = new(runs[^1].First, runs[^1].Count + count);
            else runs.Add(new(first, count));
        }

        return [.. runs];
    }

    public static void Write(ChecksummedWriter writer, SavedRun[] runs) => writer.WriteList(runs, static (writer, run) =>
    {
        writer.Write(run.First);
        writer.Write(run.Count);
    });

    /// <summary>Reads runs that end at a page or below.</summary>
    public static SavedRun[] Read(ChecksummedReader reader, ulong limit)
    {
        ulong end = 0;
        return reader.ReadList(int.MaxValue, reader =>
        {
            SavedRun run = new(reader.ReadWord(), reader.ReadWord());
            if (run.Count == 0 || run.First < end || run.First + (ulong)run.Count > limit)
                throw ChecksummedReader.Damaged($"a run of pages at {run.First:x5} is out of order");
            end = run.First + (ulong)run.Count;
            return run;
        });
    }

    /// <summary>Sets the bits of runs.</summary>
    public static void Set(Native.Memory.PageBitmap pages, SavedRun[] runs)
    {
        foreach (SavedRun run in runs)
            for (uint page = run.First; page < run.First + run.Count; page++) pages.Set(page);
    }
}

/// <summary>A file of which image sections were made, with the bytes that it had then.</summary>
/// <param name="File">The file as it is saved.</param>
/// <param name="Image">Its headers and bytes.</param>
internal readonly record struct SavedImage(SavedFile File, PeImage Image)
{
    private const int PieceLength = 1 << 16;

    public void WriteTo(ChecksummedWriter writer)
    {
        WriteFile(writer, File);
        writer.Write((uint)Image.File.Length);
        writer.Write(Image.File);
    }

    public static SavedImage Read(ChecksummedReader reader, int memoryCount)
    {
        SavedFile file = ReadFile(reader, memoryCount);
        uint length = reader.ReadWord();
        if (length > PeImage.FileByteLengthMax) throw ChecksummedReader.Damaged("an image is too long");
        MemoryStream bytes = new();    // grows as it is read: the length may be damaged
        byte[] piece = new byte[PieceLength];
        for (uint done = 0; done < length;)
        {
            Span<byte> part = piece.AsSpan(0, (int)Math.Min(PieceLength, length - done));
            reader.Read(part);
            bytes.Write(part);
            done += (uint)part.Length;
        }

        if (!PeImage.TryRead(bytes.ToArray(), out PeImage image, out string refusal))
            throw ChecksummedReader.Damaged($"an image has {refusal}");
        return new(file, image);
    }

    /// <summary>Writes how a file is saved.</summary>
    public static void WriteFile(ChecksummedWriter writer, SavedFile file)
    {
        writer.Write(file.Memory);
        if (file.Memory == 0) writer.Write(file.Name);
    }

    /// <summary>The opposite of <see cref="WriteFile"/>.</summary>
    public static SavedFile ReadFile(ChecksummedReader reader, int memoryCount)
    {
        uint memory = reader.ReadWord();
        if (memory > (uint)memoryCount) throw ChecksummedReader.Damaged("a section is of shared memory that is not there");
        return new(memory, memory == 0 ? reader.ReadText() : "");
    }
}

/// <summary>A handle of a process.</summary>
/// <param name="Value">The handle.</param>
/// <param name="Section">The place of its section, from 1.</param>
/// <param name="Access">Its rights.</param>
internal readonly record struct SavedHandle(SectionHandle Value, uint Section, SectionAccess Access)
{
    public void WriteTo(ChecksummedWriter writer)
    {
        writer.Write(Value.Value);
        writer.Write(Section);
        writer.Write((uint)Access);
    }

    public static SavedHandle Read(ChecksummedReader reader) =>
        new(new(reader.ReadWord()), reader.ReadWord(), (SectionAccess)reader.ReadWord());
}

/// <summary>An allocation.</summary>
/// <param name="Range">Its pages.</param>
/// <param name="Flags">Its terms.</param>
/// <param name="Section">The place of the section that it is a view of, from 1; 0: private memory.</param>
/// <param name="PageOffset">The page of the section that the view begins with.</param>
internal readonly record struct SavedAllocation(PageRange Range, VadFlags Flags, uint Section, uint PageOffset)
{
    /// <summary>The place of the section of the shared user page, which every machine has.</summary>
    public const uint SharedUserPage = uint.MaxValue;

    public void WriteTo(ChecksummedWriter writer)
    {
        writer.Write(Range.First.Value);
        writer.Write(Range.Count.Value);
        writer.Write(Flags.Word);
        writer.Write(Section);
        if (Section != 0) writer.Write(PageOffset);
    }

    public static SavedAllocation Read(ChecksummedReader reader)
    {
        PageRange range = new(new(reader.ReadWord()), new(reader.ReadWord()));
        VadFlags flags = new(reader.ReadWord());
        uint section = reader.ReadWord();
        return new(range, flags, section, section == 0 ? 0 : reader.ReadWord());
    }
}
