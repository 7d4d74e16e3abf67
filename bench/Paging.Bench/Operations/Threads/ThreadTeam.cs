namespace Paging.Bench.Operations.Threads;

/// <summary>Threads that wait for a word and then all do their part: the caller is the first of them.</summary>
/// <remarks>
/// They spin between two runs that follow soon, so that the time is that of the work and not of the host's scheduler. With more threads
/// than processors, who is done yields instead: a spinning thread would keep a processor from one that still works.
/// </remarks>
internal sealed class ThreadTeam : IDisposable
{
    private const int SpinsBeforeSleep = 20_000;

    private readonly Thread[] _others;
    private readonly Action<int> _begin, _end;
    private readonly SemaphoreSlim _wake = new(0);
    private Action<int, int>? _work;
    private int _round, _arrived, _asleep, _count;

    /// <summary>
    /// Starts the threads. Each calls <paramref name="begin"/> once on itself, and <paramref name="end"/> before it ends.
    /// </summary>
    public ThreadTeam(int count, Action<int> begin, Action<int> end)
    {
        Count = count;
        (_begin, _end) = (begin, end);
        _others = new Thread[count - 1];
        for (int i = 1; i < count; i++)
        {
            int number = i;
            _others[i - 1] = new(() => Live(number)) { IsBackground = true };
            _others[i - 1].Start();
        }

        _begin(0);
        Await(Count - 1);
    }

    public int Count { get; }

    /// <summary>Every thread works, with its number and its share of the operations.</summary>
    public void Run(int count, Action<int, int> work)
    {
        (_work, _count, _arrived) = (work, count / Count, 0);
        Volatile.Write(ref _round, _round + 1);
        int asleep = Interlocked.Exchange(ref _asleep, 0);
        if (asleep != 0) _wake.Release(asleep);
        work(0, count / Count);
        Await(Count - 1);
    }

    public void Dispose()
    {
        Run(0, null!, isLast: true);
        foreach (Thread thread in _others) thread.Join();
        _end(0);
        _wake.Dispose();
    }

    private void Run(int count, Action<int, int> work, bool isLast)
    {
        (_work, _count) = (isLast ? null : work, count);
        Volatile.Write(ref _round, _round + 1);
        int asleep = Interlocked.Exchange(ref _asleep, 0);
        if (asleep != 0) _wake.Release(asleep);
    }

    private void Live(int number)
    {
        _begin(number);
        int seen = 0;
        Interlocked.Increment(ref _arrived);
        while (true)
        {
            AwaitRound(seen);
            seen = Volatile.Read(ref _round);
            if (_work is not { } work) break;
            work(number, _count);
            Interlocked.Increment(ref _arrived);
        }

        _end(number);
    }

    private void AwaitRound(int seen)
    {
        for (int i = 0; i < SpinsBeforeSleep; i++)
        {
            if (Volatile.Read(ref _round) != seen) return;
            if (Count > Environment.ProcessorCount) Thread.Yield();
            else Thread.SpinWait(8);
        }

        Interlocked.Increment(ref _asleep);
        while (Volatile.Read(ref _round) == seen) _wake.Wait(1);
    }

    private void Await(int count)
    {
        SpinWait spin = default;
        while (Volatile.Read(ref _arrived) < count) spin.SpinOnce(sleep1Threshold: -1);
    }
}
