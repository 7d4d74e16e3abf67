using Paging.Core.Swap;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>mincore, and which pages are a process's own.</summary>
public sealed class InCoreTests
{
    private static string InCore(UserProcess process, int page, int count)
    {
        byte[] result = new byte[count];
        World.Succeeds(process.Memory.InCore(World.At(page), World.Bytes(count), result));
        return string.Concat(result.Select(static there => there == 1 ? '1' : '0'));
    }

    private static string Own(UserProcess process, int page, int count) =>
        string.Concat(Enumerable.Range(page, count).Select(at => process.Memory.HasOwnPage(World.At(at).Page) ? 'a' : '.'));

    [Fact]
    public void APrivatePageIsThereOnceItWasReadOrWrittenHere()
    {
        using World world = new();
        world.Map(0, 4);
        world.Touch(1);
        world.Peek(2);
        Assert.Equal(("0110", ".a.."), (InCore(world.First, 0, 4), Own(world.First, 0, 4)));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void APageOfAFileIsThereWhenItIsCachedMappedOrNot()
    {
        using World world = new();
        int file = world.OpenFile("f", 2);
        World.Succeeds(world.First.FileDescriptors.SetLength(file, 4 * 4096));
        world.MapFile(file, 0, 4);
        world.MapFile(file, 8, 4, type: MapFlags.Shared);
        Assert.Equal("1100", InCore(world.First, 0, 4));
        world.Touch(10);
        Assert.Equal(("1110", "1110"), (InCore(world.First, 0, 4), InCore(world.First, 8, 4)));
        world.Touch(3);
        Assert.Equal("...a", Own(world.First, 0, 4));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void TakenOverPagesAreTheChildsToo()
    {
        using World world = new();
        world.Map(0, 3);
        world.Touch(0);
        world.Peek(1);
        UserProcess child = world.First.Fork();
        Assert.Equal(("110", "a.."), (InCore(child, 0, 3), Own(child, 0, 3)));
        world.AssertNothingIsLeft();
    }

    private static string Unshared(UserProcess process) =>
        string.Concat(Enumerable.Range(0, 3).Select(at => process.Memory.HasOwnPage(World.At(at).Page, isUnshared: true) ? 'u' : '.'));

    /// <summary>Own, and nobody else's since fork: in memory, in the swap cache, and on the device.</summary>
    [Fact]
    public void ASharedPageIsUnsharedWhenOneOfTheTwoHasItsOwn()
    {
        using World world = new();
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out SwapDevice? device));
        world.Map(0, 3);
        world.Touch(0);
        world.Touch(1);
        world.Peek(2);
        Assert.Equal("uu.", Unshared(world.First));
        UserProcess child = world.First.Fork();
        Assert.Equal(("...", "..."), (Unshared(world.First), Unshared(child)));
        child.Memory.Mmu.Write(World.At(0), (byte)9);
        Assert.Equal(("u..", "u.."), (Unshared(world.First), Unshared(child)));
        World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(3), MemoryAdvice.PageOut));
        World.Succeeds(child.Memory.Advise(World.At(0), World.Bytes(3), MemoryAdvice.PageOut));
        Assert.Equal(("u..", "u.."), (Unshared(world.First), Unshared(child)));
        Assert.Equal(0, child.Memory.Mmu.Read<byte>(World.At(1, 100)));    // back for one of the two
        Assert.Equal(("u..", "u.."), (Unshared(world.First), Unshared(child)));
        child.Dispose();
        Assert.Equal("uu.", Unshared(world.First));
        World.Succeeds(world.Engine.Swap.SwitchOff(device!));
        Assert.Equal("uu.", Unshared(world.First));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void RefusalsAreTheKernels()
    {
        using World world = new();
        world.Map(0, 2);
        byte[] result = new byte[4];
        Assert.Equal(Errno.EINVAL, world.Memory.InCore(World.At(0, 1), 4096, result));
        Assert.Equal(Errno.ENOMEM, world.Memory.InCore(World.At(0), World.Bytes(3), result));
        Assert.Equal(Errno.ENOMEM, world.Memory.InCore(new(0xBFFF_F000), 8192, result));
        Assert.Equal(Errno.EFAULT, world.Memory.InCore(World.At(0), World.Bytes(2), result.AsSpan(0, 1)));
        Assert.Equal(Errno.None, world.Memory.InCore(World.At(0), 0, []));
        Assert.Equal(Errno.None, world.Memory.InCore(World.At(0), 4097, result));
    }
}
