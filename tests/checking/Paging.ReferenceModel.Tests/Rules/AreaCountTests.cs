namespace Paging.ReferenceModel.Tests;

/// <summary>Calls that vm.max_map_count refuses, and calls that it lets pass.</summary>
/// <remarks>
/// Each result was seen on Linux 6.18 from a process with nearly 65,530 areas; here the limit is small instead. The reserved area counts as
/// one.
/// Linux: mm/vma.c vms_gather_munmap_vmas, split_vma; mm/mmap.c do_mmap; mm/mremap.c check_mremap_params, prep_move_vma.
/// </remarks>
public sealed class AreaCountTests
{
    private const string TwoAreas = """
        mmap(0x20000000, 0x10000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
        mmap(0x20010000, 0x4000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20010000

        """;

    [Fact]
    public void OnlyAHoleInsideAnAreaIsRefused() => Kernel.Agrees(TwoAreas + """
        munmap(0x20004000, 0x1000) = -1 ENOMEM
        mmap(0x20004000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = -1 ENOMEM
        mremap(0x20004000, 0x4000, 0x2000, 0) = -1 ENOMEM
        munmap(0x20000000, 0x1000) = 0
        munmap(0x2000f000, 0x2000) = 0
        maps(0x20000000, 0x20020000) = {
        20001000-2000f000 rw-p 00000000
        20011000-20014000 r--p 00000000
        }
        """, areaCountMax: 3);

    [Fact]
    public void OfTwoCutsTheFirstMayStayWithoutTheSecond() => Kernel.Agrees(TwoAreas + """
        mprotect(0x20004000, 0x1000, PROT_READ) = -1 ENOMEM
        maps(0x20000000, 0x20010000) = {
        20000000-20004000 rw-p 00000000
        20004000-20010000 rw-p 00000000
        }
        mprotect(0x20004000, 0x1000, PROT_READ) = -1 ENOMEM
        madvise(0x20006000, 0x1000, MADV_DONTFORK) = -1 EAGAIN
        mlock(0x20006000, 0x1000) = -1 ENOMEM
        munlock(0x20006000, 0x1000) = 0
        mprotect(0x2000f000, 0x1000, PROT_READ) = 0
        maps(0x20000000, 0x20020000) = {
        20000000-20004000 rw-p 00000000
        20004000-2000f000 rw-p 00000000
        2000f000-20014000 r--p 00000000
        }
        """, areaCountMax: 4);

    [Fact]
    public void MmapIsRefusedOnceThereIsOneTooMany() => Kernel.Agrees(TwoAreas + """
        mmap(0x30000000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x30000000
        mmap(0x30100000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = -1 ENOMEM
        munmap(0x30000000, 0x1000) = 0
        mmap(0x30100000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x30100000
        """, areaCountMax: 3);

    [Theory]
    [InlineData(8, "-1 ENOMEM")]
    [InlineData(9, "0x30000000")]
    public void AMoveToAPlaceLeavesRoomForSixMore(int areaCountMax, string result) =>
        Kernel.Agrees($"{TwoAreas}mremap(0x20000000, 0x10000, 0x10000, MREMAP_MAYMOVE|MREMAP_FIXED, 0x30000000) = {result}", areaCountMax);

    [Theory]
    [InlineData(6, "-1 ENOMEM")]
    [InlineData(7, "0xb7fef000")]
    public void AGrowthThatHasToMoveLeavesRoomForFourMore(int areaCountMax, string result) =>
        Kernel.Agrees($"{TwoAreas}mremap(0x20000000, 0x10000, 0x11000, MREMAP_MAYMOVE) = {result}", areaCountMax);
}
