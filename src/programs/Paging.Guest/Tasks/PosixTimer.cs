using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Records;

namespace Paging.Guest.Tasks;

/// <summary>One timer of timer_create(2). Linux: struct k_itimer.</summary>
internal sealed class PosixTimer
{
    /// <summary>The timer's number for the program.</summary>
    public required int Number { get; init; }

    /// <summary>CLOCK_*, or the clock of a process or thread.</summary>
    public int Clock { get; init; }

    /// <summary>True if it counts processor time: of its process, or of <see cref="ClockThread"/>.</summary>
    public bool IsOnOwnTime { get; init; }

    /// <summary>The thread whose processor time it counts; null for the whole process.</summary>
    public GuestTask? ClockThread { get; init; }

    /// <summary>True if it counts only the time that the program's own code takes (CPUCLOCK_VIRT).</summary>
    public bool CountsUserTimeOnly { get; init; }

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

    /// <summary>Returns the present time in nanoseconds, in the time that <see cref="Ring"/> is in.</summary>
    public long NowOf(GuestProcess process, GuestClock clock) => IsOnOwnTime ? ProcessorTimeOf(process) : clock.Now;

    /// <summary>Returns the processor time that it counts, in nanoseconds.</summary>
    public long ProcessorTimeOf(GuestProcess process)
    {
        (long user, long system) = ClockThread is { } thread
            ? (thread.UserTime, thread.SystemTime) : (process.UserTime, process.SystemTime);
        return CountsUserTimeOnly ? user : user + system;
    }

    public void Save(RecordWriter writer)
    {
        writer.Write(Clock);
        writer.Write(IsOnOwnTime);
        writer.Write(ClockThread?.Id ?? 0);
        writer.Write(CountsUserTimeOnly);
        writer.Write((uint)(Thread is { IsDead: true } ? SignalNumber.None : Signal));    // its signal has no receiver any more
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
        PosixTimer timer = new()
        {
            Number = number,
            Clock = reader.ReadNumber(),
            IsOnOwnTime = reader.ReadFlag(),
            ClockThread = Find(threads, reader.ReadNumber()),
            CountsUserTimeOnly = reader.ReadFlag(),
            Signal = SignalNumbers.Load(reader),
            Value = reader.ReadWord(),
            Thread = Find(threads, reader.ReadNumber()),
        };
        (timer.Ring, timer.IsSent, timer.LastOverrun) = (IntervalTimer.Load(reader), reader.ReadFlag(), reader.ReadNumber());
        return timer;
    }

    private static GuestTask? Find(IReadOnlyList<GuestTask> threads, int id) => threads.FirstOrDefault(one => one.Id == id);
}
