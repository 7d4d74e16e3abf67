using System.Runtime.CompilerServices;
using Paging.Native;

namespace Paging.Core.Threads;

//   Word   even: at rest, holds no translation        odd: runs
//            ┌─ Run (with a fence) ─┐
//     rest ──┘                      ▼  ┌──┐ Poll: + 2, a plain store
//       ▲                          runs ◄─┘
//       └───────── Rest ────────────┘
/// <summary>The quiescent state of one virtual processor, in a cache line of its own. Only its thread writes it.</summary>
/// <remarks><code>
/// Always holds    T10 while the word does not change and is odd, its thread may use translations it found since the last change
///                 T11 a thread that waits for the slow path, or runs host code between Rest and Run, is at rest
/// Cost            Poll and Rest a load and a store; Run an atomic store. Hits do not touch it
/// Linux           membarrier(2), and the readers of userspace RCU's QSBR, whose fence the other side makes here
/// </code></remarks>
internal sealed class ProcessorState(int id, string name, Thread thread)
{
    private TranslationCache? _current;    // both: written by its thread, read by the thread on the slow path
    private LoneWord _word;

    /// <summary>The number: 1, 2, 3, … in the order of creation. Never used again.</summary>
    public int Id => id;

    /// <summary>The name in reports.</summary>
    public string Name => name;

    /// <summary>The thread whose processor this is.</summary>
    public Thread Thread => thread;

    /// <summary>The translations that the thread may use while it runs.</summary>
    public TranslationCache? Current => Volatile.Read(ref _current);

    /// <summary>The word for which it was reported that it does not come to rest; −1 for none. Written on the slow path.</summary>
    public long StuckWord { get; set; } = -1;

    /// <summary>The time that an access waits for a page that is supplied later, until it ends as pending. Written by its thread.</summary>
    public TimeSpan PendingWait { get; set; }

    /// <summary>The read that its thread's fault makes outside the slow path.</summary>
    public OutsideRead Reads { get; } = new();

    /// <summary>True while its thread waits outside the slow path in the middle of an access. Written on the slow path.</summary>
    public bool IsAway { get; set; }

    /// <summary>Its permission to make first touches in parallel with others. Set when the processor is created.</summary>
    public GatePass? Pass { get; set; }

    /// <summary>The word as others see it.</summary>
    public long Word => Volatile.Read(ref _word.Value);

    /// <summary>True between Run and Rest, as the thread itself sees it.</summary>
    public bool Runs => (_word.Value & 1) != 0;

    /// <summary>True if the word means at rest.</summary>
    public static bool IsRest(long word) => (word & 1) == 0;

    /// <summary>Lets the thread use translations. It sees every removal that was made before.</summary>
    public void Run(TranslationCache cache)
    {
        if (Interleaving.IsOn) Interleaving.YieldAndFence();
        Rest();    // before _current changes: a thread that waits for the old translations sees the word change
        Volatile.Write(ref _current, cache);
        Interlocked.Exchange(ref _word.Value, _word.Value + 1);    // the fence: others see that it runs before its first lookup
        if (Interleaving.IsOn) Interleaving.Fence();
    }

    /// <summary>Same as <see cref="Run(TranslationCache)"/>, with the same translations as before.</summary>
    public void RunAgain()
    {
        if (!Runs) Interlocked.Exchange(ref _word.Value, _word.Value + 1);
        if (Interleaving.IsOn) Interleaving.Fence();
    }

    /// <summary>Records that the thread uses no translation until it runs again.</summary>
    public void Rest()
    {
        if (!Runs) return;
        ThisThread.Pass = null;
        if (Interleaving.IsOn) Interleaving.YieldAndFence();
        Volatile.Write(ref _word.Value, _word.Value + 1);    // a release: earlier accesses are done when others see it
    }

    /// <summary>The thread has finished with every translation that it had found, and goes on.</summary>
    /// <remarks>No fence: the thread that waits makes one for all threads (<see cref="Shootdown"/>).</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Poll()
    {
        if (Interleaving.IsOn && TryPollLater()) return;
        Volatile.Write(ref _word.Value, _word.Value + 2);
    }

    /// <summary>Waits until the word has changed, at the choice of a test's scheduler.</summary>
    public void AwaitChange(long seen) => Interleaving.WaitUntil(() => Word != seen);

    private bool TryPollLater()
    {
        Interleaving.YieldAndFence();    // an earlier Poll is seen first
        long next = _word.Value + 2;
        return Interleaving.TryStoreLater(() => Volatile.Write(ref _word.Value, next));
    }
}
