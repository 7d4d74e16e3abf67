using Paging.Native;
using Paging.Native.Memory;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>PM_FILE in words of pagemap, by kind of page. Linux: pagemap_hugetlb_range, pagemap_pmd_range_thp, folio_test_anon.</summary>
public sealed class PagemapKindTests : IDisposable
{
    private const int Pages = 512;

    private readonly World _world = new(World.Options(24) with
    {
        Tables = TableFormat.Pae,
        HugePages = 2,
        TransparentHugePages = TransparentHugePages.Advised,
    });

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData(MapFlags.Private | MapFlags.HugeTlb, true, false, false)]
    [InlineData(MapFlags.Shared | MapFlags.HugeTlb, true, false, true)]
    [InlineData(MapFlags.Shared | MapFlags.HugeTlb, false, false, true)]
    [InlineData(MapFlags.Private, true, true, false)]
    [InlineData(MapFlags.Private, false, true, true)]    // the huge page of zeros, which is nobody's
    [InlineData(MapFlags.Private, true, false, false)]
    [InlineData(MapFlags.Private, false, false, false)]
    [InlineData(MapFlags.Shared, true, false, true)]
    public void APageOfNoProcessIsAFiles(MapFlags flags, bool isStored, bool isAdvised, bool isFile)
    {
        World.MapAs(_world.First, 0, Pages, MemoryProtection.ReadWrite, flags | MapFlags.Anonymous | MapFlags.Fixed);
        if (isAdvised) Assert.Equal(Errno.None, _world.First.Memory.Advise(World.At(0), Pages * 4096, MemoryAdvice.HugePage));
        if (isStored) _world.Mmu.Write(World.At(7), (byte)1);
        else Assert.Equal(0, _world.Peek(7));
        PagemapWord word = _world.First.Memory.ReadPagemap(World.At(7).Page);
        Assert.Equal((true, isFile), (word.IsPresent, word.IsFile));
        Assert.Equal(isAdvised || (flags & MapFlags.HugeTlb) != 0, _world.First.Memory.ReadPagemap(World.At(300).Page).IsPresent);
        _world.Verify();
    }
}
