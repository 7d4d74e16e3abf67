namespace Paging.Guest.History;

/// <summary>A place in <see cref="HistoryBytes"/>.</summary>
/// <param name="Block">The number of the block.</param>
/// <param name="Offset">The offset in the block.</param>
/// <param name="ByteLength">The length, which may be 0.</param>
internal readonly record struct HistoryPlace(int Block, int Offset, int ByteLength);

/// <summary>Bytes of a history, in blocks, so that many small pieces do not burden the garbage collector.</summary>
internal sealed class HistoryBytes
{
    private const int BlockByteLength = 1 << 20;    // in the large object heap, which is not compacted

    private readonly List<byte[]> _blocks = [];
    private int _used, _dropped;

    /// <summary>The number of blocks ever begun.</summary>
    private int BlockCount => _dropped + _blocks.Count;

    /// <summary>The memory they take, in bytes.</summary>
    public long ByteLength { get; private set; }

    /// <summary>Keeps a copy.</summary>
    public HistoryPlace Add(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return default;
        if (_blocks.Count == 0 || _blocks[^1].Length - _used < bytes.Length)
        {
            _blocks.Add(GC.AllocateUninitializedArray<byte>(Math.Max(BlockByteLength, bytes.Length)));
            ByteLength += _blocks[^1].Length;
            _used = 0;
        }

        bytes.CopyTo(_blocks[^1].AsSpan(_used));
        HistoryPlace place = new(BlockCount - 1, _used, bytes.Length);
        _used += bytes.Length;
        return place;
    }

    /// <summary>The bytes at a place.</summary>
    public ReadOnlySpan<byte> this[HistoryPlace place] =>
        place.ByteLength == 0 ? [] : _blocks[place.Block - _dropped].AsSpan(place.Offset, place.ByteLength);

    /// <summary>Drops the bytes before a place.</summary>
    public void DropBefore(HistoryPlace place)
    {
        if (place.ByteLength == 0) return;
        for (; _dropped < place.Block; _dropped++)
        {
            ByteLength -= _blocks[0].Length;
            _blocks.RemoveAt(0);
        }
    }

    /// <summary>Drops everything.</summary>
    public void Clear()
    {
        _blocks.Clear();
        (_used, _dropped, ByteLength) = (0, 0, 0);
    }
}
