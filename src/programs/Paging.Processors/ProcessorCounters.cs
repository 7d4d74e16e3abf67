namespace Paging.Processors;

/// <summary>Counts of a processor's work, and the engine's share of its time.</summary>
public record struct ProcessorCounters
{
    /// <summary>Page faults given to the engine.</summary>
    public long PageFaults { get; set; }

    /// <summary>Times the whole TLB was emptied.</summary>
    public long Flushes { get; set; }

    /// <summary>System calls.</summary>
    public long SystemCalls { get; set; }

    /// <summary>Times a process of the host that executes a program has stopped; 0 where the processor is emulated.</summary>
    public long Stops { get; set; }

    /// <summary>Times another task's registers were loaded.</summary>
    public long Switches { get; set; }

    /// <summary>Blocks of code translated.</summary>
    public long Translations { get; set; }

    /// <summary>Frames whose translated code was dropped because their bytes changed.</summary>
    public long DroppedFrames { get; set; }

    /// <summary>Bytes of code executed: a measure of work, the same in every run.</summary>
    public long CodeBytes { get; set; }

    /// <summary>Time spent in the page fault handler, in ticks of <see cref="System.Diagnostics.Stopwatch"/>.</summary>
    public long EngineTicks { get; set; }

    /// <summary>
    /// Time spent in <see cref="IGuestProcessor.Run"/>, page faults included, in the same ticks. The rest is the kernel's.
    /// </summary>
    public long RunTicks { get; set; }
}
