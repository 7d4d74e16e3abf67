using Paging.Core.Swap;
using Paging.Reports;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A snapshot is saved to a stream and becomes a process again, in another engine.</summary>
public sealed class SavedSnapshotTests
{
    [Fact]
    public void AnotherEngineHasTheSameProcess()
    {
        using World world = new();
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
        Fill(world);
        using Snapshot snapshot = world.First.TakeSnapshot();
        string maps = world.Memory.FormatMaps(), bytes = Bytes(world.First);
        world.Touch(0, 0xFF);
        World.Succeeds(world.Memory.Unmap(World.At(2), World.Bytes(4)));
        string changed = Bytes(world.First);
        using MemoryStream stream = new();
        snapshot.Save(stream);
        Assert.Equal(changed, Bytes(world.First));
        world.Verify();

        using World other = new();
        stream.Position = 0;
        UserProcess loaded = other.Engine.SavedProcesses.Load(stream);    // the memory file is in the stream
        other.Verify();
        Assert.Equal(maps, loaded.Memory.FormatMaps());
        Assert.Equal(bytes, Bytes(loaded));
        Assert.Equal("first", loaded.Name);
        loaded.Dispose();
        other.AssertNothingIsLeft();
    }

    [Fact]
    public void PagesOfZerosTakeNoRoom()
    {
        using World world = new(16);
        world.Map(0, 2000);
        for (int page = 0; page < 2000; page++) world.Touch(page, 0);
        using Snapshot snapshot = world.First.TakeSnapshot();
        using MemoryStream stream = new();
        snapshot.Save(stream);
        Assert.True(stream.Length < 1000, $"{stream.Length} bytes");
        stream.Position = 0;
        UserProcess loaded = world.Engine.SavedProcesses.Load(stream);
        Assert.Equal(2000UL << 12, loaded.Memory.Footprint.Resident);
        world.Verify();
    }

    [Fact]
    public void DamageIsAlwaysOneClearError()
    {
        using World world = new();
        Fill(world);
        using MemoryStream stream = new();
        using (Snapshot snapshot = world.First.TakeSnapshot()) snapshot.Save(stream);
        byte[] good = stream.ToArray();
        using World other = new();
        using GuestFile file = other.CreateFile("f", 4);
        Balance before = Balance.Of(other.Engine);
        Random random = new(1);
        for (int round = 0; round < 300; round++)
        {
            byte[] bad = [.. good];
            if (round % 3 == 0) bad = bad[..random.Next(bad.Length)];
            else bad[round % 3 == 1 ? random.Next(400) : random.Next(bad.Length)] ^= (byte)(1 << random.Next(8));
            Assert.Throws<InvalidDataException>(() => other.Engine.SavedProcesses.Load(new MemoryStream(bad), _ => file));
        }

        other.Verify();
        Assert.Equal(before, Balance.Of(other.Engine));
    }

    [Fact]
    public void AMissingFileIsRefused()
    {
        using World world = new();
        Fill(world);
        using MemoryStream stream = new();
        using (Snapshot snapshot = world.First.TakeSnapshot()) snapshot.Save(stream, null, static _ => "f");
        stream.Position = 0;
        FileNotFoundException missing = Assert.Throws<FileNotFoundException>(() => world.Engine.SavedProcesses.Load(stream));
        Assert.Equal("f", missing.FileName);
        world.Verify();
    }

    [Fact]
    public void LoadingIntoAnEngineThatIsTooSmallThrows()
    {
        using World world = new(8);
        world.Map(0, 1000);
        for (int page = 0; page < 1000; page++) world.Touch(page, 1);
        using MemoryStream stream = new();
        using (Snapshot snapshot = world.First.TakeSnapshot()) snapshot.Save(stream);
        stream.Position = 0;
        using World other = new(1);
        Assert.Throws<NoMemoryException>(() => other.Engine.SavedProcesses.Load(stream));
        other.AssertNothingIsLeft();
    }

    private static void Fill(World world)
    {
        world.Map(0, 12);
        for (int page = 0; page < 8; page++) world.Touch(page, (byte)(0x30 + page));
        World.Succeeds(world.Memory.Protect(World.At(6), World.Bytes(1), MemoryProtection.None));
        World.Succeeds(world.Memory.Protect(World.At(7), World.Bytes(1), MemoryProtection.Read));
        World.Succeeds(world.Memory.Advise(World.At(3), World.Bytes(1), MemoryAdvice.PageOut));
        world.MapFile(world.OpenFile("f", 4), 20, 4);
        world.Touch(21, 0x77);
        world.Map(2000, 3, more: MapFlags.GrowsDown);
        world.Touch(2000, 5);
        world.Touch(2001, 0);
    }

    private static string Bytes(UserProcess process) => string.Join(' ', Enumerable.Range(0, 30).Append(2000).Append(2001).Select(page =>
        process.Memory.Mmu.TryRead(World.At(page), out uint word) ? word.ToString("x") : "-"));
}
