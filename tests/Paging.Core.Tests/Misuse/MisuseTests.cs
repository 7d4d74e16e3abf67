using Xunit;

namespace Paging.Core.Tests;

/// <summary>A mistake of the host throws an argument exception that names it.</summary>
public sealed class MisuseTests
{
    public static TheoryData<string, EngineOptions> BadOptions { get; } = new()
    {
        { "RamBytes", new() { RamBytes = (1 << 20) - 4096 } },
        { "RamBytes", new() { RamBytes = (1UL << 32) + 4096 } },
        { "RamBytes", new() { RamBytes = (1 << 20) + 1 } },
        { "MaxMapCount", new() { MaxMapCount = 7 } },
        { "OvercommitRatio", new() { OvercommitRatio = -1 } },
        { "AttachedSpacesMax", new() { AttachedSpacesMax = 0 } },
        { "LendTablesFrom", new() { LendTablesFrom = 0 } },
        { "AttachedSpacesMax", new() { AttachedSpacesMax = int.MaxValue } },
        { "ReadAheadPages", new() { ReadAheadPages = -1 } },
        { "FaultAroundPages", new() { FaultAroundPages = 3 } },
        { "DirtyRatio", new() { DirtyRatio = 101 } },
        { "DirtyBackgroundRatio", new() { DirtyBackgroundRatio = 30 } },    // above DirtyRatio
        { "DirtyExpireTicks", new() { DirtyExpireTicks = 0 } },
        { "CollapseScanPages", new() { CollapseScanPages = -1 } },
    };

    [Theory, MemberData(nameof(BadOptions))]
    public void AnOptionOutOfItsRangeIsNamed(string name, EngineOptions options)
    {
        ArgumentOutOfRangeException thrown = Assert.Throws<ArgumentOutOfRangeException>(() => new PagingEngine(options));
        Assert.Contains(name, thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1ul << 20)]
    [InlineData((1ul << 20) + 4096)]
    [InlineData(1ul << 32)]            // committed by the host only where it is touched
    public void RamOfEverySizeInRangeWorks(ulong ramBytes)
    {
        using World world = new(new EngineOptions { RamBytes = ramBytes, RequestHostHugePages = false });
        world.Map(0, 10);
        world.Touch(9, 3);
        Assert.Equal(3, world.Peek(9));
        Assert.Equal(ramBytes, world.Engine.Ram.ByteLength);
    }

    [Fact]
    public void AnEngineHasDefaultsThatWork()
    {
        using PagingEngine engine = new();
        Assert.Equal(new EngineOptions(), engine.Options);
        Assert.Equal("p", engine.CreateProcess("p").Name);
    }

    [Fact]
    public void NullsAreNamed()
    {
        using World world = new();
        Assert.Throws<ArgumentNullException>(() => new PagingEngine(null!));
        Assert.Throws<ArgumentNullException>(() => world.Engine.CreateProcess(null!));
        Assert.Throws<ArgumentNullException>(() => world.Engine.CreateProcess("p", null!));
        Assert.Throws<ArgumentNullException>(() => world.Engine.Files.CreateMemoryFile(null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => world.Engine.Files.CreateMemoryFile("f", -1));
        Assert.Throws<ArgumentNullException>(() => world.CreateFile("f", 1).Open(null!, FileRights.Read, out _));
    }

    [Fact]
    public void WithoutAFrameForItsDirectoryAProcessIsNotMade()
    {
        using World world = new(1);
        world.Map(0, 1000, more: MapFlags.Populate);
        Assert.Throws<NoMemoryException>(() => world.Engine.CreateProcess("p"));
        Assert.Equal(1, world.Engine.ProcessCount);
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AProcessEndsOnceAndKeepsItsCodeUntilItIsReaped()
    {
        using World world = new();
        world.Map(0, 1);
        world.Touch(0);
        UserProcess child = world.First.Fork();
        child.Exit(7);
        child.Exit(8);
        Assert.Equal((true, 7, 2), (child.HasExited, child.ExitCode, world.Engine.ProcessCount));
        Assert.Equal((world.First.Id, "first"), (child.ParentId, child.Name));
        child.Dispose();
        child.Dispose();
        Assert.Equal(1, world.Engine.ProcessCount);
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AProcessThatHasEndedTakesNoMoreCalls()
    {
        using World world = new();
        UserProcess child = world.First.Fork();
        child.Exit();
        Assert.Throws<ObjectDisposedException>(() => child.Fork(out _));
        Assert.IsType<ObjectDisposedException>(Record.Exception(() =>
            World.MapAs(child, 0, 1, MemoryProtection.ReadWrite, World.PrivateFixed)));
        Assert.IsType<ObjectDisposedException>(Record.Exception(() => child.Memory.Mmu.Read<byte>(World.At(0))));
        Assert.IsType<ObjectDisposedException>(Record.Exception(() => world.CreateFile("f", 1).Open(child, FileRights.Read, out _)));
        child.Dispose();
        Assert.Equal("", World.AreasOf(world.Engine.CreateProcess("next")));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void TheDefaultOfASubjectIsRefused()
    {
        Assert.Throws<InvalidOperationException>(static () => default(MemoryAreas).Count);
        Assert.Throws<InvalidOperationException>(static () => default(MemoryHugePages).Policy);
        Assert.Throws<InvalidOperationException>(static () => default(MemoryUserfaultfds).ChangeCount);
        Assert.Throws<InvalidOperationException>(static () => default(RemoteAccess).Read(World.At(0), new byte[1]));
    }

    [Fact]
    public void NumbersOfProcessesAreNotUsedAgain()
    {
        using World world = new();
        UserProcess second = world.First.Fork();
        second.Dispose();
        UserProcess third = world.Engine.CreateProcess("third");
        Assert.Equal((1, 3), (world.First.Id, third.Id));
        Assert.Equal([1, 3], world.Engine.Processes.Select(static process => process.Id));
    }

    [Fact]
    public void FaultsOfProcessesThatEndedStayInTheEnginesSum()
    {
        using World world = new();
        world.Map(0, 3);
        UserProcess child = world.First.Fork();
        for (int page = 0; page < 3; page++) child.Memory.Mmu.Write(World.At(page), 1);
        child.Dispose();
        Assert.Equal(3, world.Engine.Faults.Anonymous);
        UserProcess next = world.First.Fork();
        Assert.Equal(0, next.Memory.Usage.Faults.Anonymous);
    }

    [Fact]
    public void AFileThatWasLetGoCannotBeOpened()
    {
        using World world = new();
        GuestFile file = world.CreateFile("f", 1);
        file.Dispose();
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.Open(world.First, FileRights.Read, out _));
    }

    [Fact]
    public void DescriptorsAreTheLowestFreeOnes()
    {
        using World world = new();
        GuestFile file = world.CreateFile("f", 1);
        Assert.Equal((3, 4, 5), (world.Open(file), world.Open(file), world.Open(file)));
        World.Succeeds(world.First.FileDescriptors.Close(4));
        Assert.Equal(Errno.EBADF, world.First.FileDescriptors.Close(4));
        UserProcess child = world.First.Fork();
        Assert.Equal(4, world.Open(file));
        World.Succeeds(child.FileDescriptors.Close(3));
        Assert.Equal(Errno.None, world.First.FileDescriptors.Read(3, 0, new byte[1], out _));    // a table of its own
        world.AssertNothingIsLeft();
    }
}
