using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>All processes of an engine are saved in one stream with what they share, and made again together in an engine.</summary>
public sealed class SavedEngineTests
{
    private static readonly VirtualAddress Ram = new(0x5000_0000), Channel = new(0x6000_0000);

    public enum Way { Load, Resume, Clone, CloneAgain }

    /// <summary>A client and a server share memory, a memory file, an open file and the pages from before a fork.</summary>
    [Theory]
    [InlineData(Way.Load)]
    [InlineData(Way.Resume)]
    [InlineData(Way.Clone)]
    [InlineData(Way.CloneAgain)]
    public void WhatProcessesShareTheyShareAgain(Way way)
    {
        using World world = new(8), other = new(8);
        UserProcess server = world.First;
        server.Name = "server";
        World.MapAs(server, 0, 64, MemoryProtection.ReadWrite, World.PrivateFixed);
        for (int page = 0; page < 64; page++) server.Memory.Mmu.Write(World.At(page), 0x100 + page);
        using GuestFile ram = world.Engine.Files.CreateMemoryFile("ram", 16 << 12);
        World.Succeeds(ram.Open(server, FileRights.ReadWrite, out int descriptor));
        World.Succeeds(server.FileDescriptors.Seek(descriptor, 4096, SeekOrigin.Begin, out _));
        const MapFlags there = MapFlags.Shared | MapFlags.Fixed;
        World.Succeeds(server.Memory.Map(Ram, 16 << 12, MemoryProtection.ReadWrite, there, descriptor, 0, out _));
        World.Succeeds(server.Memory.Map(Channel, 4 << 12, MemoryProtection.ReadWrite, World.SharedFixed, out _));
        server.Memory.Mmu.Write(Ram + 0x2000, 0x47);
        server.Memory.Mmu.Write(Channel, 1);
        UserProcess client = server.Fork(), gone = server.Fork();
        client.Name = "client";
        client.OutOfMemoryScore = 300;
        gone.Exit(7);
        client.Memory.Mmu.Write(World.At(3), 0x900);
        using EngineSnapshot snapshot = world.Engine.TakeSnapshot();
        server.Memory.Mmu.Write(World.At(5), -1);    // after it
        server.Memory.Mmu.Write(Channel, -1);
        uint then = world.Engine.Memory.MappedAnonymous.Value;

        IReadOnlyList<UserProcess> made = Make(way, snapshot, other);
        other.Verify();
        world.Verify();
        Assert.Equal(-1, server.Memory.Mmu.Read<int>(World.At(5)));
        Assert.Equal(then, world.Engine.Memory.MappedAnonymous.Value);
        Assert.Equal(["server", "client", "server"], made.Select(static process => process.Name), StringComparer.Ordinal);
        Assert.Equal([0, made[0].Id, made[0].Id], made.Select(static process => process.ParentId));
        Assert.Equal((300, 7, true), (made[1].OutOfMemoryScore, made[2].ExitCode, made[2].HasExited));
        (Mmu first, Mmu second) = (made[0].Memory.Mmu, made[1].Memory.Mmu);
        for (int page = 0; page < 64; page++)
        {
            Assert.Equal((0x100 + page, page == 3 ? 0x900 : 0x100 + page),
                (first.Read<int>(World.At(page)), second.Read<int>(World.At(page))));
        }

        if (way == Way.Load) Assert.Equal(65u, other.Engine.Memory.MappedAnonymous.Value);    // 64, and the client's copy

        second.Write(World.At(9), 0x901);
        Assert.Equal((0x109, 0x901), (first.Read<int>(World.At(9)), second.Read<int>(World.At(9))));
        first.Write(World.At(10), 0x902);
        Assert.Equal((0x902, 0x10A), (first.Read<int>(World.At(10)), second.Read<int>(World.At(10))));
        Assert.Equal((0x47, 0x47), (first.Read<int>(Ram + 0x2000), second.Read<int>(Ram + 0x2000)));
        second.Write(Ram + 0x3000, 0x48);
        first.Write(Channel, 2);
        Assert.Equal((0x48, 2), (first.Read<int>(Ram + 0x3000), second.Read<int>(Channel)));
        byte[] bytes = new byte[4096];
        World.Succeeds(made[0].FileDescriptors.Read(descriptor, bytes, out _));    // from its position
        World.Succeeds(made[1].FileDescriptors.Read(descriptor, bytes, out _));    // which they share
        World.Succeeds(made[1].FileDescriptors.Seek(descriptor, 0, SeekOrigin.Current, out long position));
        Assert.Equal(3 * 4096, position);
        other.Verify();
        foreach (UserProcess process in made.Reverse()) process.Dispose();
        foreach (SwapDevice device in other.Engine.Swap.Devices.ToArray()) World.Succeeds(other.Engine.Swap.SwitchOff(device));
        other.AssertNothingIsLeft();
    }

