using Paging.Core.Reclaim;
using Paging.Native;

namespace Paging.Core.Snapshots;

/// <summary>A memory group as it is saved with an engine.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Limit">The most frames; null: no limit.</param>
/// <param name="OutOfMemory">What happens when nothing can be reclaimed at the limit.</param>
/// <param name="CountsTables">True if page tables count.</param>
/// <param name="HasPolicy">True if a policy of the host's chose its victims.</param>
internal sealed record SavedGroup(string Name, FrameCount? Limit, OutOfMemoryPolicy OutOfMemory, bool CountsTables, bool HasPolicy)
{
    private const uint Kills = 1, Counts = 2, Policy = 4, Limited = 8;

    public static SavedGroup Of(MemoryGroup group) =>
        new(group.Name, group.Limit, group.OutOfMemory, group.Frames.CountsTables, group.Reclaim.Policy is not null);

    public static SavedGroup Read(ChecksummedReader reader)
    {
        uint word = reader.ReadWord(), limit = reader.ReadWord();
        if (word > (Kills | Counts | Policy | Limited)) throw ChecksummedReader.Damaged("a group has a value out of its range");
        return new(reader.ReadText(), (word & Limited) != 0 ? new FrameCount(limit) : null,
            (word & Kills) != 0 ? OutOfMemoryPolicy.Kill : OutOfMemoryPolicy.Report, (word & Counts) != 0, (word & Policy) != 0);
    }

    public void WriteTo(ChecksummedWriter writer)
    {
        writer.Write((OutOfMemory == OutOfMemoryPolicy.Kill ? Kills : 0) | (CountsTables ? Counts : 0) | (HasPolicy ? Policy : 0)
            | (Limit is null ? 0 : Limited));
        writer.Write(Limit?.Value ?? 0);
        writer.Write(Name);
    }

    /// <summary>The options of a new group like it.</summary>
    public MemoryGroupOptions ToOptions() => new() { Name = Name, Limit = Limit, OutOfMemory = OutOfMemory, CountsTables = CountsTables };
}
