namespace Paging.Fuzz;

/// <summary>
/// The content of a file, as plain bytes; and the states that each page may have after a crash: the last one reported durable, and every
/// later one.
/// </summary>
internal sealed class FileContents
{
    public const int PageByteLength = 4096;

    private const int VersionCountMax = 400;
    private const int SectorByteLength = 512;

    private readonly int _pageMax;
    private readonly byte[] _bytes;
    private readonly List<byte[]>[] _versions;
    private readonly List<int> _lengths;
    private readonly bool[] _touched;       // since the last Note
    private readonly bool[] _changed;       // since the last report, durable or failed
    private int _lengthMin;                 // what no crash may cut off
    private bool _lengthChanged;

    public FileContents(int pageMax, ReadOnlySpan<byte> content)
    {
        _pageMax = pageMax;
        _bytes = new byte[pageMax * PageByteLength];
        content.CopyTo(_bytes);
        Length = _lengthMin = content.Length;
        _lengths = [Length];
        _versions = [.. Enumerable.Range(0, pageMax).Select(page => new List<byte[]> { Page(page).ToArray() })];
        _touched = new bool[pageMax];
        _changed = new bool[pageMax];
    }

    public int Length { get; private set; }

    /// <summary>Pages that lie at least in part before the end.</summary>
    public int PageLimit => (Length + PageByteLength - 1) / PageByteLength;

    /// <summary>All bytes of the file.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    /// <summary>A page, with zeros beyond the end.</summary>
    public ReadOnlySpan<byte> Page(int page) => _bytes.AsSpan(page * PageByteLength, PageByteLength);

    public void Write(int offset, ReadOnlySpan<byte> source)
    {
        if (source.IsEmpty) return;
        source.CopyTo(_bytes.AsSpan(offset));
        Touch(offset, source.Length);
        if (offset + source.Length > Length) SetLength(offset + source.Length);
    }

    public void Zero(int offset, int byteLength)
    {
        int end = Math.Min(Length, offset + byteLength);
        if (offset >= end) return;
        _bytes.AsSpan(offset, end - offset).Clear();
        Touch(offset, end - offset);
    }

    public void SetLength(int byteLength)
    {
        if (byteLength < Length) Zero(byteLength, Length - byteLength);
        Length = byteLength;
    }

    /// <summary>Takes over the engine's bytes, where the two may differ.</summary>
    public void Replace(int page, ReadOnlySpan<byte> found)
    {
        found.CopyTo(_bytes.AsSpan(page * PageByteLength));
        _touched[page] = true;
    }

    /// <summary>A crash may leave this version, too, until the page is reported durable.</summary>
    public void Allow(int page, byte[] version) => _versions[page].Insert(0, version);

    /// <summary>A call has ended: a crash may leave pages as they are now.</summary>
    public void Note()
    {
        for (int page = 0; page < _pageMax; page++)
        {
            if (!_touched[page]) continue;
            _touched[page] = false;
            if (Page(page).SequenceEqual(_versions[page][^1])) continue;
            _versions[page].Add(Page(page).ToArray());
            // too long ago to be asked for
            if (_versions[page].Count > VersionCountMax) _versions[page].RemoveRange(0, VersionCountMax / 2);
            _changed[page] = true;
        }

        if (_lengths[^1] == Length) return;
        _lengths.Add(Length);
        _lengthMin = Math.Min(_lengthMin, Length);
        _lengthChanged = true;
    }

    /// <summary>fsync or msync has succeeded: these pages are durable.</summary>
    public void NoteDurable(int firstPage, int endPage, bool alsoLength)
    {
        for (int page = firstPage; page < Math.Min(_pageMax, endPage); page++)
        {
            if (_changed[page])
            {
                _versions[page].RemoveRange(0, _versions[page].Count - 1);
                // shorter lengths, which would cut these bytes off, are ruled out as well
                int needed = (page * PageByteLength) + Page(page).LastIndexOfAnyExcept((byte)0) + 1;
                if (needed > page * PageByteLength)
                {
                    _lengths.RemoveAll(length => length < Math.Min(needed, Length));
                    _lengthMin = Math.Max(_lengthMin, Math.Min(needed, Length));
                }
            }

            _changed[page] = false;
        }

        if (!alsoLength || !_lengthChanged) return;
        _lengths.RemoveRange(0, _lengths.Count - 1);
        _lengthMin = Length;
        _lengthChanged = false;
    }

    /// <summary>
    /// Notes that an error was reported: pages that were dirty until now need not reach the disk, and are not written again.
    /// </summary>
    public void NoteError()
    {
        Array.Clear(_changed);
        _lengthChanged = false;
    }

    /// <summary>Checks the content after a crash. Returns the first violation, or null.</summary>
    public string? FindViolation(ReadOnlySpan<byte> left)
    {
        // a long write goes out piece by piece
        bool isOnTheWay = left.Length % SectorByteLength == 0 && left.Length >= _lengthMin && left.Length < _lengths.Max();
        if (!isOnTheWay && !_lengths.Contains(left.Length))
            return $"after a crash the file has {left.Length} bytes, and may have {string.Join(", ", _lengths.TakeLast(5))}";
        for (int page = 0; page * PageByteLength < left.Length; page++)
        {
            ReadOnlySpan<byte> found = left[(page * PageByteLength)..Math.Min(left.Length, (page + 1) * PageByteLength)];
            if (!IsOneOf(_versions[page], found)) return $"after a crash page {page} has none of the {_versions[page].Count} allowed " +
                "versions: a durable write was lost, or the page is torn";
        }

        return null;
    }

    private static bool IsOneOf(List<byte[]> versions, ReadOnlySpan<byte> found)
    {
        for (int i = versions.Count - 1; i >= 0; i--)
            if (found.SequenceEqual(versions[i].AsSpan(0, found.Length))) return true;
        return false;
    }

    private void Touch(int offset, int byteLength)
    {
        for (int page = offset / PageByteLength; page * PageByteLength < offset + byteLength; page++) _touched[page] = true;
    }
}
