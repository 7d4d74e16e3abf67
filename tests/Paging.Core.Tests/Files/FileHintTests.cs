using Paging.Core.Files;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Which pages a hint reads or drops, at every edge of pages and of the file, beside the rule applied page by page.</summary>
/// <remarks>
/// Linux: mm/fadvise.c generic_fadvise. WILLNEED begins and ends with partial pages, DONTNEED with whole ones; the last page of the file
/// counts as whole if the range ends where the file does, or nowhere (a length of 0, or one that wraps).
/// </remarks>
public sealed class FileHintTests
{
    private const long PageBytes = 4096, FileBytes = (4 * PageBytes) + 100;
    private const int PageCount = 5;

    public static TheoryData<long> Offsets =>
        [0, 1, 100, PageBytes - 1, PageBytes, PageBytes + 1, 2 * PageBytes, 4 * PageBytes, (4 * PageBytes) + 1, FileBytes - 1, FileBytes,
            5 * PageBytes, 6 * PageBytes];

    [Theory, MemberData(nameof(Offsets))]
    public void DontNeedDropsWholePages(long offset)
    {
        using DeviceWorld disk = new((int)(FileBytes / PageBytes), tailBytes: (int)(FileBytes % PageBytes));
        foreach (long length in Lengths(offset))
        {
            Assert.Equal(FileBytes, disk.Read(0, (int)FileBytes).Length);
            Assert.Equal("#####", disk.Cached(PageCount));
            World.Succeeds(disk.Calls.Advise(disk.Descriptor, offset, length, FileAdvice.DontNeed));
            long last = LastByte(offset, length);
            Assert.Equal(Picture(page => page * PageBytes >= offset
                && ((page * PageBytes) + PageBytes - 1 <= last || (last == FileBytes - 1 && page == PageCount - 1)) ? '.' : '#'),
                disk.Cached(PageCount));
        }

        disk.AssertNothingIsLeft();
    }

    [Theory, MemberData(nameof(Offsets))]
    public void WillNeedReadsPagesOfWhichAnyByteIsMeant(long offset)
    {
        using DeviceWorld disk = new((int)(FileBytes / PageBytes), tailBytes: (int)(FileBytes % PageBytes));
        foreach (long length in Lengths(offset))
        {
            World.Succeeds(disk.Calls.Advise(disk.Descriptor, 0, 0, FileAdvice.DontNeed));
            Assert.Equal(".....", disk.Cached(PageCount));
            World.Succeeds(disk.Calls.Advise(disk.Descriptor, offset, length, FileAdvice.WillNeed));
            long last = LastByte(offset, length);
            Assert.Equal(Picture(page => page >= offset / PageBytes && page <= last / PageBytes ? '#' : '.'), disk.Cached(PageCount));
        }

        disk.AssertNothingIsLeft();
    }

    private static IEnumerable<long> Lengths(long offset) => new[]
    {
        0, 1, 100, PageBytes - 1, PageBytes, PageBytes + 1, 2 * PageBytes, FileBytes - offset - 1, FileBytes - offset,
        FileBytes - offset + 1, (5 * PageBytes) - offset, long.MaxValue - offset, long.MaxValue,
    }.Where(static length => length >= 0);

    private static long LastByte(long offset, long length) =>
        length == 0 ? long.MaxValue : (long)Math.Min((ulong)offset + (ulong)length - 1, long.MaxValue);

    private static string Picture(Func<long, char> ofPage) => string.Concat(Enumerable.Range(0, PageCount).Select(page => ofPage(page)));
}
