namespace Paging.Native;

/// <summary>Makes the n-th allocation fail, so that tests walk every path that gives up half-way.</summary>
/// <remarks>
/// One object is shared by the frame allocator and the slabs of an engine, which therefore count in one sequence.
/// A refusal is a value (<c>Try…</c> returns false), as a real shortage is. Without an object nothing is counted.
/// </remarks>
internal sealed class FaultInjection
{
    /// <summary>The allocation to fail, counted from now: 1 is the next one, 0 none. Counts down to 0 and so fails once.</summary>
    public long FailAtAllocation { get; set; }

    /// <summary>How many allocations were asked for, granted or not.</summary>
    public long AllocationsAsked { get; private set; }

    /// <summary>Counts an allocation; true when it is the one to fail.</summary>
    public bool Refuses()
    {
        AllocationsAsked++;
        return FailAtAllocation != 0 && --FailAtAllocation == 0;
    }
}
