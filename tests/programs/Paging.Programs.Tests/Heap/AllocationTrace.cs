using System.Globalization;
using Paging.Core;
using Paging.Native;
using Paging.Programs.Heap;

namespace Paging.Programs.Tests;

/// <summary>The result of running an allocation trace.</summary>
/// <param name="Calls">The number of lines executed.</param>
/// <param name="Failed">The number of allocations that found no memory.</param>
/// <param name="PeakHeapBytes">The largest size of the heap, including mappings.</param>
/// <param name="PeakRequestedBytes">The most bytes that the program had at a time, as it requested them.</param>
internal readonly record struct AllocationTraceResult(long Calls, long Failed, ulong PeakHeapBytes, ulong PeakRequestedBytes)
{
    /// <summary>The share of the largest heap that the program had requested: the utilization of malloc courses.</summary>
    public double Utilization => PeakHeapBytes == 0 ? 1 : (double)PeakRequestedBytes / PeakHeapBytes;
}

/// <summary>Runs an allocation trace on a heap.</summary>
/// <remarks>
/// Each line is one call: <c>a ID SIZE</c> for malloc, <c>r ID SIZE</c> for realloc, <c>f ID</c> for free. This is the format of the
/// malloc exercises in Bryant and O'Hallaron's textbook. Other lines, such as their headers, are skipped.
/// Every block is filled when it is allocated and checked when it is freed.
/// </remarks>
internal sealed class AllocationTrace(GuestHeap heap, Mmu memory)
{
    private readonly Dictionary<int, (VirtualAddress Address, uint ByteLength)> _blocks = [];
    private long _calls, _failed;
    private ulong _requested, _peakRequested, _peakHeap;

    /// <summary>Runs the lines.</summary>
    /// <exception cref="FormatException">A line is none of the three calls. The message has its number.</exception>
    /// <exception cref="InvalidDataException">A block has lost its bytes, or the heap rejects its address.</exception>
    public AllocationTraceResult Run(IEnumerable<string> lines)
    {
        int number = 0;
        foreach (string line in lines)
        {
            number++;
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (words.Length == 0 || char.IsAsciiDigit(words[0][0]) || words[0][0] == '#') continue;
            if (!TryExecute(words)) throw new FormatException($"line {number}: '{line}' is none of 'a ID SIZE', 'r ID SIZE', 'f ID'");
            _calls++;
            _peakHeap = Math.Max(_peakHeap, heap.HeldBytes);
            _peakRequested = Math.Max(_peakRequested, _requested);
        }

        return new(_calls, _failed, _peakHeap, _peakRequested);
    }

    private static bool TryParseSize(string word, out uint byteLength) =>
        uint.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out byteLength);

    private bool TryExecute(string[] words)
    {
        uint byteLength = 0;
        if (words.Length < 2 || !int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out int id)) return false;
        bool hasSize = words[0] is "a" or "r";
        if (hasSize && (words.Length < 3 || !TryParseSize(words[2], out byteLength))) return false;
        switch (words[0])
        {
            case "a": Keep(id, heap.Allocate(byteLength), byteLength); return true;
            case "r": Reallocate(id, byteLength); return true;
            case "f": Free(id); return true;
            default: return false;
        }
    }

    private void Keep(int id, VirtualAddress address, uint byteLength)
    {
        if (address == VirtualAddress.Zero)
        {
            _failed++;
            return;
        }

        memory.Fill(address, byteLength, PatternOf(id), out _);
        _blocks[id] = (address, byteLength);
        _requested += byteLength;
    }

    private void Reallocate(int id, uint byteLength)
    {
        (VirtualAddress address, uint old) = _blocks.GetValueOrDefault(id);
        VirtualAddress moved = heap.Reallocate(address, byteLength, out HeapError error);
        if (error != HeapError.None) throw new InvalidDataException($"block {id} at {address}: {error}");
        if (moved == VirtualAddress.Zero)
        {
            _failed++;
            return;
        }

        Verify(id, moved, Math.Min(old, byteLength));
        _requested -= old;
        Keep(id, moved, byteLength);
    }

    private void Free(int id)
    {
        if (!_blocks.Remove(id, out (VirtualAddress Address, uint ByteLength) block)) return;
        Verify(id, block.Address, block.ByteLength);
        _requested -= block.ByteLength;
        HeapError error = heap.Free(block.Address);
        if (error != HeapError.None) throw new InvalidDataException($"block {id} at {block.Address}: {error}");
    }

    private void Verify(int id, VirtualAddress address, uint byteLength)
    {
        byte[] bytes = new byte[byteLength];
        memory.CopyOut(address, bytes, out _);
        if (bytes.AsSpan().ContainsAnyExcept(PatternOf(id)))
            throw new InvalidDataException($"block {id} at {address}: its {byteLength} bytes are not what was written there");
    }

    private static byte PatternOf(int id) => (byte)((id * 37) + 1);
}
