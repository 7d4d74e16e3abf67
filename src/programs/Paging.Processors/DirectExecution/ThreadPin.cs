namespace Paging.Processors.DirectExecution;

/// <summary>Keeps the calling thread on the processor that it is on during a run, or during many that follow each other.</summary>
/// <remarks>
/// A stub runs on the processor of the thread that waits for it. When it stops, the host would otherwise wake that thread on an idle
/// processor, which takes several times as long. Pinning and unpinning take 4 µs, so many runs keep a pin; every so often one has none,
/// and the host may move the thread then.
/// </remarks>
internal sealed class ThreadPin
{
    private const int WordCount = 16;    // 1,024 processors
    private const int CallingThread = 0, RunsOfPin = 64;

    private readonly ulong[] _before = new ulong[WordCount];
    private bool _isPinned, _isKept;
    private int _runs;

    /// <summary>A run begins. Does nothing if the host refuses.</summary>
    public void Begin()
    {
        if (_isKept && ++_runs % RunsOfPin == 0)
        {
            Release();
            return;
        }

        if (_isPinned || TraceApi.GetAffinity(CallingThread, WordCount * sizeof(ulong), ref _before[0]) < 0) return;
        _isPinned = true;
        Move(CallingThread, TraceApi.CurrentProcessor());
    }

    /// <summary>The run has ended. Restores the thread's affinity, unless other runs follow.</summary>
    public void End()
    {
        if (!_isKept) Release();
    }

    /// <summary>Keeps the pin between runs from now on, or no longer.</summary>
    public void Keep(bool isKept)
    {
        _isKept = isKept;
        End();
    }

    /// <summary>Lets a thread or process run on one processor only.</summary>
    public static void Move(int process, int processor)
    {
        if (processor is < 0 or >= WordCount * 64) return;
        Span<ulong> mask = stackalloc ulong[WordCount];
        mask.Clear();
        mask[processor / 64] = 1UL << (processor % 64);
        _ = TraceApi.SetAffinity(process, WordCount * sizeof(ulong), ref mask[0]);    // it is only slower without
    }

    private void Release()
    {
        if (!_isPinned) return;
        _isPinned = false;
        _ = TraceApi.SetAffinity(CallingThread, WordCount * sizeof(ulong), ref _before[0]);
    }
}
