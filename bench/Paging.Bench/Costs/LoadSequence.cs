using Paging.Bench.Host;

namespace Paging.Bench.Costs;

/// <summary>An order of loads in a working set.</summary>
internal enum LoadPattern
{
    /// <summary>Each line of 64 bytes after the one before.</summary>
    Lines,

    /// <summary>A line of each page, another line in the next lap.</summary>
    Pages,

    /// <summary>Lines anywhere; no load waits for another one.</summary>
    Random,

    /// <summary>Lines anywhere; each load's address is what the load before has read.</summary>
    Chased,
}

/// <summary>The loads of a pattern without an end, for the host and for the engine alike.</summary>
internal sealed class LoadSequence
{
    private const int LineLength = 64, ChainLengthMax = 1 << 20, Seed = 86;
    private const uint PageStride = 4096 + LineLength;

    private readonly LoadPattern _pattern;
    private readonly uint _mask;
    private readonly uint[] _chain = [];    // the offsets of a chased pattern, in their order
    private ulong _random = Seed;
    private uint _offset;
    private int _link;

    /// <summary>Begins a sequence.</summary>
    /// <param name="pattern">The order.</param>
    /// <param name="byteLength">The working set: a power of two, at least 64 KiB.</param>
    public LoadSequence(LoadPattern pattern, uint byteLength)
    {
        (_pattern, _mask) = (pattern, byteLength - 1);
        if (pattern != LoadPattern.Chased) return;
        Random random = new(Seed);
        _chain = new uint[Math.Min(byteLength / LineLength, ChainLengthMax)];
        uint room = byteLength / (uint)_chain.Length;    // of a link: its line is any of these
        for (int i = 0; i < _chain.Length; i++) _chain[i] = ((uint)i * room) + ((uint)random.Next((int)(room / LineLength)) * LineLength);
        random.Shuffle(_chain);
    }

    /// <summary>The offset of the next load.</summary>
    public uint Next()
    {
        switch (_pattern)
        {
            case LoadPattern.Lines: return _offset = (_offset + LineLength) & _mask;
            case LoadPattern.Pages: return _offset = (_offset + PageStride) & _mask;
            case LoadPattern.Random:
                _random = Mixed(_random);
                return LineOf(_random, _mask);
            default:
                uint offset = _chain[_link];
                _link = _link + 1 == _chain.Length ? 0 : _link + 1;
                return offset;
        }
    }

    /// <summary>Stores the chain of a chased pattern into memory: in each line the offset of the next one.</summary>
    // Unsafe: the region is at least as long as the working set.
    public unsafe void StoreChain(HostRegion region)
    {
        if (region.ByteLength <= _mask) throw new ArgumentException("The region is shorter than the working set.", nameof(region));
        for (int i = 0; i < _chain.Length; i++) *(uint*)(region.Address + _chain[i]) = _chain[i + 1 == _chain.Length ? 0 : i + 1];
        if (_chain.Length > 0) _offset = _chain[0];
    }

    /// <summary>Makes loads in the host's memory and goes on where the last ones ended. Returns a sum, so that none is left out.</summary>
    // Unsafe: the masks keep the offsets within the working set, which StoreChain has compared with the region.
    public unsafe ulong Load(HostRegion region, int count) => _pattern switch
    {
        LoadPattern.Lines => Stride(region.Address, _mask, LineLength, ref _offset, count),
        LoadPattern.Pages => Stride(region.Address, _mask, PageStride, ref _offset, count),
        LoadPattern.Random => Anywhere(region.Address, _mask, ref _random, count),
        _ => Chase(region.Address, ref _offset, count),
    };

    private static unsafe ulong Stride(byte* at, uint mask, uint stride, ref uint start, int count)
    {
        ulong sum = 0;
        uint offset = start;
        for (int i = 0; i < count; i++)
        {
            offset = (offset + stride) & mask;
            sum += *(uint*)(at + offset);
        }

        start = offset;
        return sum;
    }

    private static unsafe ulong Anywhere(byte* at, uint mask, ref ulong start, int count)
    {
        ulong sum = 0, random = start;
        for (int i = 0; i < count; i++)
        {
            random = Mixed(random);
            sum += *(uint*)(at + LineOf(random, mask));
        }

        start = random;
        return sum;
    }

    private static unsafe ulong Chase(byte* at, ref uint start, int count)
    {
        uint offset = start;
        for (int i = 0; i < count; i++) offset = *(uint*)(at + offset);
        start = offset;
        return offset;
    }

    /// <summary>A step of a linear congruential generator. Knuth, The Art of Computer Programming, volume 2, 3.3.4: MMIX.</summary>
    private static ulong Mixed(ulong value) => (value * 6_364_136_223_846_793_005) + 1_442_695_040_888_963_407;

    private static uint LineOf(ulong value, uint mask) => (uint)(value >> 30) & mask & ~(uint)(LineLength - 1);
}
