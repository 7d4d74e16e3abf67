using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Paging.Core.Snapshots;
using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core;

//   record     0 ······ 60 ······ 120 ······ 180 ─ 181 ─ 182 ─ 183        one in sixty of the old ones, each of the new ones
//                                             └─ 184 ─ 185                after a restore of 180, and two records more: a branch
/// <summary>States of a process or of an engine, recorded again and again. Any of them can be restored.</summary>
/// <remarks>
/// A state is a <see cref="Snapshot"/> or an <see cref="EngineSnapshot"/>, with the host's state (<see cref="UserProcess.HostState"/>), and
/// has all that those have. Recording copies nothing: a state keeps the pages that change after it. States are thinned out as they grow
/// old (<see cref="RewindOptions.Spacings"/>) and to stay within a budget. What changed in a state that goes joins the changes of its
/// neighbour; a page that only this state kept is free.
/// A record after a restore begins a branch. The states of the old branch stay until they are thinned out, as all others.
/// Other snapshots of the process or engine can be taken, restored and dropped beside it.
/// </remarks>
[DebuggerDisplay("{_states.Count} states")]
public sealed class Rewind : IDisposable
{
    private readonly RewindSubject _subject;
    private readonly RewindOptions _options;
    private readonly long[] _ends;    // the age at which each spacing ends
    private readonly List<RewindState> _states = [];    // by number
    private readonly Dictionary<IStateNode, RewindState> _byNode = [];
    private long _next, _ownBytes;
    private bool _isDisposed;

    internal Rewind(RewindSubject subject, RewindOptions? options)
    {
        using SlowPathHold hold = subject.Callers.Hold();    // for its checks of the caller
        (_subject, _options) = (subject, options ?? new());
        _ends = RewindOptions.Validate(_options);
    }

    /// <summary>The states that are kept, by number. A copy. Cost: O(states).</summary>
    public IReadOnlyList<RewindState> States
    {
        get
        {
            using SlowPathHold hold = Enter();
            return [.. _states];
        }
    }

    /// <summary>The state that the process or engine was at last; null if there is none.</summary>
    public RewindState? Current
    {
        get
        {
            using SlowPathHold hold = Enter();
            return NearestFrom(_subject.Current);
        }
    }

    /// <summary>The state before <see cref="Current"/>, for a way back step by step; null if there is none.</summary>
    public RewindState? Previous
    {
        get
        {
            using SlowPathHold hold = Enter();
            return NearestFrom(NearestFrom(_subject.Current)?.Snapshot.Node.Above);
        }
    }

    /// <summary>The state after <see cref="Current"/>, for a way forth step by step: of several branches the newest.</summary>
    public RewindState? Next
    {
        get
        {
            using SlowPathHold hold = Enter();
            return NearestFrom(_subject.Current) is { } current ? NewestBelow(current.Snapshot.Node) : null;
        }
    }

    /// <summary>
    /// The bytes that states keep beside the memory itself: 4 KiB for each page that has changed, in RAM, in memory of the host or on swap
    /// devices, 16 for its entry, and some for each state and the host's state.
    /// </summary>
    /// <remarks>Other snapshots of the process or engine count as well. Changes since the last record do not.</remarks>
    public long HeldBytes
    {
        get
        {
            using SlowPathHold hold = Enter();
            return CountBytes();
        }
    }

    /// <inheritdoc cref="Record(out RewindState?)"/>
    public Errno Record() => Record(out _);

    /// <summary>Records the state as it is now, and thins out older ones.</summary>
    /// <param name="state">The state; null on an error.</param>
    /// <returns>As <see cref="UserProcess.TryTakeSnapshot"/> or the engine's; on an error nothing has changed.</returns>
    /// <remarks>
    /// Cost: that of a snapshot, and for each state that is thinned out O(pages in which it differs from its neighbours).
    /// </remarks>
    /// <exception cref="ObjectDisposedException">The process has exited.</exception>
    public Errno Record(out RewindState? state)
    {
        using SlowPathHold hold = Enter();
        state = null;
        Errno error = _subject.Take(out IRewindable? snapshot);
        if (error != Errno.None) return error;
        state = new(this, _next++, snapshot!);
        _states.Add(state);
        _byNode.Add(snapshot!.Node, state);
        _ownBytes += state.OwnBytes;
        Thin();
        return Errno.None;
    }

