using Paging.Guest.Machine;
using Paging.Guest.Tasks;
using Paging.Native;
using Paging.Processors;

namespace Paging.Guest.Processes;

/// <summary>What rdtsc and rdtscp read: nanoseconds of the guest's clock, as the 1000 MHz of /proc/cpuinfo promise.</summary>
/// <remarks>
/// The processor refuses both to programs (CR4.TSD): they are general protection faults. The host's counter does not jump where the guest's
/// clock does, and clocks that programs make of it would run differently from all others. Linux: disable_TSC.
/// </remarks>
internal sealed class TimeStampCounter(GuestClock clock)
{
    /// <summary>No two readings are the same.</summary>
    private const long ReadNanoseconds = 20;

    /// <summary>What the refused instruction is, if it reads the counter.</summary>
    public static TimeStampRead ReadAt(GuestTask task, in ProcessorExit exit)
    {
        if (exit is not { Kind: ProcessorExitKind.Exception, Vector: ProcessorVector.GeneralProtection })
            return TimeStampRead.None;
        Span<byte> code = stackalloc byte[3];
        code.Clear();
        _ = task.User.CopyFrom(new VirtualAddress(task.Registers.Eip), code);
        return code switch
        {
            [0x0F, 0x01, 0xF9] => TimeStampRead.WithProcessor,
            [0x0F, 0x31, ..] => TimeStampRead.Plain,
            _ => TimeStampRead.None,
        };
    }

    /// <summary>Does what the instruction would have done.</summary>
    public void Execute(GuestTask task, TimeStampRead read)
    {
        bool tellsProcessor = read == TimeStampRead.WithProcessor;
        clock.Advance(ReadNanoseconds);
        ulong now = (ulong)clock.Monotonic;
        task.Registers.Eax = (uint)now;
        task.Registers.Edx = (uint)(now >> 32);
        if (tellsProcessor) task.Registers.Ecx = 0;    // IA32_TSC_AUX: the first one
        task.Registers.Eip += tellsProcessor ? 3u : 2u;
    }
}

/// <summary>An instruction that reads the time-stamp counter.</summary>
internal enum TimeStampRead
{
    None,

    /// <summary>rdtsc.</summary>
    Plain,

    /// <summary>rdtscp, which also returns the number of the processor.</summary>
    WithProcessor,
}
