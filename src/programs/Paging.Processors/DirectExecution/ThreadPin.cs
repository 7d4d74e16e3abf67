namespace Paging.Processors.DirectExecution;

/// <summary>Keeps the calling thread on the processor that it is on, until it is disposed.</summary>
/// <remarks>
/// A stub runs on the processor of the thread that waits for it. When it stops, the host would otherwise wake that thread on an idle
/// processor, which takes several times as long.
/// </remarks>
internal readonly ref struct ThreadPin
{
    private const int WordCount = 16;    // 1,024 processors
    private const int CallingThread = 0;

    private readonly Span<ulong> _before;

    /// <summary>Pins the thread; does nothing if the host refuses.</summary>
    /// <param name="memory">A buffer of <see cref="MaskLength"/> words, for the thread's former mask.</param>
    public ThreadPin(Span<ulong> memory)
    {
        if (TraceApi.GetAffinity(CallingThread, WordCount * sizeof(ulong), ref memory[0]) < 0) return;
        _before = memory;
        Move(CallingThread, TraceApi.CurrentProcessor());
    }

    /// <summary>The words that a mask has.</summary>
    public static int MaskLength => WordCount;

    /// <summary>Lets a thread or process run on one processor only.</summary>
    public static void Move(int process, int processor)
    {
        if (processor is < 0 or >= WordCount * 64) return;
        Span<ulong> mask = stackalloc ulong[WordCount];
        mask.Clear();
        mask[processor / 64] = 1UL << (processor % 64);
        _ = TraceApi.SetAffinity(process, WordCount * sizeof(ulong), ref mask[0]);    // it is only slower without
    }

    /// <summary>Restores the thread's affinity.</summary>
    public void Dispose()
    {
        if (!_before.IsEmpty) _ = TraceApi.SetAffinity(CallingThread, WordCount * sizeof(ulong), ref _before[0]);
    }
}
