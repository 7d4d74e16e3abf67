using System.Runtime.CompilerServices;

namespace Paging.Native.Diagnostics;

/// <summary>
/// The one thread that may call, recognised by the stack it runs on: a compare of addresses instead of a load from the thread's own
/// storage.
/// </summary>
/// <remarks>
/// The stacks of two living threads do not overlap, so every address between two places where the owner was seen is the owner's.
/// A thread that has ended may leave its stack to a new one, which is then taken for the owner. That is harmless: the two never run
/// at the same time. Cost: three instructions where the owner was seen before, otherwise <see cref="Thread.CurrentThread"/>.
/// </remarks>
internal struct OwnerThread
{
    private Thread? _thread;
    private nuint _lowest, _span;    // where the owner was seen; an empty range to begin with, which is nowhere
    private nuint _kept;    // the span while it is suspended
    private bool _isSuspended;

    /// <summary>The owner; null: no thread may call.</summary>
    public readonly Thread? Thread => _thread;

    /// <summary>The calling thread is the owner.</summary>
    // SAFETY: the address of a local is compared, never followed.
    public unsafe bool IsHere
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        [SkipLocalsInit]
        get
        {
            byte here;
            return (nuint)(&here) - _lowest < _span || (_thread is not null && IsHereToo((nuint)(&here)));
        }
    }

    /// <summary>Makes another thread the owner; null: none.</summary>
    public void Become(Thread? thread)
    {
        _thread = thread;
        _lowest = _span = _kept = 0;
    }

    /// <summary>Admits no thread until <see cref="Resume"/>. Three stores: no reference changes.</summary>
    public void Suspend() => (_kept, _span, _isSuspended) = (_span, 0, true);

    /// <summary>Admits the owner again. Precondition: it is suspended.</summary>
    public void Resume()
    {
        if (Check.Cheap && !_isSuspended) Check.ThrowUnmet("Resume: the owner is not suspended.");
        (_span, _isSuspended) = (_kept, false);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool IsHereToo(nuint here)
    {
        if (_isSuspended || _thread != System.Threading.Thread.CurrentThread) return false;
        nuint end = nuint.Max(_lowest + _span, here + 1);
        _lowest = _span == 0 ? here : nuint.Min(_lowest, here);
        _span = end - _lowest;
        return true;
    }
}
