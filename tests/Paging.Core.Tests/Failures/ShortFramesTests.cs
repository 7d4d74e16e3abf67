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

    /// <summary>Operations that need a block of frames: without one they make do with less, or are refused.</summary>
    private static readonly string[] NeedABlock = ["first write to a line", "collapse", "collapse of shared memory"];

    private static readonly FailureCase[] Cases = [.. FailureCases.All.Concat(FailureCasesOfPages.All)
        .Where(static one => !NeedABlock.Contains(one.Name, StringComparer.Ordinal))];

    public static TheoryData<string> Names => [.. Cases.Select(static one => one.Name)];

    [Trait("Category", "Medium")]
    [Theory, MemberData(nameof(Names))]
    public void EvictablePagesMakeRoom(string name)
    {
        FailureCase tried = Cases.Single(one => string.Equals(one.Name, name, StringComparison.Ordinal));
        string expected = Run(tried, freeFrames: null);
        foreach (int free in (int[])[0, 1, 2, 3, 5, 8])
            Assert.Equal($"{free}\n{expected}", $"{free}\n{Run(tried, free)}");
    }

    /// <summary>The last frame is enough: a page that is in place is not filled again because none is left. Linux: mfill_atomic.</summary>
    [Theory]
    [InlineData(0), InlineData(1), InlineData(2), InlineData(3), InlineData(4), InlineData(5), InlineData(6)]
    public void EachPageIsFilledOnce(int freeFrames)
    {
        using World world = new(World.Options(2));
        UserProcess other = world.Engine.CreateProcess("ballast");
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(8 << 20), out _));
        Fill(other);
        world.Map(1022, 4);
        using Userfaultfd faults = world.Memory.Userfaultfds.Open();
        World.Succeeds(faults.Register(World.At(1022), World.Bytes(4), UserfaultModes.Missing));
        List<FrameNumber> taken = TakeFrames(world, freeFrames);
        byte[] bytes = new byte[4 * 4096];
        for (int page = 0; page < 4; page++) bytes.AsSpan(page * 4096, 4096).Fill((byte)(0x50 + page));
        World.Succeeds(faults.Copy(World.At(1022), bytes, UserfaultFillFlags.None, out ulong done));
        Assert.Equal(4 * 4096ul, done);
        foreach (FrameNumber frame in taken) world.Machine.Allocator.Free(frame);
        for (int page = 0; page < 4; page++) Assert.Equal(0x50 + page, world.Peek(1022 + page, 4095));
        AssertFull(other);
        world.Verify();
    }

    /// <summary>A file is not cut in a page that cannot be brought back, as its end could not be cleared. Found by the fuzzer.</summary>
    [Fact]
    public void AFileIsCutInAPageThatIsBroughtBackOrNotAtAll()
    {
        using World world = new(World.Options(2));
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(8 << 20), out _));
        int file = world.OpenFile("f", 2);
        world.MapFile(file, 0, 2, type: MapFlags.Shared);
        world.Memory.Mmu.Write(World.At(1, 4000), 0x11223344);
        world.Peek(0);    // mapped, so that it goes out as well
        World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(2), MemoryAdvice.PageOut));
        List<FrameNumber> taken = TakeFrames(world, left: 0);
        Assert.Equal(Errno.ENOMEM, world.First.FileDescriptors.SetLength(file, 4096 + 100));
        foreach (FrameNumber frame in taken) world.Machine.Allocator.Free(frame);
        Assert.Equal(0x11223344, world.Memory.Mmu.Read<int>(World.At(1, 4000)));
        World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(2), MemoryAdvice.PageOut));
        World.Succeeds(world.First.FileDescriptors.SetLength(file, 4096 + 100));
        World.Succeeds(world.First.FileDescriptors.SetLength(file, 2 * 4096));
        Assert.Equal(0, world.Memory.Mmu.Read<int>(World.At(1, 4000)));
        world.Verify();
    }

    private static string Run(FailureCase tried, int? freeFrames)
    {
        using World world = new(tried.Options);
        UserProcess other = world.Engine.CreateProcess("ballast");
        tried.Prepare(world);
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(8 << 20), out _));
        Fill(other);
        List<FrameNumber> taken = TakeFrames(world, freeFrames ?? int.MaxValue);
        string outcome = tried.Act(world);
        foreach (FrameNumber frame in taken) world.Machine.Allocator.Free(frame);
        AssertFull(other);
        foreach (UserProcess process in world.Engine.Processes)
        {
            for (int page = 0; page < 64; page++)
                if (process.Memory.HasOwnPage(World.At(page).Page)) _ = process.Memory.Mmu.TryRead(World.At(page), out byte _);
        }

        world.Verify();
        return $"{outcome}\n{FailureCase.Describe(world)}";
    }

    private static void Fill(UserProcess other)
    {
        World.MapAs(other, 0, BallastPages, MemoryProtection.ReadWrite, World.PrivateFixed);
        for (int page = 0; page < BallastPages; page++) other.Memory.Mmu.Write(World.At(page), (byte)(page + 1));
    }

    private static void AssertFull(UserProcess other)
    {
        for (int page = 0; page < BallastPages; page++) Assert.Equal((byte)(page + 1), other.Memory.Mmu.Read<byte>(World.At(page)));
    }

    private static List<FrameNumber> TakeFrames(World world, int left)
    {
        List<FrameNumber> taken = [];
        while (world.Machine.Allocator.AvailableFrames.Value > left)
        {
            Assert.True(world.Machine.Allocator.TryAllocate(FrameState.Kernel, out FrameNumber frame));
            taken.Add(frame);
        }

        return taken;
    }
}
