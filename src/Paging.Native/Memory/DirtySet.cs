using System.Numerics;
using System.Runtime.CompilerServices;

namespace Paging.Native.Memory;

//   bits        0 1 0 0 1 0 0 … 1      one for each page or frame: it is on the list
//   gathering   4, 1, 700              in the order of the first writes; appended to by Note
//   handed out  3, 9, 4, 12            the result of the last Take; the two lists change places at each Take
/// <summary>The pages, or the frames, that were written since their log was last collected.</summary>
/// <remarks>
/// Each number is on the list once. Noting costs a test and at most two stores, taking the list costs one step for each number on it.
/// The lists have room for every number from the start, in memory that the host commits as it is used: noting neither fails nor allocates.
/// </remarks>
internal sealed class DirtySet : IDisposable
{
    private readonly HostBlock _block;
    private readonly uint _limit;
    private readonly unsafe ulong* _bits;
    private unsafe uint* _gathering, _handedOut;
    private int _count;

    /// <summary>Makes an empty set of the numbers below a limit.</summary>
    /// <param name="limit">The number of pages or frames: a multiple of 64.</param>
    /// <param name="needsFaults">True for a log that sees the writes of a processor with a TLB of its own.</param>
    /// <exception cref="OutOfMemoryException">The host has no room for addresses.</exception>
    // SAFETY: the block has room for a bit and two words for each number.
    public unsafe DirtySet(uint limit, bool needsFaults)
    {
        (_limit, NeedsFaults) = (limit, needsFaults);
        ulong bitmapBytes = (limit + 63ul) / 64 * sizeof(ulong), listBytes = (ulong)limit * sizeof(uint);
        _block = new(bitmapBytes + (2 * listBytes));
        _bits = (ulong*)_block.Address;
        _gathering = (uint*)(_block.Address + bitmapBytes);
        _handedOut = _gathering + limit;
    }

    /// <summary>True if every first write must be a page fault, because a processor with a TLB of its own writes as well.</summary>
    public bool NeedsFaults { get; }

    /// <summary>The count of numbers noted since they were last taken.</summary>
    public int Count => _count;

    /// <summary>Returns true if the number was noted since it was last taken.</summary>
    // SAFETY: the number is compared with the limit.
    public unsafe bool Contains(uint number) => number < _limit && (_bits[number >> 6] & (1UL << (int)(number & 63))) != 0;

    /// <summary>Puts a number on the list, if it is not there yet. Ignores one at or above the limit.</summary>
    // SAFETY: the number is compared with the limit; a number is on the list once, so the list has room for it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void Note(uint number)
    {
        if (number >= _limit) return;
        ulong bit = 1UL << (int)(number & 63), word = _bits[number >> 6];
        if ((word & bit) != 0) return;
        _bits[number >> 6] = word | bit;
        _gathering[_count++] = number;
    }

    /// <summary>Takes all numbers in the order in which they were first noted. The span is valid until the next call.</summary>
    // SAFETY: the numbers on the list are below the limit, and the list has room for that many.
    public unsafe ReadOnlySpan<uint> Take()
    {
        uint* taken = _gathering;
        int count = _count;
        for (int i = 0; i < count; i++) _bits[taken[i] >> 6] &= ~(1UL << (int)(taken[i] & 63));
        _gathering = _handedOut;
        _handedOut = taken;
        _count = 0;
        return new(taken, count);
    }

    /// <summary>Takes the numbers of a range. Those outside stay on the list. The span is valid until the next call.</summary>
    // SAFETY: as Take; each list has room for the numbers that leave the other.
    public unsafe ReadOnlySpan<uint> TakeWithin(uint first, uint count)
    {
        int taken = 0, kept = 0;
        for (int i = 0; i < _count; i++)
        {
            uint number = _gathering[i];
            if (number - first >= count)
            {
                _gathering[kept++] = number;
                continue;
            }

            _bits[number >> 6] &= ~(1UL << (int)(number & 63));
            _handedOut[taken++] = number;
        }

        _count = kept;
        return new(_handedOut, taken);
    }

    /// <summary>Sets the bit of each number in a bitmap that begins with <paramref name="first"/> and has a bit for each.</summary>
    public static void SetBits(ReadOnlySpan<uint> numbers, uint first, Span<ulong> bitmap)
    {
        foreach (uint number in numbers) bitmap[(int)((number - first) >> 6)] |= 1UL << (int)((number - first) & 63);
    }

    /// <summary>Recounts the bits.</summary>
    // SAFETY: reads the words of the bitmap.
    public unsafe void Audit(string name, AuditReport report)
    {
        int bits = 0;
        for (uint word = 0; word < (_limit + 63) / 64; word++) bits += BitOperations.PopCount(_bits[word]);
        report.AddIfDifferent("D1", name, bits, _count);
        for (int i = 0; i < _count; i++)
        {
            if (!Contains(_gathering[i])) report.Add("D1", $"{name}: {_gathering[i]:x5} is on the list but has no bit");
        }
    }

    /// <summary>Gives the memory back to the host.</summary>
    public void Dispose() => _block.Dispose();
}
