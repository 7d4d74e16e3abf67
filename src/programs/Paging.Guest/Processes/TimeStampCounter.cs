using Paging.Guest.Machine;
using Paging.Guest.Tasks;
using Paging.Native;
using Paging.Processors;

namespace Paging.Guest.Processes;

/// <summary>The value of rdtsc and rdtscp: nanoseconds of the guest's clock, matching the 1000 MHz of /proc/cpuinfo.</summary>
/// <remarks>
/// Both are general protection faults in programs (CR4.TSD). The host's counter does not jump with the guest's clock, so clocks derived
/// from it would differ from all others. Linux: disable_TSC.
/// </remarks>
internal sealed class TimeStampCounter(GuestClock clock)
{
    /// <summary>The cost of a reading, so that no two readings are equal.</summary>
    private const long ReadNanoseconds = 20;    // about what a trap-free rdtsc takes

    /// <summary>Returns the kind of the refused instruction, if it reads the counter.</summary>
    public static TimeStampRead ReadAt(GuestTask task, in ProcessorExit exit)
    {
        if (exit is not { Kind: ProcessorExitKind.Exception, Vector: ProcessorVector.GeneralProtection })
            return TimeStampRead.None;
        Span<byte> code = stackalloc byte[3];
        code.Clear();
        _ = task.User.CopyFrom(new VirtualAddress(task.Registers.Eip), code);
        return code switch
        {
            [0x0F, 0x01, 0xF9] => TimeStampRead.WithProcessor,    // rdtscp (SDM 2B)
            [0x0F, 0x31, ..] => TimeStampRead.Plain,    // rdtsc
            _ => TimeStampRead.None,
        };
    }

    /// <summary>Emulates the instruction.</summary>
    public void Execute(GuestTask task, TimeStampRead read)
    {
        bool returnsProcessor = read == TimeStampRead.WithProcessor;
        clock.Advance(ReadNanoseconds);
        ulong now = (ulong)clock.Monotonic;
        task.Registers.Eax = (uint)now;
        task.Registers.Edx = (uint)(now >> 32);
        if (returnsProcessor) task.Registers.Ecx = 0;    // IA32_TSC_AUX: the first processor
        task.Registers.Eip += returnsProcessor ? 3u : 2u;
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
