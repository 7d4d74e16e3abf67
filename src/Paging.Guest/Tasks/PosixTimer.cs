using System.Runtime.InteropServices;
using Paging.Guest.Abi;
using Paging.Guest.Records;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Tasks;

/// <summary>One timer of timer_create(2).</summary>
internal sealed class PosixTimer
{
    public int Clock { get; init; }

    /// <summary>It counts its process's own time.</summary>
    public bool IsOnOwnTime { get; init; }

    /// <summary>0: none is sent.</summary>
    public SignalNumber Signal { get; set; }

    public uint Value { get; set; }

    /// <summary>Who gets the signal; null: the process.</summary>
    public GuestTask? Thread { get; set; }

    public IntervalTimer Ring { get; set; }

    /// <summary>How often it had rung unheard when its last signal was sent.</summary>
    public int LastOverrun { get; set; }

    public void Save(RecordWriter writer)
    {
        writer.Write(Clock);
        writer.Write(IsOnOwnTime);
        writer.Write((uint)Signal);
        writer.Write(Value);
        writer.Write(Thread?.Id ?? 0);
        Ring.Save(writer);
        writer.Write(LastOverrun);
    }

    /// <param name="reader">Where it stands.</param>
    /// <param name="threads">Those of its process.</param>
    public static PosixTimer Load(RecordReader reader, IReadOnlyList<GuestTask> threads)
    {
        PosixTimer timer = new() { Clock = reader.ReadNumber(), IsOnOwnTime = reader.ReadFlag() };
        (timer.Signal, timer.Value) = (SignalNumbers.Load(reader), reader.ReadWord());
        int thread = reader.ReadNumber();
        timer.Thread = threads.FirstOrDefault(one => one.Id == thread);
        (timer.Ring, timer.LastOverrun) = (IntervalTimer.Load(reader), reader.ReadNumber());
        return timer;
    }
}
