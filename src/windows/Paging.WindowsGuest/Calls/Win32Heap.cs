using Paging.Native;
using Paging.Windows;

namespace Paging.WindowsGuest.Calls;

/// <summary>A heap: blocks of 16 bytes and more in reserved memory, committed as they are needed; large blocks stand alone.</summary>
/// <remarks>
/// The lowest free place that is large enough is taken, and neighbours that are free become one. The list of blocks is kept outside the
/// program's memory, so that no program can damage it. Windows: RtlAllocateHeap; large is 508 KB there as well.
/// </remarks>
internal sealed class Win32Heap(WindowsProcess process)
{
    private const uint SegmentLength = 1 << 20, CommitStep = 0x10000, Alignment = 8, BlockMin = 16, LargeMin = 508 << 10;

    private readonly SortedDictionary<uint, uint> _free = [];                  // place and length
    private readonly Dictionary<uint, (uint Asked, uint Taken)> _blocks = [];
    private readonly List<(uint Start, uint Committed)> _segments = [];
    private readonly HashSet<uint> _large = [];

    /// <summary>Takes a block. 0: no memory.</summary>
    public uint Allocate(uint byteLength, bool clears)
    {
        if (byteLength > int.MaxValue) return 0;    // rounding up could wrap; the user half has 2 or 3 GB
        if (byteLength >= LargeMin) return AllocateLarge(byteLength);    // so that its free returns the memory
        uint wanted = Math.Max((byteLength + Alignment - 1) & ~(Alignment - 1), BlockMin);    // a block of 0 bytes has its own address
        uint place = Find(wanted);
        if (place == 0 && TryGrow()) place = Find(wanted);
        if (place == 0 || !TryCommit(place + wanted)) return 0;
        Take(place, wanted);
        _blocks.Add(place, (byteLength, wanted));
        if (clears) process.Access.TryFill(new(place), byteLength, 0, out _);    // an earlier block may have left bytes
        return place;
    }

    /// <summary>Frees a block. Returns false if no block begins at the address.</summary>
    public bool Free(uint place)
    {
        if (!_blocks.Remove(place, out (uint Asked, uint Taken) block)) return false;
        if (_large.Remove(place)) process.Memory.VirtualFree(new(place), 0, AllocationTypes.Release);
        else GiveBack(place, block.Taken);
        return true;
    }

    /// <summary>The requested size of a block in bytes; null if no block begins at the address.</summary>
    public uint? LengthOf(uint place) => _blocks.TryGetValue(place, out (uint Asked, uint Taken) block) ? block.Asked : null;

    /// <summary>Changes the length of a block, in place if possible. 0: no memory, and the block is unchanged.</summary>
    public uint Resize(uint place, uint byteLength, bool clears, bool staysInPlace)
    {
        (uint asked, uint taken) = _blocks[place];
        if (byteLength <= taken && !_large.Contains(place))
        {
            if (clears && byteLength > asked) process.Access.TryFill(new(place + asked), byteLength - asked, 0, out _);
            _blocks[place] = (byteLength, taken);    // the rest stays taken: it may grow again
            return place;
        }

        uint made = staysInPlace ? 0 : Allocate(byteLength, clears);
        if (made == 0) return 0;    // the old block is still whole
        byte[] bytes = new byte[Math.Min(asked, byteLength)];
        process.Access.TryCopyOut(new(place), bytes, out _);
        process.Access.WriteProcessMemory(new(made), bytes, out _);
        Free(place);
        return made;
    }

    private uint AllocateLarge(uint byteLength)
    {
        AllocationTypes types = AllocationTypes.Reserve | AllocationTypes.Commit;
        Win32Error error = process.Memory.VirtualAlloc(default, byteLength, types, PageProtection.ReadWrite, out VirtualAddress place);
        if (error != Win32Error.Success) return 0;
        _large.Add(place.Value);
        _blocks.Add(place.Value, (byteLength, byteLength));
        return place.Value;
    }

    private uint Find(uint wanted)
    {
        foreach ((uint start, uint length) in _free)
            if (length >= wanted) return start;
        return 0;
    }

    private bool TryGrow()
    {
        Win32Error error = process.Memory.VirtualAlloc(
            default, SegmentLength, AllocationTypes.Reserve, PageProtection.ReadWrite, out VirtualAddress place);
        if (error != Win32Error.Success) return false;
        _segments.Add((place.Value, 0));
        _free.Add(place.Value, SegmentLength);
        return true;
    }

    private bool TryCommit(uint end)
    {
        int index = _segments.FindIndex(one => end > one.Start && end - one.Start <= SegmentLength);
        (uint start, uint committed) = _segments[index];
        uint needed = end - start;
        if (needed <= committed) return true;
        needed = Math.Min((needed + CommitStep - 1) & ~(CommitStep - 1), SegmentLength);    // fewer calls than page by page
        Win32Error error = process.Memory.VirtualAlloc(
            new(start + committed), needed - committed, AllocationTypes.Commit, PageProtection.ReadWrite, out _);
        if (error == Win32Error.Success) _segments[index] = (start, needed);
        return error == Win32Error.Success;
    }

    private void Take(uint place, uint length)
    {
        _free.Remove(place, out uint whole);
        if (whole != length) _free.Add(place + length, whole - length);    // at least 8 bytes: all lengths are aligned
    }

    private void GiveBack(uint place, uint length)
    {
        if (_free.Remove(place + length, out uint behind) && !_segments.Exists(one => one.Start == place + length)) length += behind;
        else if (behind != 0) _free.Add(place + length, behind);    // another segment begins there
        foreach ((uint start, uint before) in _free)
        {
            if (start + before != place || _segments.Exists(one => one.Start == place)) continue;
            _free[start] = before + length;
            return;
        }

        _free.Add(place, length);
    }
}
