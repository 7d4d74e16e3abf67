using System.Buffers.Binary;
using Paging.Core;
using Paging.Guest.Abi;

namespace Paging.Guest.Host;

/// <summary>A part of a file that the host has blocks for, written or not.</summary>
/// <param name="First">Its first byte; beyond every file if there is none.</param>
/// <param name="End">The end, exclusive.</param>
internal readonly record struct HostExtent(long First, long End)
{
    private const uint GetExtents = 0xC020_660B;    // FS_IOC_FIEMAP
    private const int HeadByteLength = 32, ExtentByteLength = 56;    // struct fiemap, struct fiemap_extent

    private static HostExtent None => new(long.MaxValue, long.MaxValue);

    /// <summary>
    /// Finds the extent at an offset, or the next one. Where the host reports no extents (tmpfs), data is one (SEEK_DATA), which changes
    /// the file's position. Linux: Documentation/filesystems/fiemap.rst.
    /// </summary>
    public static HostExtent Find(int descriptor, long offset)
    {
        Span<byte> words = stackalloc byte[HeadByteLength + ExtentByteLength];
        words.Clear();
        BinaryPrimitives.WriteInt64LittleEndian(words, offset);
        BinaryPrimitives.WriteInt64LittleEndian(words[8..], long.MaxValue - offset);
        BinaryPrimitives.WriteInt32LittleEndian(words[24..], 1);
        if (HostCalls.Ioctl(descriptor, GetExtents, words).IsError) return FindData(descriptor, offset);
        if (BinaryPrimitives.ReadInt32LittleEndian(words[20..]) == 0) return None;
        long first = BinaryPrimitives.ReadInt64LittleEndian(words[HeadByteLength..]);
        return new(first, first + BinaryPrimitives.ReadInt64LittleEndian(words[(HeadByteLength + 16)..]));
    }

    private static HostExtent FindData(int descriptor, long offset)
    {
        CallResult data = HostCalls.Seek(descriptor, offset, (int)FileExtent.Data);
        if (data.IsError) return None;
        CallResult hole = HostCalls.Seek(descriptor, data.Value, (int)FileExtent.Hole);
        const long mask = ~(long)PageWords.OffsetMask;    // tmpfs allocates whole pages
        return hole.IsError ? None : new(data.Value & mask, (hole.Value + PageWords.OffsetMask) & mask);
    }
}
