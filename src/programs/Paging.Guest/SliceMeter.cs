using System.Diagnostics;
using Paging.Processors;

namespace Paging.Guest;

/// <summary>Runs a task for one slice, and measures the guest's time.</summary>
internal sealed class SliceMeter(IGuestProcessor processor, GuestPace pace)
{
    private const long SliceCodeBytes = 8 << 20;    // about 2.8 ms
    private const int CodeBytesOfNanosecond = 3;    // about an instruction: i386 code has three to four bytes each
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(4);    // about a tick of CONFIG_HZ=250
    private static readonly double NanosecondsOfTick = 1e9 / Stopwatch.Frequency;

    /// <summary>Runs the task switched to.</summary>
    /// <param name="nanoseconds">The guest's time that the run took.</param>
    public ProcessorExit Run(out long nanoseconds)
    {
        ProcessorCounters before = processor.Counters;
        if (pace == GuestPace.Code)
        {
            ProcessorExit counted = processor.Run(SliceCodeBytes);
            nanoseconds = (processor.Counters.CodeBytes - before.CodeBytes) / CodeBytesOfNanosecond;
            return counted;
        }

        ProcessorExit exit = processor.RunFor(Slice);
        nanoseconds = (long)((processor.Counters.RunTicks - before.RunTicks) * NanosecondsOfTick);
        return exit;
    }
}
