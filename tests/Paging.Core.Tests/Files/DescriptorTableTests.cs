using Paging.Core.Files;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The numbers of a process's open files: from 3 on, the lowest free one first.</summary>
public sealed class DescriptorTableTests
{
    [Fact]
    public void NumbersBeginWithThreeAndTheLowestFreeOneComesNext()
    {
        using World world = new();
        GuestFile file = world.CreateFile("f", 1);
        Assert.Equal([3, 4, 5], [world.Open(file), world.Open(file), world.Open(file)]);
        World.Succeeds(world.First.FileDescriptors.Close(4));
        World.Returns(Errno.EBADF, world.First.FileDescriptors.Close(4));
        World.Succeeds(world.First.FileDescriptors.Close(3));
        Assert.Equal([3, 4, 6], [world.Open(file), world.Open(file), world.Open(file)]);
        foreach (int number in (int[])[int.MinValue, -1, 0, 2, 7, int.MaxValue])
            World.Returns(Errno.EBADF, world.First.FileDescriptors.GetKind(number, out _));
        World.Succeeds(world.First.FileDescriptors.GetKind(6, out _));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AFullTableRefusesAnotherFile()
    {
        using World world = new();
        DescriptorTable table = new(world.Engine.Parts.Files.OpenFiles);
        while (table.HasRoom) table.Add(new(1));
        Assert.Contains("Add: all", Assert.Throws<InvariantException>(() => table.Add(new(1))).Message, StringComparison.Ordinal);
    }

    /// <summary>The end of a process closes each descriptor, the first as the last.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void TheEndOfAProcessClosesItsDescriptors(int count)
    {
        using World world = new();
        GuestFile file = world.CreateFile("f", 1);
        UserProcess process = world.Engine.CreateProcess("p");
        int before = world.Engine.Parts.Files.OpenFiles.Objects.Count();
        for (int i = 0; i < count; i++) World.Succeeds(file.Open(process, FileRights.Read, out _));
        file.Dispose();
        Assert.Equal(before, world.Engine.Parts.Files.OpenFiles.Objects.Count());
        process.Exit();
        Assert.Equal(before - 1, world.Engine.Parts.Files.OpenFiles.Objects.Count());
    }

    /// <summary>A process that comes back without descriptors begins with the lowest number again.</summary>
    [Fact]
    public void AnEmptyTableThatComesBackBeginsWithThree()
    {
        using World world = new();
        GuestFile file = world.CreateFile("f", 1);
        UserProcess process = world.Engine.CreateProcess("p");
        using EngineSnapshot snapshot = world.Engine.TakeSnapshot();
        World.Succeeds(file.Open(process, FileRights.Read, out _));
        process.Exit();
        World.Succeeds(snapshot.Restore());
        World.Succeeds(file.Open(process, FileRights.Read, out int descriptor));
        Assert.Equal(3, descriptor);
    }

    [Fact]
    public void AForkedTableGoesItsOwnWay()
    {
        using World world = new();
        GuestFile file = world.CreateFile("f", 1);
        Assert.Equal([3, 4, 5], [world.Open(file), world.Open(file), world.Open(file)]);
        World.Succeeds(world.First.FileDescriptors.Close(4));
        using UserProcess child = world.First.Fork();
        World.Returns(Errno.EBADF, child.FileDescriptors.Close(4));
        World.Succeeds(file.Open(child, FileRights.Read, out int descriptor));
        Assert.Equal(4, descriptor);
        World.Returns(Errno.EBADF, world.First.FileDescriptors.Close(4));
        World.Succeeds(child.FileDescriptors.Close(5));
        World.Succeeds(world.First.FileDescriptors.Close(5));
        child.Exit();
        using UserProcess next = world.Engine.CreateProcess("next");    // the child's table is used again
        World.Succeeds(file.Open(next, FileRights.Read, out descriptor));
        Assert.Equal(3, descriptor);
        next.Dispose();
        child.Dispose();
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void OnlyAnEmptyTableBecomesACopy()
    {
        using World world = new();
        world.Open(world.CreateFile("f", 1));
        DescriptorTable table = world.First.Descriptors;
        Assert.Throws<InvalidOperationException>(() => table.CopyFrom(table));
        DescriptorTable copy = new(world.Engine.Parts.Files.OpenFiles);
        copy.CopyFrom(table);
        Assert.True(copy.TryGet(3, out OpenFileIndex file) && file.IsSome && copy.HasRoom);
        copy.CloseAll();
        Assert.False(copy.TryGet(3, out _));
        world.AssertNothingIsLeft();
    }
}
