namespace Paging.WindowsGuest.Threads;

/// <summary>An object that threads wait for.</summary>
internal abstract class Waitable
{
    /// <summary>True if a wait of the thread would be over now.</summary>
    public abstract bool IsSetFor(GuestThread thread);

    /// <summary>Completes a wait of the thread. An object that satisfies only one thread is then no longer set.</summary>
    /// <returns>True if the object is an abandoned mutex: its owner ended without releasing it.</returns>
    public virtual bool Take(GuestThread thread) => false;
}

/// <summary>An event: set and reset by threads. An event that resets itself wakes one waiting thread.</summary>
internal sealed class EventObject(bool isManual, bool isSet) : Waitable
{
    /// <summary>True after SetEvent.</summary>
    public bool IsSet { get; set; } = isSet;

    public override bool IsSetFor(GuestThread thread) => IsSet;

    public override bool Take(GuestThread thread)
    {
        IsSet &= isManual;
        return false;
    }
}

/// <summary>A count that waits lower by one each; at 0 they wait.</summary>
internal sealed class SemaphoreObject(int count, int countMax) : Waitable
{
    /// <summary>The number of waits that would be over now.</summary>
    public int Count { get; private set; } = count;

    public override bool IsSetFor(GuestThread thread) => Count > 0;

    public override bool Take(GuestThread thread)
    {
        Count--;
        return false;
    }

    /// <summary>Raises the count. Returns false if it would exceed the most.</summary>
    public bool TryRelease(int number)
    {
        if (number <= 0 || number > countMax - Count) return false;    // the difference cannot overflow, a sum could
        Count += number;
        return true;
    }
}

/// <summary>A mutex: owned by one thread, with a count of its waits.</summary>
internal sealed class MutexObject : Waitable
{
    private GuestThread? _owner;
    private uint _depth;

    private bool IsAbandoned => _owner is { State: GuestThreadState.Ended };

    public override bool IsSetFor(GuestThread thread) => _owner is null || _owner == thread || IsAbandoned;

    public override bool Take(GuestThread thread)
    {
        bool wasAbandoned = IsAbandoned;
        (_owner, _depth) = (thread, _owner == thread ? _depth + 1 : 1);
        return wasAbandoned;
    }

    /// <summary>Gives the mutex back once. Returns false if the thread does not own it.</summary>
    public bool TryRelease(GuestThread thread)
    {
        if (_owner != thread) return false;    // unlike a semaphore, only its owner releases it
        if (--_depth == 0) _owner = null;
        return true;
    }
}
