using System.Runtime.CompilerServices;

namespace Paging.Native.Memory;

/// <summary>The dirty logs that are open on one address space, or on RAM. Each gathers on its own.</summary>
internal sealed class DirtySets
{
    private DirtySet[] _sets = [];

    /// <summary>True while no log is open.</summary>
    public bool IsEmpty
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _sets.Length == 0;
    }

    /// <summary>True if a log needs every first write to be a page fault.</summary>
    public bool NeedFaults { get; private set; }

    /// <summary>The logs, for audits.</summary>
    public ReadOnlySpan<DirtySet> All => _sets;

    /// <summary>Notes a page or a frame in every log.</summary>
    public void Note(uint number)
    {
        foreach (DirtySet set in _sets) set.Note(number);
    }

    /// <summary>Notes a written page or frame of a unit that has become writable as a whole.</summary>
    /// <param name="written">The page or frame.</param>
    /// <param name="first">The first one of the unit.</param>
    /// <param name="count">The number of those in the unit. Logs that need faults note all: no other store to it will fault.</param>
    public void NoteUnit(uint written, uint first, uint count)
    {
        foreach (DirtySet set in _sets)
        {
            set.Note(written);
            for (uint i = 0; i < count && set.NeedsFaults; i++) set.Note(first + i);
        }
    }

    /// <summary>Returns true if every log has noted the number.</summary>
    /// <param name="number">The page or frame.</param>
    /// <param name="mustFault">True: only the logs that need faults are asked.</param>
    public bool AllContain(uint number, bool mustFault = false)
    {
        foreach (DirtySet set in _sets)
        {
            if ((set.NeedsFaults || !mustFault) && !set.Contains(number)) return false;
        }

        return true;
    }

    /// <summary>Adds a log.</summary>
    public void Add(DirtySet set) => Replace([.. _sets, set]);

    /// <summary>Removes a log.</summary>
    public void Remove(DirtySet set) => Replace(Array.FindAll(_sets, other => other != set));

    /// <summary>Removes all logs.</summary>
    public void Clear() => Replace([]);

    private void Replace(DirtySet[] sets)
    {
        _sets = sets;
        NeedFaults = Array.Exists(sets, static set => set.NeedsFaults);
    }
}
