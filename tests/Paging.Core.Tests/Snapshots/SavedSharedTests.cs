using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Files, devices and shared memory with a given name are saved by name: the loader is asked for them.</summary>
public sealed class SavedSharedTests
{
    /// <summary>The caller is asked for each file by its number; null leaves a file's own name, and saves shared memory itself.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EachFileHasTheNameThatItWasGiven(bool isApart)
    {
        using World world = new();
        GuestFile file = world.CreateBacked(new(3 * 4096)), renamed = world.CreateFile("old", 3);
        world.MapFile(world.Open(file), 0, 3);
        world.MapFile(world.Open(renamed), 4, 3, type: MapFlags.Shared);
        world.MapShared(8, 3);
        world.Map(12, 2);
        world.Touch(12, 7);
        int shared = world.Memory.Areas.Snapshot().Single(static area => area.Range.First == World.At(8).Page).ObjectId;
        using Snapshot snapshot = world.First.TakeSnapshot();
        using MemoryStream stream = new();
        Assert.Equal(["old", "/dev/zero"], SavedStream.Of(snapshot, static _ => null).Memories.Select(static memory => memory.Name),
            StringComparer.Ordinal);
        HashSet<int> asked = [];
        List<byte[]> pages = [];
        snapshot.Save(stream, isApart ? page => pages.Add(page.ToArray()) : null, id =>
        {
            asked.Add(id);
            return id == shared ? "shared memory" : id == renamed.Id ? "new" : null;
        });
        Assert.Equal(new HashSet<int> { file.Id, renamed.Id, shared }, asked);
        SavedStream saved = SavedStream.Parse(stream.ToArray());
        Assert.Equal("disk, new, shared memory, ", string.Join(", ", saved.Areas.Where(static area =>
            area.First >= World.Base.Page.Value && area.First < World.At(100).Page.Value).Select(static area => area.Name)));
        SavedStream.SavedRun run = Assert.Single(saved.Runs, static run => run.First == World.At(12).Page.Value);
        Assert.Equal((isApart, isApart ? 0 : 4096), ((run.Bits & SavedStream.Far) != 0, run.Bytes.Length));
        Assert.Equal(isApart ? saved.Runs.Count(static one => (one.Bits & SavedStream.Far) != 0) : 0, pages.Count);
    }

    /// <summary>The loader is asked for the names, and the process shares what it was given.</summary>
    [Fact]
    public void ALoadedProcessSharesTheCallersFiles()
    {
        using World world = new();
        world.MapShared(0, 2);
        world.Touch(1, 5);
        using Snapshot snapshot = world.First.TakeSnapshot();
        using MemoryStream stream = new();
        snapshot.Save(stream, null, static _ => "brought");
        using World other = new();
        using GuestFile memory = other.Engine.Files.CreateSharedMemory(2 * 4096, isCommitted: true);
        List<string> asked = [];
        UserProcess[] loaded = [.. Enumerable.Range(0, 2).Select(_ =>
        {
            stream.Position = 0;
            return other.Engine.SavedProcesses.Load(stream, name =>
            {
                asked.Add(name);
                return memory;
            });
        })];
        Assert.Equal("brought, brought", string.Join(", ", asked));
        loaded[0].Memory.Mmu.Write(World.At(1), (byte)9);
        Assert.Equal(9, loaded[1].Memory.Mmu.Read<byte>(World.At(1)));
        other.Verify();
    }

    /// <summary>A device, or memory of the host, is asked for by the name that it was saved under.</summary>
    [Fact]
    public void ADeviceHasAGivenName()
    {
        using World world = new();
        GuestFile host = world.Engine.Files.CreateHostMemoryFile("host", new byte[4096]);
        world.MapFile(world.Open(host), 0, 1, type: MapFlags.Shared);
        using Snapshot snapshot = world.First.TakeSnapshot();
        using MemoryStream stream = new();
        snapshot.Save(stream, null, static _ => "name");
        stream.Position = 0;
        using World other = new();
        byte[] bytes = new byte[4096];
        UserProcess loaded = other.Engine.SavedProcesses.Load(stream,
            name => name is "name" ? other.Engine.Files.CreateHostMemoryFile("other", bytes) : null);
        loaded.Memory.Mmu.Write(World.At(0), (byte)3);
        Assert.Equal(3, bytes[0]);
        other.Verify();
        world.Verify();
    }

    /// <summary>Far up, the runs end where the kernel half begins; a run has at most 256 pages, guards as well.</summary>
    [Fact]
    public void RunsEndAtTheirBorders()
    {
        using World world = new(8);
        VirtualAddress at = new(0xC000_0000 - (300 * 4096));
        World.Succeeds(world.Memory.Unmap(new(0xBF00_0000), 0x0100_0000));
        World.Succeeds(world.Memory.Map(at, 300 * 4096, MemoryProtection.ReadWrite, World.PrivateFixed, out _));
        for (uint page = 0; page < 300; page++) world.Mmu.Write(at + (page * 4096), (byte)1);
        world.Map(0, 600);
        World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(600), MemoryAdvice.GuardInstall));
        using Snapshot snapshot = world.First.TakeSnapshot();
        SavedStream saved = SavedStream.Of(snapshot);
        Assert.Equal([256u, 256u, 88u],
            saved.Runs.Where(static run => (run.Bits & SavedStream.Guards) != 0).Select(static run => run.Count));
        SavedStream.SavedRun[] high = [.. saved.Runs.Where(run => run.First >= at.Page.Value)];
        Assert.Equal(300u, high.Aggregate(0u, static (sum, run) => sum + run.Count));
        Assert.Equal(PageNumber.FirstKernel.Value, high[^1].First + high[^1].Count);
        Assert.All(high, static run => Assert.Equal((int)run.Count * 4096, run.Bytes.Length));
    }
}
