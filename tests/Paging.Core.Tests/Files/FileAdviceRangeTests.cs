using Xunit;

namespace Paging.Core.Tests;

/// <summary>posix_fadvise(2) byte by byte: which pages a range reads ahead, writes back and drops, beside a rule for one page.</summary>
/// <remarks>Linux: mm/fadvise.c generic_fadvise; mm/truncate.c invalidate_mapping_pages.</remarks>
public sealed class FileAdviceRangeTests
{
    private const int Pages = 5, Tail = 100, ByteLength = (4 * 4096) + Tail;

    private static readonly long[] Offsets =
        [0, 1, 100, 4095, 4096, 4097, 8191, 8192, 3 * 4096, (4 * 4096) - 1, 4 * 4096, (4 * 4096) + 1, ByteLength - 1, ByteLength, 5 * 4096,
            6 * 4096, 9 * 4096];

    private static readonly long[] Lengths =
        [0, 1, 2, 100, 4094, 4095, 4096, 4097, 8191, 8192, 8193, 3 * 4096, 4 * 4096, ByteLength - 1, ByteLength, ByteLength + 1, 5 * 4096];

    /// <summary>The last page that a range touches stays, unless the range holds it to its end or to the end of the file.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void UnneededPagesAreWrittenBackAndDropped(bool isDirty)
    {
        using DeviceWorld disk = new(4, tailBytes: Tail);
        foreach (long offset in Offsets)
        {
            foreach (long length in LengthsFrom(offset))
            {
                if (isDirty) disk.Write(0, 0x55, ByteLength);
                else disk.Read(0, ByteLength);
                Assert.Equal("#####", disk.Cached(Pages));
                World.Succeeds(disk.Calls.Advise(disk.Descriptor, offset, length, FileAdvice.DontNeed));
                long last = LastByte(offset, length);
                string cached = string.Concat(Enumerable.Range(0, Pages).Select(page => IsDropped(page, offset, last) ? '.' : '#'));
                Check(cached, disk.Cached(Pages), offset, length);
                string dirty = string.Concat(Enumerable.Range(0, Pages).Select(page =>
                    isDirty && !Touches(page, offset, last) ? 'D' : '-'));
                Check(dirty, string.Concat(Enumerable.Range(0, Pages).Select(page => disk.File.IsDirty(new((uint)page)) ? 'D' : '-')),
                    offset, length);
                if (isDirty) World.Succeeds(disk.Calls.Synchronize(disk.Descriptor));
            }
        }

        Assert.Equal(ByteLength, disk.File.ByteLength);
        disk.AssertNothingIsLeft();
    }

    /// <summary>Every page with a byte of the range and of the file is read, and no other.</summary>
    [Fact]
    public void PagesThatWillBeNeededAreRead()
    {
        using DeviceWorld disk = new(4, tailBytes: Tail);
        foreach (long offset in Offsets)
        {
            foreach (long length in LengthsFrom(offset))
            {
                World.Succeeds(disk.Calls.Advise(disk.Descriptor, 0, 0, FileAdvice.DontNeed));
                Assert.Equal(".....", disk.Cached(Pages));
                World.Succeeds(disk.Calls.Advise(disk.Descriptor, offset, length, FileAdvice.WillNeed));
                long last = LastByte(offset, length);
                Check(string.Concat(Enumerable.Range(0, Pages).Select(page => Touches(page, offset, last) ? '#' : '.')),
                    disk.Cached(Pages), offset, length);
            }
        }

        disk.AssertNothingIsLeft();
    }

