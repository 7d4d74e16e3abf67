using System.Buffers.Binary;
using Paging.Guest.Records;

namespace Paging.Guest.Tasks;

/// <summary>
/// The times that a thread of SCHED_DEADLINE has requested, in nanoseconds. They are kept and reported. Linux: struct sched_dl_entity.
/// </summary>
/// <param name="Runtime">The processor time that it needs in each period; without a deadline, the length of its slices.</param>
/// <param name="Deadline">The time after the start of the period by which it needs them; 0 with other policies.</param>
/// <param name="Period">The length of a period; 0 for that of the deadline.</param>
internal readonly record struct DeadlineTimes(ulong Runtime, ulong Deadline, ulong Period)
{
    /// <summary>Linux: __checkparam_dl, with the periods that sysctl allows.</summary>
    public bool AreValid
    {
        get
        {
            const ulong shortest = 1024, periodMin = 100_000, periodMax = (1UL << 22) * 1000, highest = 1UL << 63;
            return Deadline != 0 && Runtime >= shortest && ((Deadline | Period) & highest) == 0 && Interval >= Deadline
                && Deadline >= Runtime && Interval is >= periodMin and <= periodMax;
        }
    }

    /// <summary>
    /// Returns the times of a thread without a deadline, which may request the length of its slices. Linux: __setparam_fair.
    /// </summary>
    public DeadlineTimes AsSlice()
    {
        const ulong shortest = 100_000, longest = 100_000_000;
        return Runtime == 0 ? default : new(Math.Clamp(Runtime, shortest, longest), 0, 0);
    }

    /// <summary>Returns the times, or the default length of turns on one processor. Linux: sysctl_sched_base_slice.</summary>
    public DeadlineTimes OrSlice()
    {
        const ulong baseSlice = 700_000;
        return Runtime == 0 ? new(baseSlice, 0, 0) : this;
    }

    /// <summary>The share of the processor that it needs, from 0 to 1.</summary>
    public double Share => Deadline == 0 ? 0 : (double)Runtime / Interval;

    private ulong Interval => Period != 0 ? Period : Deadline;

    public static DeadlineTimes Read(ReadOnlySpan<byte> words) => new(BinaryPrimitives.ReadUInt64LittleEndian(words),
        BinaryPrimitives.ReadUInt64LittleEndian(words[8..]), BinaryPrimitives.ReadUInt64LittleEndian(words[16..]));

    public void Write(Span<byte> words)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(words, Runtime);
        BinaryPrimitives.WriteUInt64LittleEndian(words[8..], Deadline);
        BinaryPrimitives.WriteUInt64LittleEndian(words[16..], Interval);
    }

    public void Save(RecordWriter writer)
    {
        writer.Write(Runtime);
        writer.Write(Deadline);
        writer.Write(Period);
    }

    public static DeadlineTimes Load(RecordReader reader) => new(reader.ReadWideWord(), reader.ReadWideWord(), reader.ReadWideWord());
}
