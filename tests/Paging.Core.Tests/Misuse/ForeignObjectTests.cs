using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Objects of another engine, and objects that a host has kept for too long.</summary>
public sealed class ForeignObjectTests
{
    [Fact]
    public void AFileIsNotOpenedForAProcessOfAnotherEngine()
    {
        using World here = new(), there = new();
        GuestFile file = here.CreateFile("f", 1);
        there.CreateFile("other", 1, first: 0x77);
        Assert.Equal("process", Assert.Throws<ArgumentException>(() => file.Open(there.First, FileRights.Read, out _)).ParamName);
        Assert.Equal("space", Assert.Throws<ArgumentException>(() => file.IsMappedBy(there.Memory)).ParamName);
        World.Succeeds(file.Open(FileRights.Read, OpenFlags.None, out OpenFileDescription? open));
        Assert.Equal("space", Assert.Throws<ArgumentException>(() =>
            open!.Map(there.Memory, default, 4096, MemoryProtection.Read, MapFlags.Private, 0, out _)).ParamName);
        open!.Dispose();
        ArgumentException refused = Assert.Throws<ArgumentException>(() => there.Memory.MapFile(file, 4096));
        Assert.Equal("'f' belongs to another engine. (Parameter 'file')", refused.Message);
        Assert.Equal("file", Assert.Throws<ArgumentException>(() => there.Memory.MapFile(World.At(1), file, 4096)).ParamName);
        using (GuestFile device = here.Engine.Files.CreateRom("rom", new byte[4096]))
        {
            Assert.Equal("device", Assert.Throws<ArgumentException>(() => there.Memory.MapDevice(device)).ParamName);
            Assert.Equal("device", Assert.Throws<ArgumentException>(() => there.Memory.MapDevice(World.At(1), device)).ParamName);
        }

        Assert.Equal("device", Assert.Throws<ArgumentNullException>(() => there.Memory.MapDevice(null!)).ParamName);
        there.AssertNothingIsLeft();
        here.AssertNothingIsLeft();
    }

