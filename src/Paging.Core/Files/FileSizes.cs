using Paging.Native;

namespace Paging.Core;

/// <summary>Makes files shorter, longer or hollow, and takes the pages that go out of every address space first.</summary>
/// <remarks>Linux: mm/truncate.c truncate_pagecache, mm/memory.c unmap_mapping_range, mm/shmem.c shmem_undo_range.</remarks>
internal sealed class FileSizes(PagingEngine engine)
{
    /// <summary>The largest size: 2^32 pages less one, so that a page index fits 32 bits. Linux: MAX_LFS_FILESIZE on i386.</summary>
    public const long ByteLengthMax = ((1L << 32) - 1) << 12;

    /// <summary>ftruncate(2). Private copies beyond the new end go as well; that of the last, partial page stays as it is.</summary>
    public Errno SetLength(FileObject file, long byteLength)
    {
        if (byteLength < 0) return Errno.EINVAL;
        if (byteLength > ByteLengthMax) return Errno.EFBIG;
        if (file.Backing is { } backing)
        {
            Errno error = backing.SetLength(byteLength);
            if (error != Errno.None) return error;
        }

        bool shrinks = byteLength < file.ByteLength;
        file.ByteLength = byteLength;
        if (!shrinks) return Errno.None;

        uint firstGone = (uint)file.PageLimit;
        Unmap(file, firstGone, ulong.MaxValue, alsoPrivateCopies: true);
        engine.Cache.Drop(file, firstGone, ulong.MaxValue);
        int tail = (int)(byteLength & 0xFFF);
        if (tail != 0) engine.Cache.ZeroWithin(file, firstGone - 1, tail, 4096 - tail);
        return Errno.None;
    }

    /// <summary>fallocate(FALLOC_FL_PUNCH_HOLE|FALLOC_FL_KEEP_SIZE): the bytes read as zeros afterwards; private copies stay.</summary>
    public Errno PunchHole(FileObject file, long offset, long byteLength)
    {
        if (offset < 0 || byteLength <= 0) return Errno.EINVAL;
        if (offset > ByteLengthMax - byteLength) return Errno.EFBIG;
        long end = offset + byteLength;
        if (file.Backing is { } backing)
        {
            Errno error = WriteZeros(backing, offset, Math.Min(end, file.ByteLength));
            if (error != Errno.None) return error;
        }

        uint firstWhole = (uint)((offset + 0xFFF) >> 12);
        uint endWhole = (uint)(end >> 12);
        if (firstWhole > endWhole)
        {
            engine.Cache.ZeroWithin(file, endWhole, (int)(offset & 0xFFF), (int)byteLength);    // within one page
            return Errno.None;
        }

        int head = (int)(offset & 0xFFF);
        int tail = (int)(end & 0xFFF);
        if (head != 0) engine.Cache.ZeroWithin(file, firstWhole - 1, head, 4096 - head);
        if (tail != 0) engine.Cache.ZeroWithin(file, endWhole, 0, tail);
        if (firstWhole == endWhole) return Errno.None;
        Unmap(file, firstWhole, endWhole, alsoPrivateCopies: false);
        engine.Cache.Drop(file, firstWhole, endWhole);
        return Errno.None;
    }

    /// <summary>Takes pages of a file out of all address spaces. Linux: unmap_mapping_pages, even_cows.</summary>
    private void Unmap(FileObject file, uint first, ulong end, bool alsoPrivateCopies)
    {
        for (AreaIndex index = file.FirstArea; index.IsSome;)
        {
            ref Area area = ref engine.AreaSlab[index.Value];
            index = area.FileNext;
            ulong from = Math.Max(first, area.PageOffset);
            ulong to = Math.Min(end, (ulong)area.PageOffset + area.Count.Value);
            if (from >= to) continue;
            PageRange range = new(area.First + new PageCount((uint)(from - area.PageOffset)), new((uint)(to - from)));
            AddressSpace space = engine.SpaceOf(area.Space);
            if (alsoPrivateCopies) Zap.Range(space, range);
            else Zap.CachedPages(space, range);
            space.Tables.FreeEmptyTables(range);
        }
    }

    private static Errno WriteZeros(IFileBacking backing, long offset, long end)
    {
        Span<byte> zeros = stackalloc byte[4096];
        zeros.Clear();
        while (offset < end)
        {
            Errno error = backing.Write(offset, zeros[..(int)Math.Min(zeros.Length, end - offset)], out int count);
            if (error != Errno.None) return error;
            if (count == 0) return Errno.EIO;
            offset += count;
        }

        return Errno.None;
    }
}
