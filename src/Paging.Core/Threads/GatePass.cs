using System.Runtime.CompilerServices;

namespace Paging.Core.Threads;

//   Valid    1: granted      0: revoked              written on the slow path, read by the pass's thread
//   Busy     1: in a touch   0: not in one           written by the pass's thread, read by the thread that closes the gate
/// <summary>One thread's permission to make first touches without the slow path. Closing the gate revokes it.</summary>
/// <remarks><code>
///   thread        Busy = 1 ──► Valid? ──► touch ──► Busy = 0
///   gate closes   Valid = 0 ──► barrier in all threads ──► wait until Busy = 0 ──► Fold
/// Always holds    T15 while a pass is valid and its thread is busy, no thread folds or takes away anything that the touch reads
/// Order           the two words are Dekker's: each side stores its own and then reads the other's. The thread makes no fence, as the
///                 process-wide barrier divides its accesses: either the closer sees Busy, or the thread sees that Valid is 0
/// Cost            two stores and a load per touch, in cache lines that no other thread writes
/// Linux           kernel/locking/percpu-rwsem.c, whose readers are as cheap and whose writer waits for a grace period
/// </code></remarks>
internal abstract class GatePass(ProcessorState processor)
{
    private LoneWord _busy, _valid;

    /// <summary>The processor that the pass belongs to.</summary>
    public ProcessorState Processor => processor;

    /// <summary>True while its thread is in a touch.</summary>
    public bool IsBusy => Volatile.Read(ref _busy.Value) != 0;

    /// <summary>True if the pass is granted. Read on the slow path.</summary>
    public bool IsValid => Volatile.Read(ref _valid.Value) != 0;

    /// <summary>Called by the pass's thread: the gate stays open until <see cref="Leave"/>. Returns false if it is closed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryEnter()
    {
        if (Interleaving.IsOn) Interleaving.Fence();    // a thread sees its own stores of the touch before
        if (Interleaving.IsOn && Interleaving.TryStoreLater(NoteBusy)) Interleaving.Yield();
        else NoteBusy();
        if (Volatile.Read(ref _valid.Value) != 0) return true;
        Leave();
        return false;
    }

    /// <summary>Ends the touch that <see cref="TryEnter"/> began.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Leave()
    {
        if (Interleaving.IsOn && Interleaving.TryStoreLater(NoteIdle)) Interleaving.Yield();
        else NoteIdle();
    }

    /// <summary>True if no other pass is valid while this one is.</summary>
    public bool IsAlone { get; private set; }

    /// <summary>On the slow path: permits touches.</summary>
    /// <param name="alone">True if no other pass is valid, and none will be before this one is revoked.</param>
    public void Grant(bool alone)
    {
        IsAlone = alone;    // before Valid: a touch reads it after it has found the pass valid
        Volatile.Write(ref _valid.Value, 1);
    }

    /// <summary>On the slow path: touches that begin after the barrier find the gate closed.</summary>
    public void Revoke() => Volatile.Write(ref _valid.Value, 0);

    /// <summary>On the slow path, after the last touch: records the touches in the bookkeeping of the engine.</summary>
    /// <returns>The number of touches.</returns>
    public abstract uint Fold();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void NoteBusy() => Volatile.Write(ref _busy.Value, 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void NoteIdle() => Volatile.Write(ref _busy.Value, 0);    // a release: the fold sees all that the touch has written
}
