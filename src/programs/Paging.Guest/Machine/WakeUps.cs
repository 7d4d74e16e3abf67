namespace Paging.Guest.Machine;

/// <summary>Counts the events that may wake a waiting task: a waiting call is made again when the count has changed.</summary>
internal sealed class WakeUps
{
    public long Count { get; private set; }

    /// <summary>Counts an event: a file has become readable, a process has ended, a lock is free, and the like.</summary>
    public void Add() => Count++;
}

/// <summary>Descriptors of the host that tasks wait for: the scheduler polls them when no task can run.</summary>
internal sealed class HostWaits
{
    private readonly HashSet<int> _descriptors = [];

    public bool IsEmpty => _descriptors.Count == 0;

    public int First => _descriptors.First();

    public void Add(int descriptor) => _descriptors.Add(descriptor);

    /// <summary>Returns true if a task waits for the descriptor.</summary>
    public bool Contains(int descriptor) => _descriptors.Contains(descriptor);

    public void Clear() => _descriptors.Clear();
}
