using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Native;
using Paging.Native.Frames;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// A file on a disk beside a plain array: which pages each call caches, makes dirty, reads, cleans, drops and marks as used.
/// </summary>
/// <remarks>
/// Nothing is read ahead and nothing is mapped. Linux: mm/filemap.c filemap_read, generic_perform_write; fs/ext4 ext4_setattr,
/// ext4_punch_hole; mm/fadvise.c generic_fadvise; mm/swap.c folio_mark_accessed.
/// </remarks>
internal sealed class FileCacheModel : IDisposable
{
    private const int PageBytes = 4096, PagesMax = 12;

    private readonly World _world = new(World.Options() with { ReadAheadPages = 0 });
    private readonly ByteBacking _backing = new((5 * PageBytes) + 100);
    private readonly GuestFile _file;
    private readonly int _descriptor, _direct, _appending;
    private readonly Random _random;

    private byte[] _bytes;
    private readonly SortedSet<int> _cached = [], _dirty = [];
    private readonly Dictionary<int, int> _uses = [];    // 1: referenced; 2: active; 3: both
    private long _hits, _misses, _pagesRead, _previousEnd;
    private byte _next;
    private bool _needsFlush;    // the device was written to or changed since its last flush

    public FileCacheModel(int seed)
    {
        _random = new(seed);
        _file = _world.CreateBacked(_backing);
        _descriptor = _world.Open(_file);
        World.Succeeds(_file.Open(_world.First, FileRights.ReadWrite, OpenFlags.Direct, out _direct));
        World.Succeeds(_file.Open(_world.First, FileRights.Write, OpenFlags.Append, out _appending));
        _bytes = [.. Enumerable.Range(0, (int)_backing.ByteLength).Select(index => _backing[index])];
    }

    public void Step()
    {
        int offset = Edge(), count = Edge();
        switch (_random.Next(16))
        {
            case 0 or 1 or 2: Read(offset, count); break;
            case 3 or 4 or 5: Write(offset, Math.Min(count, (PagesMax * PageBytes) - offset)); break;
            case 6: SetLength(offset); break;
            case 7: Punch(offset, count + 1); break;
            case 8: Read(offset, _random.Next(100)); break;    // goes on in a page, perhaps
            case 9: Synchronize(); break;
            case 10: SynchronizeRange(offset, count, _random.Next(2) == 0); break;
            case 11: ReadDirectly(Sector(offset), Sector(count)); break;
            case 12 or 13: WriteDirectly(Sector(offset), Sector(Math.Min(count, (PagesMax * PageBytes) - offset))); break;
            case 14 when _bytes.Length + 100 < PagesMax * PageBytes: Append(_random.Next(100)); break;
            default: AdviseDontNeed(offset, count); break;
        }

        Compare();
    }

    public void Finish()
    {
        Synchronize();
        Assert.Equal(_bytes.Length, _backing.ByteLength);
        for (int at = 0; at < _bytes.Length; at++) Assert.True(_bytes[at] == _backing[at], $"byte {at} on the disk");
        _world.AssertNothingIsLeft();
    }

    public void Dispose() => _world.Dispose();

    /// <summary>A number of bytes at a page's border, one beside it, or within a page; or the file's length.</summary>
    private int Edge() => _random.Next(8) == 0 ? _bytes.Length : Math.Max(
        0, (_random.Next(PagesMax - 2) * PageBytes) + _random.Next(6) switch
        {
            0 => -1,
            1 => 1,
            2 => _random.Next(PageBytes),
            _ => 0,
        });

    private void Read(int offset, int count)
    {
        byte[] expected = offset >= _bytes.Length ? [] : _bytes[offset..Math.Min(_bytes.Length, offset + count)];
        byte[] read = new byte[count];
        World.Succeeds(_world.First.FileDescriptors.Read(_descriptor, offset, read, out int got));
        Assert.Equal(expected.Length, got);
        Assert.True(expected.AsSpan().SequenceEqual(read.AsSpan(0, got)), $"the bytes from {offset} on");
        for (int at = offset; at < offset + got;)
        {
            int page = at / PageBytes, end = Math.Min((page + 1) * PageBytes, offset + got);
            if (_cached.Contains(page)) _hits++;
            else (_misses, _pagesRead) = (_misses + 1, _pagesRead + 1);
            _cached.Add(page);
            if ((_previousEnd - 1) >> 12 != page) Use(page);    // a small read goes on in the page of the one before
            _previousEnd = at = end;
        }
    }

    private void Write(int offset, int count)
    {
        World.Succeeds(_world.First.FileDescriptors.Write(_descriptor, offset, Source(count), out int written));
        Assert.Equal(count, written);
        NoteWrite(offset, count);
    }

