using Paging.Core.Files;
using Paging.Native;

namespace Paging.ReferenceModel;

/// <summary>The bytes of a tmpfs file or of a shared anonymous object, page by page. Linux: an inode of mm/shmem.c.</summary>
internal sealed class FileObject(string name)
{
    private const int PageSize = 4096;
    private readonly Dictionary<long, byte[]> _pages = [];    // a missing page reads as zeros; bytes behind the end are zero

    /// <summary>As <c>maps</c> shows it.</summary>
    public string Name { get; } = name;

    public long Length { get; private set; }

    /// <summary>An object for a shared anonymous mapping; it never grows.</summary>
    public static FileObject SharedAnonymous(PageCount count) => new("/dev/zero") { Length = (long)count.Bytes };

    /// <summary>False when the page lies wholly beyond the end.</summary>
    public bool Covers(long page) => Length > 0 && page <= (Length - 1) / PageSize;

    /// <summary>For <c>mincore</c>: written, or brought in by an access through a mapping, and not punched or cut off since.</summary>
    public bool IsInMemory(long page) => _pages.ContainsKey(page);

    /// <summary>The bytes of a page that a mapping touches. Linux: shmem_fault, which fills a hole for reads, too.</summary>
    public byte[] Page(long page)
    {
        if (_pages.TryGetValue(page, out byte[]? bytes)) return bytes;
        bytes = new byte[PageSize];
        _pages.Add(page, bytes);
        return bytes;
    }

    /// <summary>Copies out what lies at an offset, up to the end of the file; the answer says how much that was.</summary>
    public int Read(long offset, Span<byte> buffer)
    {
        int count = (int)Math.Clamp(Length - offset, 0, buffer.Length);
        for (int done = 0; done < count;)
        {
            int inPage = (int)((offset + done) % PageSize);
            int step = Math.Min(PageSize - inPage, count - done);
            if (_pages.TryGetValue((offset + done) / PageSize, out byte[]? bytes)) bytes.AsSpan(inPage, step).CopyTo(buffer[done..]);
            else buffer.Slice(done, step).Clear();
            done += step;
        }
        return count;
    }

    /// <summary>Copies in; the file becomes longer where it must.</summary>
    public void Write(long offset, ReadOnlySpan<byte> data)
    {
        for (int done = 0; done < data.Length;)
        {
            int inPage = (int)((offset + done) % PageSize);
            int step = Math.Min(PageSize - inPage, data.Length - done);
            data.Slice(done, step).CopyTo(Page((offset + done) / PageSize).AsSpan(inPage));
            done += step;
        }
        Length = Math.Max(Length, offset + data.Length);
    }

    /// <summary>Sets the length; shortening zeroes the tail of the last page (DIALECT 8.15).</summary>
    public void Truncate(long length)
    {
        if (length < Length) Erase(length, long.MaxValue);
        Length = length;
    }

    /// <summary>Makes the bytes of a range zeros and gives whole pages back; the length stays.</summary>
    public void Punch(long offset, long byteLength) => Erase(offset, offset + byteLength);

    private void Erase(long start, long end)
    {
        foreach ((long page, byte[] bytes) in _pages.ToList())
        {
            long from = Math.Max(start, page * PageSize), to = Math.Min(end, (page + 1) * PageSize);
            if (from >= to) continue;
            if (to - from == PageSize) _pages.Remove(page);
            else bytes.AsSpan((int)(from - (page * PageSize)), (int)(to - from)).Clear();
        }
    }
}
