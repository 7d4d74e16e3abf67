using System.Runtime.InteropServices;
using Paging.Guest.Abi;
using Paging.Guest.Records;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Tasks;

/// <summary>One timer of timer_create(2).</summary>
internal sealed class PosixTimer
{
    /// <summary>What the program calls it by.</summary>
    public required int Number { get; init; }

    public int Clock { get; init; }

    /// <summary>It counts its process's own time.</summary>
    public bool IsOnOwnTime { get; init; }

    /// <summary>0: none is sent.</summary>
    public SignalNumber Signal { get; set; }

    public uint Value { get; set; }

    /// <summary>Who gets the signal; null: the process.</summary>
    public GuestTask? Thread { get; set; }

    /// <summary>When it rings. While its signal waits, when it has rung first.</summary>
    public IntervalTimer Ring { get; set; }

    /// <summary>It has rung, and has neither been heard nor set since. A signal that is taken without it is none.</summary>
    public bool IsSent { get; set; }

    /// <summary>How often it had rung since when its last signal was taken. Linux: it_overrun_last.</summary>
    public int LastOverrun { get; set; }

    /// <summary>Where its signal waits.</summary>
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

    /// <param name="reader">Where it stands.</param>
    /// <param name="number">Its number.</param>
    /// <param name="threads">Those of its process.</param>
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