    /// <summary>sync_file_range(2): pages with a byte of the range are written, and stay; length 0 reaches to the end.</summary>
    /// <remarks>Linux: fs/sync.c sync_file_range.</remarks>
    [Fact]
    public void ARangeThatIsSynchronizedIsWrittenAndNoMore()
    {
        using DeviceWorld disk = new(4, tailBytes: Tail);
        foreach (long offset in Offsets)
        {
            foreach (long length in Lengths)
            {
                disk.Write(0, 0x55, ByteLength);
                World.Succeeds(disk.Calls.SynchronizeRange(disk.Descriptor, offset, length, SyncRangeFlags.Write));
                long last = length == 0 ? long.MaxValue : offset + length - 1;
                Check(string.Concat(Enumerable.Range(0, Pages).Select(page => Touches(page, offset, last) ? '-' : 'D')),
                    string.Concat(Enumerable.Range(0, Pages).Select(page => disk.File.IsDirty(new((uint)page)) ? 'D' : '-')),
                    offset, length);
                Assert.Equal("#####", disk.Cached(Pages));
            }
        }

        disk.Write(0, 0x66, ByteLength);
        (long, long)[] beyond = [(1L << 44, 0), (1L << 44, 4096), (long.MaxValue - 1, 1), (long.MaxValue, 0)];
        foreach ((long offset, long length) in beyond)
            World.Succeeds(disk.Calls.SynchronizeRange(disk.Descriptor, offset, length, SyncRangeFlags.Write));
        (long, long)[] wrong = [(-1, 0), (0, -1), (-1, 4096), (long.MaxValue, 1), (4096, long.MaxValue)];
        foreach ((long offset, long length) in wrong)
            World.Returns(Errno.EINVAL, disk.Calls.SynchronizeRange(disk.Descriptor, offset, length, SyncRangeFlags.Write));
        World.Succeeds(disk.Calls.SynchronizeRange(disk.Descriptor, 0, 0, SyncRangeFlags.None));
        World.Succeeds(disk.Calls.SynchronizeRange(disk.Descriptor, 0, 0, SyncRangeFlags.WaitBefore | SyncRangeFlags.WaitAfter));
        Assert.Equal((uint)Pages, disk.File.DirtyPages.Value);    // waiting writes nothing
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void AdviceThatThereIsNotOrANegativeLengthIsRefused()
    {
        using DeviceWorld disk = new(4);
        World.Returns(Errno.EINVAL, disk.Calls.Advise(disk.Descriptor, 0, -1, FileAdvice.Normal));
        World.Returns(Errno.EINVAL, disk.Calls.Advise(disk.Descriptor, 0, 1, FileAdvice.Normal - 1));
        World.Returns(Errno.EINVAL, disk.Calls.Advise(disk.Descriptor, 0, 1, FileAdvice.NoReuse + 1));
        World.Succeeds(disk.Calls.Advise(disk.Descriptor, 0, 1, FileAdvice.NoReuse));
        int memory = disk.World.OpenFile("memory", 4);
        World.Returns(Errno.EINVAL, disk.Calls.Advise(memory, 0, -1, FileAdvice.DontNeed));
        World.Succeeds(disk.Calls.Advise(memory, 0, 0, FileAdvice.DontNeed));
        Assert.Equal(0x12, disk.Read(2 * 4096, 1, memory)[0]);
        World.Succeeds(disk.Calls.Close(memory));
        disk.AssertNothingIsLeft();
    }

    /// <summary>Pages that are mapped, or were dirtied after the range, stay.</summary>
    [Fact]
    public void PagesInUseStay()
    {
        using DeviceWorld disk = new(4);
        disk.Read(0, 4 * 4096);
        disk.World.MapFile(disk.Descriptor, 1, 1, filePage: 1, type: MapFlags.Shared);
        disk.World.Peek(1);
        World.Succeeds(disk.Calls.Advise(disk.Descriptor, 0, 0, FileAdvice.DontNeed));
        Assert.Equal(".#..", disk.Cached(4));
        disk.AssertNothingIsLeft();
    }

    /// <summary>To the ends of the file and of its last page as well, and to the last offset there is and beyond it.</summary>
    private static IEnumerable<long> LengthsFrom(long offset) => new[]
    {
        ByteLength - offset - 1, ByteLength - offset, ByteLength - offset + 1, (5 * 4096) - offset, long.MaxValue - offset, long.MaxValue,
    }.Where(static length => length >= 0).Concat(Lengths).Distinct();

    private static long LastByte(long offset, long length) =>
        length == 0 ? long.MaxValue : (long)Math.Min((ulong)offset + (ulong)length - 1, long.MaxValue);

    private static bool Touches(int page, long offset, long last) =>
        page * 4096L <= last && (page + 1) * 4096L > offset && page * 4096L < ByteLength;

    private static bool IsDropped(int page, long offset, long last) =>
        offset <= page * 4096L && (last >= ((page + 1) * 4096L) - 1 || (last == ByteLength - 1 && page == Pages - 1));

    private static void Check(string expected, string found, long offset, long length)
    {
        if (!string.Equals(expected, found, StringComparison.Ordinal)) Assert.Fail($"{offset}+{length}: {found}, not {expected}");
    }
}
