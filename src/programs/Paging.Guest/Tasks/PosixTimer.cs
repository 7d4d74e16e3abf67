using Paging.Guest.Abi;
using Paging.Guest.Records;

namespace Paging.Guest.Tasks;

/// <summary>One timer of timer_create(2).</summary>
internal sealed class PosixTimer
{
    /// <summary>The timer's number for the program.</summary>
    public required int Number { get; init; }

    public int Clock { get; init; }

    /// <summary>True if it counts its process's own time.</summary>
    public bool IsOnOwnTime { get; init; }

    /// <summary>The signal to send; 0 for none.</summary>
    public SignalNumber Signal { get; set; }

    public uint Value { get; set; }

    /// <summary>The thread that gets the signal; null for the process.</summary>
    public GuestTask? Thread { get; set; }

    /// <summary>The timer's expiry; while its signal is pending, its first expiry.</summary>
    public IntervalTimer Ring { get; set; }

    /// <summary>True if it has expired, and its signal has not been taken nor the timer set since. Otherwise its signal is void.</summary>
    public bool IsSent { get; set; }

    /// <summary>The overrun at the time its last signal was taken. Linux: it_overrun_last.</summary>
    public int LastOverrun { get; set; }

    /// <summary>Returns the queue of its signal.</summary>
    public SignalQueue QueueOf(GuestProcess process) => Thread?.Pending ?? process.Pending;

    public void Save(RecordWriter writer)
    {
        writer.Write(Clock);
        writer.Write(IsOnOwnTime);
        writer.Write((uint)Signal);
        writer.Write(Value);
        writer.Write(Thread?.Id ?? 0);
        Ring.Save(writer);
        writer.Write(IsSent);
        writer.Write(LastOverrun);
    }

    /// <param name="reader">The timer's record.</param>
    /// <param name="number">The timer's number.</param>
    /// <param name="threads">The threads of the timer's process.</param>
    public static PosixTimer Load(RecordReader reader, int number, IReadOnlyList<GuestTask> threads)
    {
        PosixTimer timer = new() { Number = number, Clock = reader.ReadNumber(), IsOnOwnTime = reader.ReadFlag() };
        (timer.Signal, timer.Value) = (SignalNumbers.Load(reader), reader.ReadWord());
        int thread = reader.ReadNumber();
        timer.Thread = threads.FirstOrDefault(one => one.Id == thread);
        (timer.Ring, timer.IsSent, timer.LastOverrun) = (IntervalTimer.Load(reader), reader.ReadFlag(), reader.ReadNumber());
        return timer;
    }
}