    [Fact]
    public void AGroupAndASwapDeviceOfAnotherEngineAreRefused()
    {
        using World here = new(), there = new();
        World.Succeeds(there.Engine.Groups.Create(new() { Limit = new(10) }, out MemoryGroup? group));
        Assert.Contains("Group", Assert.Throws<ArgumentException>(() => here.Engine.CreateProcess("p", new() { Group = group })).Message,
            StringComparison.Ordinal);
        Assert.Equal(Errno.EINVAL, here.Engine.Groups.Remove(group!));
        World.Succeeds(there.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out SwapDevice? device));
        Assert.Equal(Errno.EINVAL, here.Engine.Swap.SwitchOff(device!));
        World.Succeeds(there.Engine.Swap.SwitchOff(device!));
        Assert.Equal(Errno.EINVAL, there.Engine.Swap.SwitchOff(device!));
        here.AssertNothingIsLeft();
    }

    [Fact]
    public void SavedPagesComeFromADeviceOfTheSameEngineIntoAFileOfIt()
    {
        using World here = new(), there = new();
        SwapDevice pages = here.Engine.SavedProcesses.OpenPages(new MemorySwapStore(1 << 20));
        SwapDevice foreign = there.Engine.SavedProcesses.OpenPages(new MemorySwapStore(1 << 20));
        World.Succeeds(here.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out SwapDevice? usual));
        using GuestFile file = here.Engine.Files.CreateSharedMemory(4096, isCommitted: true);
        using GuestFile other = there.Engine.Files.CreateSharedMemory(4096, isCommitted: true);
        uint slot = 0;
        foreach (SwapDevice wrong in (SwapDevice[])[foreign, usual!])
        {
            Assert.Equal("device", Assert.Throws<ArgumentException>(() =>
                here.Engine.SavedProcesses.AdoptPages(file, default, PageCount.One, wrong, ref slot)).ParamName);
            Assert.Equal("device", Assert.Throws<ArgumentException>(() =>
                here.Engine.SavedProcesses.ResumeNext(new MemoryStream(), wrong, ref slot)).ParamName);
        }

        Assert.Equal("file", Assert.Throws<ArgumentException>(() =>
            here.Engine.SavedProcesses.AdoptPages(other, default, PageCount.One, pages, ref slot)).ParamName);
        Assert.Equal(0u, slot);
        here.Engine.SavedProcesses.AdoptPages(file, default, PageCount.One, pages, ref slot);
        Assert.Throws<InvalidDataException>(() => here.Engine.SavedProcesses.AdoptPages(file, default, PageCount.One, pages, ref slot));
        Assert.Equal(1u, slot);
    }

    /// <summary>Everything of a reaped process that a host may have kept, used after another process has taken its place.</summary>
    public static TheoryData<string> Uses => [.. Table.Keys];

    private static Dictionary<string, Action<Kept>> Table { get; } = new(StringComparer.Ordinal)
    {
        ["map"] = static kept => kept.Memory.Map(World.At(0), 4096, MemoryProtection.Read, World.PrivateFixed, out _),
        ["unmap"] = static kept => kept.Memory.Unmap(World.At(0), 4096),
        ["break"] = static kept => kept.Memory.SetBreak(new(0x0900_0000)),
        ["limit"] = static kept => kept.Memory.SetLimit(ResourceLimit.AddressSpace, 0),
        ["privilege"] = static kept => kept.Memory.IsPrivileged = true,
        ["snapshot"] = static kept => kept.Memory.Areas.Snapshot(),
        ["usage"] = static kept => _ = kept.Memory.Usage,
        ["read"] = static kept => kept.Mmu.Read<byte>(World.At(0)),
        ["write"] = static kept => kept.Mmu.Write(World.At(0), 7),
        ["try to read"] = static kept => kept.Mmu.TryRead(World.At(0), out byte _),
        ["copy"] = static kept => kept.Mmu.CopyIn(World.At(0), new byte[10000], out _),
        ["span"] = static kept => kept.Mmu.TryGetSpan(World.At(0), 1, AccessKind.Write, out _, out _),
        ["resolve"] = static kept => kept.Mmu.ResolveFault(World.At(0), PageFaultErrorCode.Write),
        ["supervisor"] = static kept => kept.Mmu.TryWriteAsSupervisor(World.At(0), 7, out _),
        ["kernel half"] = static kept => kept.Mmu.TryReadAsSupervisor(new(0xC000_0000), out byte _, out _),
        ["fork"] = static kept => kept.Process.Fork(out _),
        ["open"] = static kept => kept.File.Open(kept.Process, FileRights.Read, out _),
        ["read a file"] = static kept => kept.Process.FileDescriptors.Read(3, 0, new byte[1], out _),
        ["close"] = static kept => kept.Process.FileDescriptors.Close(3),
        ["map a file"] = static kept => kept.Open.Map(kept.Memory, default, 4096, MemoryProtection.Read, MapFlags.Private, 0, out _),
    };

    [Theory, MemberData(nameof(Uses))]
    public void ObjectsOfAReapedProcessDoNotReachItsSuccessor(string use)
    {
        using World world = new();
        GuestFile file = world.CreateFile("f", 1);
        World.Succeeds(file.Open(FileRights.Read, OpenFlags.None, out OpenFileDescription? open));
        UserProcess old = world.First.Fork();
        Kept kept = new(old, old.Memory, old.Memory.Mmu, file, open!);
        World.MapAs(old, 0, 1, MemoryProtection.ReadWrite, World.PrivateFixed);
        kept.Mmu.Write(World.At(0), 1);
        old.Exit(3);
        old.Dispose();

        UserProcess next = world.Engine.CreateProcess("next");
        World.MapAs(next, 0, 1, MemoryProtection.ReadWrite, World.PrivateFixed);
        next.Memory.Mmu.Write(World.At(0), 5);
        World.Succeeds(file.Open(next, FileRights.Read, out int descriptor));
        string areas = World.AreasOf(next);

        Assert.IsType<ObjectDisposedException>(Record.Exception(() => Table[use](kept)));
        Assert.Equal((areas, 5), (World.AreasOf(next), next.Memory.Mmu.Read<int>(World.At(0))));
        World.Succeeds(next.FileDescriptors.Read(descriptor, 0, new byte[1], out _));
        Assert.Equal((3, 2, 3), (old.ExitCode, old.Id, next.Id));    // what it was can still be read
        old.Dispose();
        old.Exit(9);
        Assert.False(next.HasExited);
        open!.Dispose();
        world.AssertNothingIsLeft();
    }

    private sealed record Kept(
        UserProcess Process, AddressSpace Memory, Mmu Mmu, GuestFile File, OpenFileDescription Open);
}