    /// <summary>O_APPEND: writes at the end, ignoring the offset.</summary>
    private void Append(int count)
    {
        World.Succeeds(_world.First.FileDescriptors.Write(_appending, _random.Next(2 * _bytes.Length), Source(count), out int written));
        Assert.Equal(count, written);
        NoteWrite(_bytes.Length, count);
    }

    /// <summary>Mostly a multiple of a sector.</summary>
    private int Sector(int bytes) => _random.Next(5) == 0 ? bytes : bytes & ~511;

    /// <summary>Writes dirty pages back first. Caches nothing, and does not count cached pages as used.</summary>
    private void ReadDirectly(int offset, int count)
    {
        byte[] read = new byte[count];
        Errno error = _world.First.FileDescriptors.Read(_direct, offset, read, out int got);
        Assert.Equal(count != 0 && ((offset | count) & 511) != 0 ? Errno.EINVAL : Errno.None, error);
        if (error != Errno.None || offset >= _bytes.Length || count == 0)
        {
            Assert.Equal(0, got);
            return;
        }

        WriteOut(offset, count);
        Assert.Equal(Math.Min(count, _bytes.Length - offset), got);
        Assert.True(_bytes.AsSpan(offset, got).SequenceEqual(read.AsSpan(0, got)), $"the bytes from {offset} on");
    }

    /// <summary>Writes dirty pages back first, also those beside the sectors. Afterwards the cache has none of the pages.</summary>
    private void WriteDirectly(int offset, int count)
    {
        Errno error = _world.First.FileDescriptors.Write(_direct, offset, Source(count), out int written);
        Assert.Equal(count != 0 && ((offset | count) & 511) != 0 ? Errno.EINVAL : Errno.None, error);
        Assert.Equal(error == Errno.None ? count : 0, written);
        if (written == 0) return;
        WriteOut(offset, count);
        if (offset > _bytes.Length) ClearBeyondEnd();
        if (offset + count > _bytes.Length) Array.Resize(ref _bytes, offset + count);
        _bytes.AsSpan(offset, count).Fill(_next);
        Drop(offset / PageBytes, (offset + count + PageBytes - 1) / PageBytes);
        _needsFlush = true;
    }

    private void WriteOut(int offset, int count) =>
        Clean(page => page >= offset / PageBytes && page < (offset + count + PageBytes - 1) / PageBytes);

    private byte[] Source(int count)
    {
        byte[] source = new byte[count];
        source.AsSpan().Fill(++_next);
        return source;
    }

    private void NoteWrite(int offset, int count)
    {
        if (count == 0) return;
        if (offset > _bytes.Length) ClearBeyondEnd();
        for (int at = offset; at < offset + count;)
        {
            int page = at / PageBytes, end = Math.Min((page + 1) * PageBytes, offset + count);
            bool isPart = end - at < PageBytes && page * PageBytes < _bytes.Length;
            bool isToTheEnd = at % PageBytes == 0 && end >= _bytes.Length;
            if (isPart && !isToTheEnd && !_cached.Contains(page)) _pagesRead++;
            if (end > _bytes.Length) Array.Resize(ref _bytes, end);
            _bytes.AsSpan(at, end - at).Fill(_next);
            _cached.Add(page);
            _dirty.Add(page);
            Use(page);
            at = end;
        }
    }

    private void SetLength(int length)
    {
        World.Succeeds(_world.First.FileDescriptors.SetLength(_descriptor, length));
        _needsFlush = true;
        if (length > _bytes.Length) ClearBeyondEnd();
        if (length < _bytes.Length) WriteEdge(length);
        bool grows = length > _bytes.Length;
        Array.Resize(ref _bytes, length);
        Drop((length + PageBytes - 1) / PageBytes, int.MaxValue);
        if (!grows) ClearBeyondEnd();
    }

    private void Punch(int offset, int count)
    {
        World.Succeeds(_world.First.FileDescriptors.PunchHole(_descriptor, offset, count));
        int end = offset + count;
        if (offset < _bytes.Length)
        {
            _needsFlush = true;
            WriteEdge(offset);
            WriteEdge(end);
        }

        for (int at = offset; at < Math.Min(end, _bytes.Length); at++) _bytes[at] = 0;
        int first = (offset + PageBytes - 1) / PageBytes, last = end / PageBytes;
        if (offset % PageBytes != 0) Dirty(offset / PageBytes);
        if (end % PageBytes != 0) Dirty(last);
        Drop(first, last);
    }

    private void Synchronize()
    {
        World.Succeeds(_world.First.FileDescriptors.Synchronize(_descriptor));
        _dirty.Clear();
        _needsFlush = false;
    }