    [Fact]
    public void GroupsAreMadeAgainOrGiven()
    {
        using World world = new(8), other = new(8);
        World.Succeeds(world.Engine.Groups.Create(new()
        {
            Name = "guests",
            Limit = new(100),
            OutOfMemory = OutOfMemoryPolicy.Kill,
            CountsTables = false,
        }, out MemoryGroup? guests));
        world.Engine.CreateProcess("in", new() { Group = guests });
        using EngineSnapshot snapshot = world.Engine.TakeSnapshot();
        byte[] saved = Save(snapshot);
        UserProcess[] made = [.. other.Engine.SavedProcesses.LoadAll(new MemoryStream(saved))];
        MemoryGroup group = made[1].Group;
        Assert.Equal(("root", "guests", 100u, OutOfMemoryPolicy.Kill, false),
            (made[0].Group.Name, group.Name, group.Limit!.Value.Value, group.OutOfMemory, group.Frames.CountsTables));
        MemoryGroup[] found = [.. other.Engine.SavedProcesses
            .LoadAll(new MemoryStream(saved), null, name => name is "guests" ? group : null).Select(static process => process.Group)];
        Assert.Equal([other.Engine.Groups.All[0], group], found);
        Assert.Equal(2, other.Engine.Groups.All.Count);
        Assert.Throws<ArgumentException>(() => other.Engine.SavedProcesses.LoadAll(new MemoryStream(saved), null, _ => guests));
        Assert.Equal(4, other.Engine.ProcessCount - 1);    // the failed ones are gone
        other.Verify();
    }

    [Fact]
    public void APolicyOfTheHostIsGivenByTheCaller()
    {
        using World world = new(8), other = new(8);
        ReclaimPolicy policy = ReclaimPolicy.Of(static _ => new RecordedPolicy(new()));
        World.Succeeds(world.Engine.Groups.Create(new() { Name = "own", Policy = policy }, out MemoryGroup? own));
        world.Engine.CreateProcess("in", new() { Group = own });
        using EngineSnapshot snapshot = world.Engine.TakeSnapshot();
        byte[] saved = Save(snapshot);
        InvalidOperationException refused =
            Assert.Throws<InvalidOperationException>(() => other.Engine.SavedProcesses.LoadAll(new MemoryStream(saved)));
        Assert.Contains("'own' has a policy of the host's", refused.Message, StringComparison.Ordinal);
        other.AssertNothingIsLeft();
    }

    [Fact]
    public void OneFormIsNotTheOther()
    {
        using World world = new();
        using EngineSnapshot engine = world.Engine.TakeSnapshot();
        using Snapshot process = world.First.TakeSnapshot();
        byte[] all = Save(engine), one = SavedStream.Of(process).ToBytes();
        Assert.Equal("This is a saved engine, not a saved process: LoadAll and ResumeAll load it.", Assert.Throws<InvalidDataException>(
            () => world.Engine.SavedProcesses.Load(new MemoryStream(all))).Message);
        Assert.Equal("This is a saved process, not a saved engine: Load and Resume load it.", Assert.Throws<InvalidDataException>(
            () => world.Engine.SavedProcesses.LoadAll(new MemoryStream(one))).Message);
    }

    /// <summary>
    /// Every byte of the first part that is changed, and every place where the stream ends, is refused, and leaves nothing.
    /// </summary>
    [Fact]
    public void ADamagedFormIsRefusedAndLeavesNothing()
    {
        using World world = new(8), other = new(8);
        world.Map(0, 4);
        world.Touch(1);
        world.MapShared(8, 2);
        world.First.Fork();
        using EngineSnapshot snapshot = world.Engine.TakeSnapshot();
        byte[] saved = Save(snapshot);
        for (int at = 0; at < saved.Length; at += at < 600 ? 1 : 997)
        {
            byte[] damaged = [.. saved];
            damaged[at] ^= 0x41;
            Assert.ThrowsAny<Exception>(() => other.Engine.SavedProcesses.LoadAll(new MemoryStream(damaged)));
            Assert.Throws<InvalidDataException>(() => other.Engine.SavedProcesses.LoadAll(new MemoryStream(saved, 0, at)));
        }

        other.AssertNothingIsLeft();
    }

    [Fact]
    public void WhatIsPinnedIsSavedAsTheSnapshotHasIt()
    {
        using World world = new(), other = new();
        world.Map(0, 1);
        using WritablePin pin = world.First.PinForWriting(World.At(0), 1);
        pin.WritableParts[0].Span[0] = 5;
        using EngineSnapshot snapshot = world.Engine.TakeSnapshot();
        pin.WritableParts[0].Span[0] = 6;    // the host's own write, which no journal sees
        UserProcess loaded = Assert.Single(other.Engine.SavedProcesses.LoadAll(new MemoryStream(Save(snapshot))));
        Assert.Equal(5, loaded.Memory.Mmu.Read<byte>(World.At(0)));
        Assert.Equal(6, pin.Parts[0].Span[0]);
    }

    private static byte[] Save(EngineSnapshot snapshot)
    {
        using MemoryStream stream = new();
        snapshot.Save(stream);
        return stream.ToArray();
    }

    internal static IReadOnlyList<UserProcess> Make(Way way, EngineSnapshot snapshot, World other)
    {
        switch (way)
        {
            case Way.Load:
                return other.Engine.SavedProcesses.LoadAll(new MemoryStream(Save(snapshot)));
            case Way.Resume:
                using (MemoryStream stream = new())
                {
                    List<byte[]> pages = [];
                    snapshot.Save(stream, page => pages.Add(page.ToArray()));
                    stream.Position = 0;
                    return other.Engine.SavedProcesses.ResumeAll(stream, new PageStore(pages), out _);
                }

            default:
                EngineImage image = EngineImage.Of(snapshot);
                if (way == Way.CloneAgain)
                    foreach (UserProcess process in other.Engine.CloneProcesses(image)) process.Dispose();
                return other.Engine.CloneProcesses(image);
        }
    }
}
