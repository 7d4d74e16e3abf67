using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// A file of many pages read through two open files beside plain sets: which pages are cached after each call, and how many were read.
/// </summary>
/// <remarks>
/// Linux: mm/readahead.c page_cache_sync_ra, page_cache_async_ra, force_page_cache_ra, do_page_cache_ra; mm/fadvise.c generic_fadvise;
/// mm/filemap.c do_sync_mmap_readahead, do_async_mmap_readahead, both without fault-around.
/// </remarks>
internal sealed class ReadAheadModel : IDisposable
{
    private const int PageBytes = 4096, MissesMax = 1000, LotsOfMisses = 100;

    private readonly DeviceWorld _disk;
    private readonly int _pageCount, _usual;
    private readonly Reader[] _readers;
    private readonly SortedSet<long> _cached = [], _marks = [];
    private readonly Random _random;
    private long _pagesRead, _unasked;

    public ReadAheadModel(int seed, int pageCount, int usual)
    {
        _random = new(seed);
        (_pageCount, _usual) = (pageCount, usual);
        _disk = new(pageCount, options: World.Options(16) with { ReadAheadPages = usual, FaultAroundPages = 1 });
        _readers = [new(_disk.Descriptor, usual), new(_disk.Open(), usual)];
        for (int one = 0; one < _readers.Length; one++)
            _disk.World.MapFile(_readers[one].Descriptor, one * pageCount, pageCount, type: MapFlags.Shared);
    }

    public void Step()
    {
        Reader reader = _readers[_random.Next(_readers.Length)];
        int page = _random.Next(5) == 0 ? _random.Next(_pageCount) : Math.Min(_random.Next(40), _pageCount - 1);
        switch (_random.Next(18))
        {
            case <= 6: Read(reader, Math.Max(0, reader.PreviousEnd), Length()); break;
            case <= 9: Read(reader, (page * PageBytes) + _random.Next(2), Length()); break;
            case 10 or 11: Touch(reader, page); break;
            case 16 or 17: ReadBehindWhatIsCached(reader); break;
            case 12: Advise(reader, page, (FileAdvice)_random.Next(3)); break;
            case 13: WillNeed(reader, page, _random.Next(60)); break;
            default: Drop(reader, page, _random.Next(3) == 0 ? 0 : _random.Next(1, 80)); break;
        }

        Compare();
    }

    public void Finish() => _disk.AssertNothingIsLeft();

    public void Dispose() => _disk.Dispose();

    /// <summary>Some bytes, a page, a few, or more than any window.</summary>
    private int Length() => _random.Next(5) switch
    {
        0 => 100,
        1 or 2 => PageBytes,
        3 => _random.Next(2, 9) * PageBytes,
        _ => _random.Next(10, 90) * PageBytes,
    };

    private void Read(Reader reader, long offset, int length)
    {
        byte[] read = _disk.Read(offset, length, reader.Descriptor);
        long end = Math.Min(offset + length, (long)_pageCount * PageBytes), askedEnd = (offset + length + PageBytes - 1) / PageBytes;
        Assert.Equal(Math.Max(0, end - offset), read.Length);
        for (long at = offset; at < end;)
        {
            long page = at / PageBytes;
            Assert.Equal(DeviceWorld.ByteOfPage((int)page), read[at - offset]);
            if (!_cached.Contains(page)) Miss(reader, page, askedEnd - page);
            if (!_cached.Contains(page)) Load(page, 1, 0, page, 1);
            if (_marks.Remove(page)) Marked(reader, page, askedEnd - page);
            reader.PreviousEnd = at = Math.Min((page + 1) * PageBytes, end);
        }
    }

    /// <summary>After a run of cached pages, wherever the reader was: as many pages as the run has, one less or one more.</summary>
    private void ReadBehindWhatIsCached(Reader reader)
    {
        long[] ends = [.. _cached.Where(page => !_cached.Contains(page + 1)).Select(static page => page + 1)];
        if (ends.Length == 0 || ends[^1] >= _pageCount) return;
        long first = ends[_random.Next(ends.Length)], run = 0;
        while (run < first && _cached.Contains(first - run - 1)) run++;
        Read(reader, first * PageBytes, (int)Math.Max(1, run + _random.Next(-1, 2)) * PageBytes);
    }

    /// <summary>A load through the mapping, whose entry is then taken away again.</summary>
    private void Touch(Reader reader, int page)
    {
        MemoryAdvice pattern = (MemoryAdvice)_random.Next(3);
        AddressSpace memory = _disk.World.Memory;
        VirtualAddress start = World.At(reader.Descriptor == _disk.Descriptor ? 0 : _pageCount), at = start + (uint)(page * PageBytes);
        World.Succeeds(memory.Advise(start, World.Bytes(_pageCount), pattern));
        Assert.Equal(DeviceWorld.ByteOfPage(page), memory.Mmu.Read<byte>(at));
        World.Succeeds(memory.Advise(start, World.Bytes(_pageCount), MemoryAdvice.DontNeed));
        bool isCached = _cached.Contains(page);
        if (!isCached && pattern != MemoryAdvice.Random && reader.Max != 0) MissMapped(reader, page, pattern);
        if (!_cached.Contains(page)) Load(page, 1, 0, page, 1);
        if (!isCached || pattern == MemoryAdvice.Random || reader.Max == 0) return;    // tried again, a fault counts no hit
        if (reader.MappedMisses > 0) reader.MappedMisses--;
        if (_marks.Remove(page)) Marked(reader, page, reader.Max);
    }