    private void SynchronizeRange(int offset, int count, bool writes)
    {
        SyncRangeFlags flags = SyncRangeFlags.WaitBefore | (writes ? SyncRangeFlags.Write : 0);
        World.Succeeds(_world.First.FileDescriptors.SynchronizeRange(_descriptor, offset, count, flags));
        int end = count == 0 ? int.MaxValue : (offset + count - 1) / PageBytes;
        if (writes) Clean(page => page >= offset / PageBytes && page <= end);
    }

    /// <summary>Writes every page of the range back and drops whole ones; the file's last page counts as whole.</summary>
    private void AdviseDontNeed(int offset, int count)
    {
        World.Succeeds(_world.First.FileDescriptors.Advise(_descriptor, offset, count, FileAdvice.DontNeed));
        long end = count == 0 ? long.MaxValue : (long)offset + count;
        if (offset / PageBytes < (_bytes.Length + PageBytes - 1) / PageBytes)
            Clean(page => page >= offset / PageBytes && (long)page * PageBytes < end);
        foreach (int page in _cached.ToArray())
        {
            bool isWhole = (long)page * PageBytes >= offset && (((long)page + 1) * PageBytes <= end
                || (end == _bytes.Length && (long)page * PageBytes < end));
            if (isWhole && !_dirty.Contains(page)) Drop(page, page + 1);
        }
    }

    private void ClearBeyondEnd()
    {
        if (_bytes.Length % PageBytes != 0) Dirty(_bytes.Length / PageBytes);
    }

    private void Dirty(int page)
    {
        if (_cached.Contains(page)) _dirty.Add(page);
    }

    /// <summary>The page that a cut divides is written first.</summary>
    private void WriteEdge(int offset)
    {
        if (offset % PageBytes != 0 && offset < _bytes.Length) Clean(page => page == offset / PageBytes);
    }

    /// <summary>Dirty pages go to the device.</summary>
    private void Clean(Predicate<int> isWritten) => _needsFlush |= _dirty.RemoveWhere(isWritten) != 0;

    private void Drop(int first, int end)
    {
        bool IsIn(int page) => page >= first && page < end;
        _cached.RemoveWhere(IsIn);
        _dirty.RemoveWhere(IsIn);
        foreach (int page in _uses.Keys.Where(IsIn).ToArray()) _uses.Remove(page);
    }

    private void Use(int page) => _uses[page] = _uses.GetValueOrDefault(page) switch
    {
        0 => 1,
        1 => 2,
        _ => 3,
    };

    private void Compare()
    {
        PageCache cache = _world.Engine.Parts.Files.Cache;
        FileObject file = _world.Engine.Parts.Files.OpenFiles.Object((uint)_file.Id - 1);
        Assert.Equal((_bytes.Length, _needsFlush), ((int)_file.ByteLength, file.NeedsFlush));
        Assert.Equal((_hits, _misses, _pagesRead), (cache.Counters.Hits, cache.Counters.Misses, cache.Counters.PagesRead));
        for (int page = 0; page <= PagesMax + 10; page++)
        {
            Assert.True(_cached.Contains(page) == _file.IsCached(new((uint)page)), $"page {page} is cached, or is not");
            Assert.True(_dirty.Contains(page) == _file.IsDirty(new((uint)page)), $"page {page} is dirty, or is not");
            if (!cache.TryFind(file, new((uint)page), out FrameNumber frame)) continue;
            FrameFlags flags = _world.Machine.Frames[frame].Flags;
            int uses = ((flags & PageFlags.Referenced) != 0 ? 1 : 0) | ((flags & PageFlags.Active) != 0 ? 2 : 0);
            Assert.True(uses == _uses.GetValueOrDefault(page), $"page {page} has {uses} of the marks of use");
        }

        Assert.Equal(((uint)_cached.Count, (uint)_dirty.Count), (_file.CachedPages.Value, _file.DirtyPages.Value));
        Assert.Equal((uint)_dirty.Count, _world.Engine.Parts.Files.Dirty.PageCount);
        for (int first = 0; first <= PagesMax; first += 5)    // a few ranges, one of them empty, one without an end
        {
            foreach (int end in (int[])[first, first + 1, first + 7, int.MaxValue])
            {
                FileCacheCount expected = new((ulong)_cached.Count(In), (ulong)_dirty.Count(In), 0, 0);
                Assert.Equal(expected, _file.CountCached(new((uint)first), end == int.MaxValue ? ulong.MaxValue : (ulong)end));
                bool In(int page) => page >= first && page < end;
            }
        }
    }
}
