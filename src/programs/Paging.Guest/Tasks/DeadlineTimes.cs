using System.Buffers.Binary;
using Paging.Guest.Records;

namespace Paging.Guest.Tasks;

/// <summary>What a thread of SCHED_DEADLINE has asked for, in nanoseconds: kept and told. Linux: struct sched_dl_entity.</summary>
/// <param name="Runtime">How long it needs the processor in each period; without a deadline, how long a turn it wishes for.</param>
/// <param name="Deadline">By when after the beginning of the period; 0 with other policies.</param>
/// <param name="Period">How often.</param>
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

    /// <summary>The length of turns that a thread without a deadline asks for. Linux: __setparam_fair.</summary>
    public DeadlineTimes AsSlice()
    {
        const ulong shortest = 100_000, longest = 100_000_000;
        return Runtime == 0 ? default : new(Math.Clamp(Runtime, shortest, longest), 0, 0);
    }

    /// <summary>The same, or the length that one processor's scheduler begins with. Linux: sysctl_sched_base_slice.</summary>
    public DeadlineTimes OrSlice()
    {
        const ulong baseSlice = 700_000;
        return Runtime == 0 ? new(baseSlice, 0, 0) : this;
    }

    /// <summary>Of the processor.</summary>
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
