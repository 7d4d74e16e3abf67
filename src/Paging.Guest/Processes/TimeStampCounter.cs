using Paging.Guest.Machine;
using Paging.Guest.Processor;
using Paging.Guest.Tasks;
using Paging.Native;

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

    /// <summary>The instruction that was refused reads the counter, and the thread may do so (PR_SET_TSC).</summary>
    public static bool IsRead(GuestTask task, in ProcessorExit exit) =>
        exit is { Kind: ProcessorExitKind.Exception, Vector: ProcessorVector.GeneralProtection } && !task.HasNoTimeStamps
            && LengthOf(task, out _) > 0;

    /// <summary>Does what the instruction would have done.</summary>
    public void Read(GuestTask task)
    {
        uint length = LengthOf(task, out bool tellsProcessor);
        clock.Advance(ReadNanoseconds);
        ulong now = (ulong)clock.Monotonic;
        task.Registers.Eax = (uint)now;
        task.Registers.Edx = (uint)(now >> 32);
        if (tellsProcessor) task.Registers.Ecx = 0;    // IA32_TSC_AUX: the first one
        task.Registers.Eip += length;
    }

    private static uint LengthOf(GuestTask task, out bool tellsProcessor)
    {
        Span<byte> code = stackalloc byte[3];
        code.Clear();
        _ = task.User.CopyFrom(new VirtualAddress(task.Registers.Eip), code);
        tellsProcessor = code is [0x0F, 0x01, 0xF9];
        return tellsProcessor ? 3u : code is [0x0F, 0x31, ..] ? 2u : 0;
    }
}
