using Xunit;

namespace Paging.Core.Tests;

/// <summary>Pages of a file that are protected stay so when they are given up, and the others do not become so.</summary>
/// <remarks>
/// In each case eight pages: missing, missing and protected, there, there and protected, twice. Linux: zap_install_uffd_wp_if_needed, for
/// madvise(MADV_DONTNEED) as well as for truncate_pagecache and shmem_fallocate.
/// </remarks>
public sealed class KeptProtectionTests
{
    private const int Pages = 8;

    [Theory]
    [InlineData(MemoryAdvice.DontNeed, 0, 8), InlineData(MemoryAdvice.DontNeed, 1, 3), InlineData(MemoryAdvice.DontNeed, 3, 1)]
    [InlineData(MemoryAdvice.DontNeed, 2, 6), InlineData(MemoryAdvice.DontNeedLocked, 2, 2)]
    [InlineData(MemoryAdvice.Remove, 0, 8), InlineData(MemoryAdvice.Remove, 3, 1), InlineData(MemoryAdvice.Remove, 1, 5)]
    public void ProtectionOutlivesThePage(MemoryAdvice advice, int first, int count)
    {
        using World world = new();
        GuestFile file = world.CreateFile("shared", Pages, first: 0x40);
        world.MapFile(world.Open(file), 0, Pages, type: MapFlags.Shared);
        using Userfaultfd faults = world.Memory.Userfaultfds.Open(
            UserfaultFeatures.All & ~(UserfaultFeatures.Signal | UserfaultFeatures.ProtectSilently | UserfaultFeatures.Remove));
        World.Succeeds(faults.Register(World.At(0), World.Bytes(Pages), UserfaultModes.WriteProtect));
        for (int page = 0; page < Pages; page++)
        {
            if (page % 4 >= 2) world.Touch(page, (byte)(0x60 + page));
            if (page % 2 == 1) World.Succeeds(faults.WriteProtect(World.At(page), 4096, protect: true));
        }

        Assert.Equal(4u, world.Memory.Usage.Resident.Value);
        World.Succeeds(world.Memory.Advise(World.At(first), World.Bytes(count), advice));
        bool IsGone(int page) => page >= first && page < first + count;
        int left = Enumerable.Range(0, Pages).Count(page => page % 4 >= 2 && !IsGone(page));
        Assert.Equal((uint)left, world.Memory.Usage.Resident.Value);
        world.Verify();
        for (int page = 0; page < Pages; page++)
        {
            Assert.Equal(page % 2 == 1, world.Memory.ReadPagemap(World.At(page).Page).IsWriteProtected);
            byte kept = (byte)(page % 4 >= 2 ? 0x60 + page : 0x40 + page);
            Assert.Equal(IsGone(page) && advice == MemoryAdvice.Remove ? 0 : kept, world.Peek(page));
            bool isWritten = world.Mmu.TryWrite(World.At(page), (byte)9, out MemoryFault fault);
            Assert.Equal(page % 2 == 1 ? MemoryFaultKind.Pending : MemoryFaultKind.None, fault.Kind);
            Assert.Equal(page % 2 == 0, isWritten);
        }

        Assert.Equal(4, faults.UnreadCount);
    }
}