    private void MissMapped(Reader reader, int page, MemoryAdvice pattern)
    {
        if (pattern == MemoryAdvice.Sequential)
        {
            Miss(reader, page, reader.Max);
            return;
        }

        if (reader.MappedMisses < MissesMax) reader.MappedMisses++;
        if (reader.MappedMisses > LotsOfMisses) return;
        (reader.Start, reader.Size, reader.Async) = (Math.Max(0, page - (reader.Max / 2)), reader.Max, reader.Max / 4);
        Load(reader.Start, reader.Size, reader.Async, page, 1);
    }

    private void Miss(Reader reader, long page, long asked)
    {
        if (reader.IsRandom || reader.Max == 0)
        {
            long wanted = reader.IsRandom ? asked : 1;
            Load(page, wanted, 0, page, asked);
            return;
        }

        bool continues = reader.PreviousEnd >= 0 && page - (reader.PreviousEnd / PageBytes) is 0 or 1;
        long trace = 0;
        if (page != 0 && asked <= reader.Max && !continues)
        {
            while (trace < reader.Max && page - trace > 0 && _cached.Contains(page - trace - 1)) trace++;
            if (trace <= asked)
            {
                Load(page, asked, 0, page, asked);
                return;
            }

            if (trace == page && trace < reader.Max) trace *= 2;
            (reader.Start, reader.Size, reader.Async) = (page, Math.Min(trace + asked, reader.Max), 1);
        }
        else
        {
            long size = 1;
            while (size < asked) size *= 2;
            size = size <= reader.Max / 32 ? size * 4 : size <= reader.Max / 4 ? size * 2 : reader.Max;
            (reader.Start, reader.Size, reader.Async) = (page, size, size > asked ? size - asked : size / 2);
        }

        Load(reader.Start, reader.Size, reader.Async, page, asked);
    }

    private void Marked(Reader reader, long page, long asked)
    {
        if (reader.Max == 0) return;
        if (page == reader.Start + reader.Size - reader.Async)
        {
            reader.Start += reader.Size;
            reader.Size = Math.Max(reader.Size, Next(reader.Size, reader.Max));
        }
        else
        {
            long cached = 0;
            while (cached < reader.Max && _cached.Contains(page + 1 + cached)) cached++;
            if (cached >= reader.Max) return;
            reader.Start = page + 1 + cached;
            reader.Size = Next(cached + 1 + asked, reader.Max);
        }

        reader.Async = reader.Size;
        Load(reader.Start, reader.Size, reader.Async, page, 0);
    }

    private static long Next(long size, long max) => size < max / 16 ? size * 4 : size <= max / 2 ? size * 2 : max;

    private void WillNeed(Reader reader, int page, int count)
    {
        Errno error = count % 2 == 0
            ? _disk.Calls.Advise(reader.Descriptor, page * (long)PageBytes, count * (long)PageBytes, FileAdvice.WillNeed)
            : _disk.Calls.ReadAhead(reader.Descriptor, page * (long)PageBytes, (uint)(count * PageBytes));
        World.Succeeds(error);
        Load(page, count == 0 ? _pageCount : count, 0, page, 0);
    }

    private void Advise(Reader reader, int page, FileAdvice advice)
    {
        World.Succeeds(_disk.Calls.Advise(reader.Descriptor, page, 5, advice));
        if (advice != FileAdvice.Random) reader.Max = advice == FileAdvice.Sequential ? 2 * _usual : _usual;
        reader.IsRandom = advice == FileAdvice.Random;
    }

    private void Drop(Reader reader, int page, int count)
    {
        int cut = _random.Next(2);    // a byte less: the page at the edge stays
        long offset = (page * (long)PageBytes) + cut, length = count == 0 ? 0 : Math.Max(1, (count * (long)PageBytes) - (2 * cut));
        World.Succeeds(_disk.Calls.Advise(reader.Descriptor, offset, length, FileAdvice.DontNeed));
        long end = length == 0 ? long.MaxValue : offset + length;
        bool IsWhole(long one) => one * PageBytes >= offset && (one + 1) * PageBytes <= end;
        _cached.RemoveWhere(IsWhole);
        _marks.RemoveWhere(IsWhole);
    }

    /// <summary>Reads what is missing of a window; a page that is cached already gets no mark.</summary>
    private void Load(long first, long count, long marked, long asked, long askedCount)
    {
        for (long page = first; page < Math.Min(first + count, _pageCount); page++)
        {
            if (!_cached.Add(page)) continue;
            _pagesRead++;
            if (page < asked || page >= asked + askedCount) _unasked++;
            if (marked != 0 && page == first + count - marked) _marks.Add(page);
        }
    }

    private void Compare()
    {
        for (uint page = 0; page < _pageCount; page++)
            Assert.True(_cached.Contains(page) == _disk.File.IsCached(new(page)), $"page {page} is cached, or is not");
        Assert.Equal((_pagesRead, _unasked), (_disk.Counters.PagesRead, _disk.Counters.ReadAhead));
    }

    /// <summary>An open file: struct file_ra_state.</summary>
    private sealed class Reader(int descriptor, int max)
    {
        public long PreviousEnd = -1, Start, Size, Async;
        public int Max = max, MappedMisses;
        public bool IsRandom;

        public int Descriptor => descriptor;
    }
}