    /// <summary>Restores a state, back or forth. It stays, as all others do.</summary>
    /// <returns>As <see cref="Snapshot.Restore"/>; ENOENT: the state has been thinned out, and nothing has changed.</returns>
    /// <remarks>Cost: O(pages that differ between here and there), and two words for each page that changed in a state between.</remarks>
    /// <exception cref="ArgumentException">The state is of another rewind.</exception>
    public Errno Restore(RewindState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (state.Owner != this) throw new ArgumentException("The state is of another rewind.", nameof(state));
        using SlowPathHold hold = Enter();
        return state.IsKept ? state.Snapshot.Restore() : Errno.ENOENT;
    }

    /// <summary>Finds the newest state that has a number or a lower one; false if there is none. Cost: O(log states).</summary>
    public bool TryFind(long number, [NotNullWhen(true)] out RewindState? state)
    {
        using SlowPathHold hold = Enter();
        int after = IndexAfter(number);
        state = after == 0 ? null : _states[after - 1];
        return state is not null;
    }

    /// <summary>Drops all states. The process or engine stays as it is.</summary>
    public void Dispose()
    {
        if (_isDisposed || !_subject.Callers.TryHoldToDispose(out SlowPathHold hold)) return;
        using (hold)
        {
            if (_isDisposed) return;    // another thread has disposed it
            _isDisposed = true;
            foreach (RewindState state in _states) state.Snapshot.Dispose();
            _states.Clear();
            _byNode.Clear();
        }
    }

    internal RewindState? ParentOf(RewindState state)
    {
        using SlowPathHold hold = Enter();
        return state.IsKept ? NearestFrom(state.Snapshot.Node.Above) : null;
    }

    private SlowPathHold Enter()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        SlowPathHold hold = _subject.Callers.Hold();
        if (_states.Count != 0 && !_states[^1].IsKept) ForgetEnded();
        return hold;
    }

    /// <summary>Forgets the states that ended with their process.</summary>
    private void ForgetEnded()
    {
        foreach (RewindState state in _states.Where(static state => !state.IsKept)) Forget(state);
        _ = _states.RemoveAll(static state => !state.IsKept);
    }

    // A state is looked at when its age reaches the end of a spacing; it then stays if the next spacing has its number.
    private void Thin()
    {
        long newest = _next - 1;
        for (int i = 0; i < _ends.Length; i++)
        {
            long number = newest - _ends[i];
            bool stays = i + 1 < _ends.Length && number % _options.Spacings[i + 1].Every == 0;
            if (number < 0 || stays) continue;
            int index = IndexAfter(number) - 1;
            if (index >= 0 && _states[index].Number == number) DropAt(index);
        }

        while (_states.Count > 1 && CountBytes() > _options.BudgetBytes) DropAt(0);
    }

    private void DropAt(int index)
    {
        RewindState state = _states[index];
        _states.RemoveAt(index);
        Forget(state);
        state.Snapshot.Dispose();
    }

    private void Forget(RewindState state)
    {
        _ = _byNode.Remove(state.Snapshot.Node);
        _ownBytes -= state.OwnBytes;
    }

    private long CountBytes() => (_subject.HeldPages * VirtualAddress.PageSize) + (_subject.HeldEntries * 16) + _ownBytes;

    private int IndexAfter(long number)
    {
        int low = 0, high = _states.Count;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (_states[middle].Number <= number) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    /// <summary>The state at a node, or at the nearest one above it; other snapshots may lie between.</summary>
    private RewindState? NearestFrom(IStateNode? node)
    {
        for (; node is not null; node = node.Above)
            if (_byNode.TryGetValue(node, out RewindState? state)) return state;
        return null;
    }

    private RewindState? NewestBelow(IStateNode node)
    {
        RewindState? newest = null;
        for (IStateNode? below = node.Below; below is not null; below = below.Beside)
        {
            RewindState? found = _byNode.GetValueOrDefault(below) ?? NewestBelow(below);
            if (found is not null && (newest is null || found.Number > newest.Number)) newest = found;
        }

        return newest;
    }
}
