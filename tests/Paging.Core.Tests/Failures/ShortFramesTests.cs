using Paging.Core.Accounting;
using Paging.Core.Swap;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// Each operation that allocates, while few frames are free or none, and the pages of another process can be evicted: it ends as it does
/// in an engine with plenty, and leaves the same.
/// </summary>
/// <remarks>
/// So each allocation of each operation is met once by a shortage, whichever table, copy or page it is for. Linux: the allocations of
/// these calls are GFP_KERNEL, and reclaim in __alloc_pages_slowpath until there is a frame.
/// </remarks>
public sealed class ShortFramesTests
{
    /// <summary>Pages of the other process.</summary>
    private const int BallastPages = 160;

    private static readonly FailureCase[] Cases =
        [.. FailureCases.All.Concat(FailureCasesOfPages.All).Where(static one => one.Options.RamBytes == World.Options(2).RamBytes)];

    public static TheoryData<string> Names => [.. Cases.Select(static one => one.Name)];

    [Theory, MemberData(nameof(Names))]
    public void WhatCanBeEvictedMakesRoom(string name)
    {
        FailureCase tried = Cases.Single(one => string.Equals(one.Name, name, StringComparison.Ordinal));
        string expected = Run(tried, freeFrames: null);
        foreach (int free in (int[])[0, 1, 2, 3, 5, 8])
            Assert.Equal($"{free}\n{expected}", $"{free}\n{Run(tried, free)}");
    }

    private static string Run(FailureCase tried, int? freeFrames)
    {
        using World world = new(tried.Options);
        UserProcess other = world.Engine.CreateProcess("ballast");
        tried.Prepare(world);
        World.Succeeds(world.Engine.SwapOn(new MemorySwapStore(8 << 20), out _));
        World.MapAs(other, 0, BallastPages, MemoryProtection.ReadWrite, World.PrivateFixed);
        for (int page = 0; page < BallastPages; page++) other.Memory.Mmu.Write(World.At(page), (byte)(page + 1));
        List<FrameNumber> taken = [];
        while (freeFrames is { } wanted && world.Machine.Allocator.AvailableFrames.Value > wanted)
        {
            Assert.True(world.Machine.Allocator.TryAllocate(FrameState.Kernel, out FrameNumber frame));
            taken.Add(frame);
        }

        string outcome = tried.Act(world);
        foreach (FrameNumber frame in taken) world.Machine.Allocator.Free(frame);
        for (int page = 0; page < BallastPages; page++) Assert.Equal((byte)(page + 1), other.Memory.Mmu.Read<byte>(World.At(page)));
        foreach (UserProcess process in world.Engine.Processes)
        {
            for (int page = 0; page < 64; page++)
                if (process.Memory.HasOwnPage(World.At(page).Page)) _ = process.Memory.Mmu.TryRead(World.At(page), out byte _);
        }

        world.Verify();
        return $"{outcome}\n{FailureCase.Describe(world)}";
    }
}
