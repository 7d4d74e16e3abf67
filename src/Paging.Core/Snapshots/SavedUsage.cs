using System.Runtime.InteropServices;
using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core.Snapshots;

/// <summary>The part of a process's usage that is saved: the faults that its rusage counts, and its peaks. The rest is recounted.</summary>
/// <param name="Faults">The faults.</param>
/// <param name="PeakTotal">The most pages that it had mapped.</param>
/// <param name="PeakResident">The most pages that were resident.</param>
internal readonly record struct SavedUsage(FaultCounters Faults, long PeakTotal, long PeakResident)
{
    public static SavedUsage Of(Space space) => new(space.Faults, space.Statistics.PeakTotal, space.Statistics.PeakResident);

    /// <exception cref="InvalidDataException">A number is out of its range.</exception>
    public static SavedUsage Read(ChecksummedReader reader)
    {
        FaultCounters faults = default;
        Span<long> counts = MemoryMarshal.Cast<FaultCounters, long>(new Span<FaultCounters>(ref faults));
        uint saved = reader.ReadWord();
        if (saved > (uint)counts.Length) throw Damaged();    // fewer: from before a counter was added
        foreach (ref long count in counts[..(int)saved]) count = Count(reader, long.MaxValue);
        return new(faults, Count(reader, PageCount.AddressSpace.Value), Count(reader, PageCount.AddressSpace.Value));
    }

    public void WriteTo(ChecksummedWriter writer)
    {
        FaultCounters faults = Faults;
        Span<long> counts = MemoryMarshal.Cast<FaultCounters, long>(new Span<FaultCounters>(ref faults));
        writer.Write((uint)counts.Length);
        foreach (long count in counts) writer.Write((ulong)count);
        writer.Write((ulong)PeakTotal);
        writer.Write((ulong)PeakResident);
    }

    /// <summary>Gives a new process the usage. Its history, which only counts what happens here, stays empty.</summary>
    public void Apply(Space space)
    {
        space.RestoreFaults(Faults);
        space.Statistics.PeakTotal = PeakTotal;
        space.Statistics.PeakResident = PeakResident;
    }

    private static long Count(ChecksummedReader reader, long most)
    {
        long count = (long)reader.ReadLong();
        return count >= 0 && count <= most ? count : throw Damaged();
    }

    private static InvalidDataException Damaged() => ChecksummedReader.Damaged("a count of the usage is out of its range");
}
