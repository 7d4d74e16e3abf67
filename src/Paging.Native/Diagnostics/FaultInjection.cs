namespace Paging.Native.Diagnostics;

/// <summary>Makes the n-th allocation fail, so that tests walk every path that gives up half-way.</summary>
/// <remarks>
/// One object is shared by the frame allocator and the slabs of an engine, which therefore count in one sequence.
/// A refusal is a value (<c>Try…</c> returns false), as a real shortage is. While nothing is counted, an allocation costs one test
/// of a flag.
/// </remarks>
internal sealed class FaultInjection
{
    // One counter for both questions, as every frame that is taken pays for it: the allocations left until one fails.
    private long _left = long.MaxValue, _askedAtZero = long.MaxValue;

    /// <summary>Allocations are counted. Choosing one to fail begins it.</summary>
    public bool IsCounting { get; set; }

    /// <summary>The allocation to fail, counted from now: 1 is the next one, 0 none. Counts down to 0 and so fails once.</summary>
    public long FailAtAllocation
    {
        get => _left is > 0 and <= int.MaxValue ? _left : 0;
        set
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)value, (ulong)int.MaxValue, nameof(value));
            long left = value == 0 ? long.MaxValue - AllocationsAsked : value;
            _askedAtZero = AllocationsAsked + left;
            _left = left;
            IsCounting = true;
        }
    }

    /// <summary>The number of allocations requested while counting, granted or not.</summary>
    public long AllocationsAsked => _askedAtZero - _left;

    /// <summary>Counts an allocation; true when it is the one to fail.</summary>
    public bool Refuses() => IsCounting && --_left == 0;
}
