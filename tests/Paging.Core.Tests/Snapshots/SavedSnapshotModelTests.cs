using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Tables;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// Random processes are saved and loaded into another engine: every field of the space, every area, every entry and every byte is
/// compared, and so is the stream, by a second reader. Also with the pages apart from the rest, on a device that is read when they are
/// touched.
/// </summary>
public sealed class SavedSnapshotModelTests
{
    private const int Pages = 96;
    private const ulong Saved = (1 << 5) | (1 << 6) | (1 << 10);    // accessed, dirty, soft-dirty

    [Fact]
    public void TheLoadedProcessIsTheSame() => Property.ForSeeds(25, seed =>
    {
        using World world = new();
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
        Build(world, new Random((int)seed));
        using Snapshot snapshot = world.First.TakeSnapshot();
        bool isNamed = seed % 2 == 0;    // otherwise the stream holds the file
        SavedStream saved = SavedStream.Of(snapshot, isNamed ? static _ => "f" : null);
        CheckStream(saved, world);
        using World other = new(4);
        using GuestFile file = other.CreateFile("f", 8);
        UserProcess loaded = other.Engine.SavedProcesses.Load(
            new MemoryStream(saved.ToBytes()), _ => isNamed ? file : throw new InvalidOperationException("asked for the file"));
        other.Verify();
        CompareSpaces(world, loaded.Memory.Space, isFar: false);
        Assert.Equal((world.First.Name, world.First.OutOfMemoryScore), (loaded.Name, loaded.OutOfMemoryScore));
        CompareBytes(world.First, loaded);
        world.Verify();
        loaded.Dispose();
        other.AssertNothingIsLeft();
    });

    /// <summary>
    /// Two processes on one device: no page is read before it is touched, and the rest is read when the device goes.
    /// </summary>
    [Fact]
    public void PagesThatLieApartComeWhenTheyAreTouched() => Property.ForSeeds(15, seed =>
    {
        Random random = new((int)seed);
        using World world = new();
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
        Build(world, random);
        using MemoryStream first = new(), second = new();
        List<byte[]> pages = [];
        using Snapshot snapshot = world.First.TakeSnapshot();
        snapshot.Save(first, page => pages.Add(page.ToArray()), static _ => "f");
        int countOfFirst = pages.Count;
        Assert.All(pages, static page => Assert.True(page.Length == 4096 && page.AsSpan().ContainsAnyExcept((byte)0)));
        SavedStream apart = SavedStream.Parse(first.ToArray());
        Assert.Equal(countOfFirst, (int)apart.Runs.Sum(static run => (run.Bits & SavedStream.Far) != 0 ? run.Count : 0));
        Assert.All(apart.Runs, static run => Assert.Empty(run.Bytes));
        snapshot.Save(second, page => pages.Add(page.ToArray()), static _ => "f");
        Assert.Equal(2 * countOfFirst, pages.Count);

        using World other = new(4);
        using GuestFile file = other.CreateFile("f", 8);
        first.Position = second.Position = 0;
        PageStore store = new(pages);
        SwapDevice device = other.Engine.SavedProcesses.OpenPages(store);
        uint slot = 0;
        UserProcess one = other.Engine.SavedProcesses.ResumeNext(first, device, ref slot, _ => file);
        Assert.Equal((uint)countOfFirst, slot);
        UserProcess two = other.Engine.SavedProcesses.ResumeNext(second, device, ref slot, _ => file);
        Assert.Equal((uint)pages.Count, slot);
        Assert.Equal((0, pages.Count), (store.ReadCount, (int)device.UsedSlotCount));
        Assert.Equal(countOfFirst, one.Memory.Space.Statistics.Swapped);
        CompareSpaces(world, one.Memory.Space, isFar: true);
        other.Verify();
        CompareBytes(world.First, two);
        World.Succeeds(other.Engine.Swap.SwitchOff(device));
        Assert.Equal(0, one.Memory.Space.Statistics.Swapped);
        CompareBytes(world.First, one);
        other.Verify();
    });

    /// <summary>A store with fewer pages than the stream names is refused, and nothing is left of the process.</summary>
    [Fact]
    public void AStoreMustHaveEveryPage()
    {
        using World world = new();
        world.Map(0, 8);
        for (int page = 0; page < 8; page++) world.Touch(page, (byte)(page + 1));
        using MemoryStream stream = new();
        List<byte[]> pages = [];
        using (Snapshot snapshot = world.First.TakeSnapshot()) snapshot.Save(stream, page => pages.Add(page.ToArray()));
        for (int missing = 0; missing <= 7; missing++)
        {
            using World other = new();
            Balance before = Balance.Of(other.Engine);
            stream.Position = 0;
            PageStore store = new(pages[missing..]);
            if (missing == 0)
            {
                using UserProcess loaded = other.Engine.SavedProcesses.Resume(stream, store, out SwapDevice? device);
                for (int page = 0; page < 8; page++) Assert.Equal(page + 1, loaded.Memory.Mmu.Read<byte>(World.At(page)));
                Assert.Equal(0u, device!.UsedSlotCount);
                World.Succeeds(other.Engine.Swap.SwitchOff(device));
            }
            else
            {
                Assert.Throws<InvalidDataException>(() => other.Engine.SavedProcesses.Resume(stream, store, out _));
            }

            Assert.Equal(before, Balance.Of(other.Engine));
            Assert.True(store.IsDisposed);
            other.Verify();
        }
    }

    /// <summary>Areas of every kind, pages that were written, read, swapped out, shared with a child, given guards.</summary>
    private static void Build(World world, Random random)
    {
        AddressSpace memory = world.Memory;
        memory.IsPrivileged = random.Next(2) == 0;
        memory.ReadImpliesExecute = random.Next(3) == 0;
        // Not both: what can be written would be executable, and be refused
        if (!memory.ReadImpliesExecute) memory.ExecuteGain = Enum.GetValues<ExecuteGain>()[random.Next(3)];
        memory.IsAllMergeable = random.Next(3) == 0;
        memory.HugePages.SetPolicy((TransparentPolicy)random.Next(3));
        world.First.OutOfMemoryScore = random.Next(-1000, 1001);
        foreach (ResourceLimit limit in Enum.GetValues<ResourceLimit>())
            if (random.Next(2) == 0) memory.Space.Limits[limit] = (ulong)random.Next(1 << 20, 1 << 30) << random.Next(3);
        memory.Space.Layout.Image = new(new(1), new(2), new(3), new(4), new(5), new(6), new(7), new((uint)random.Next()));
        memory.Space.Layout.IsTopDown = random.Next(2) == 0;
        int file = world.OpenFile("f", 8);
        if (random.Next(2) == 0) memory.Space.DefaultFlags = random.Next(2) == 0 ? AreaFlags.Locked : AreaFlags.LockedMask;
        if (random.Next(2) == 0) world.Map(200, 3);
        memory.Space.DefaultFlags &= (AreaFlags)random.Next();
        if ((memory.Space.DefaultFlags & AreaFlags.Locked) == 0) memory.Space.DefaultFlags = AreaFlags.None;
        memory.SetBreak(memory.SetBreak(default) + 5000);
        for (int page = 0; page < Pages;)
        {
            int count = random.Next(1, 12);
            MemoryProtection protection = (MemoryProtection)random.Next(8);
            bool isFile = random.Next(5) == 0;
            MapFlags type = random.Next(2) == 0 ? MapFlags.Shared : MapFlags.Private;
            // What is written to the file itself is not saved.
            MemoryProtection rights = type == MapFlags.Shared ? MemoryProtection.Read : MemoryProtection.ReadWrite;
            if (isFile) world.MapFile(file, page, Math.Min(count, 6), random.Next(2), type, rights);
            else world.Map(page, count, MemoryProtection.ReadWrite, random.Next(8) == 0 ? MapFlags.GrowsDown : MapFlags.None);
            for (int at = page; at < page + count; at++)
                if (random.Next(3) != 0) _ = world.Mmu.TryWrite(World.At(at, random.Next(4096)), (byte)random.Next(3));
                else if (random.Next(2) == 0) _ = world.Mmu.TryRead(World.At(at), out byte _);
            MemoryAdvice advice = random.Next(8) switch
            {
                0 => MemoryAdvice.DontFork,
                1 => MemoryAdvice.Sequential,
                2 => MemoryAdvice.PageOut,
                3 => MemoryAdvice.GuardInstall,
                4 => MemoryAdvice.DontDump,
                5 => MemoryAdvice.Mergeable,
                _ => MemoryAdvice.Normal
            };
            _ = memory.Advise(World.At(page), World.Bytes(random.Next(1, count + 1)), advice);
            if (random.Next(2) == 0) _ = memory.Protect(World.At(page), World.Bytes(random.Next(1, count + 1)), protection);
            page += count + random.Next(2);
        }

        for (int page = 0; page < Pages; page += 7) _ = world.Mmu.TryRead(World.At(page), out byte _);
        if (random.Next(2) == 0) world.First.Fork();
        if (random.Next(2) == 0) memory.ClearReferences(ReferenceKind.SoftDirty);
    }

    /// <summary>Checks the result of the second reader: the fields, and runs that are as long as they can be.</summary>
    private static void CheckStream(SavedStream saved, World world)
    {
        Space space = world.Memory.Space;
        Assert.Equal(("first", 5u), (saved.Name, saved.Version));
        Assert.Equal(space.Break.Value, saved.Break);
        uint switches = (space.Layout.IsTopDown ? 1u : 0) + (space.IsPrivileged ? 2u : 0) + (space.ReadImpliesExecute ? 4u : 0)
            + ((uint)space.ExecuteGain << 3) + (space.MergesAll ? 32u : 0) + ((uint)space.HugeLines.Policy << 6);
        Assert.Equal(switches, saved.Switches & ~(SavedStream.HasMemories | SavedStream.HasDescriptors | SavedStream.HasUsage));
        Assert.Equal((uint)space.DefaultFlags, saved.DefaultFlags);
        Assert.Equal(space.Limits[ResourceLimit.Data], saved.Limits[0]);
        for (int i = 1; i < saved.Runs.Count; i++)
        {
            SavedStream.SavedRun before = saved.Runs[i - 1], run = saved.Runs[i];
            Assert.InRange(run.Count, 1u, 256u);
            bool isSameKind = before.Bits == run.Bits && (run.Bits & (SavedStream.Zeros | SavedStream.Guards)) != 0;
            bool continues = before.First + before.Count == run.First && isSameKind;
            Assert.True(!continues || IsSwapped(space, before, run), $"two runs of one kind meet at {run.First:x}");
        }
    }

    // Pages from a device are written one by one.
    private static bool IsSwapped(Space space, SavedStream.SavedRun before, SavedStream.SavedRun run) =>
        !space.Tables.Read(new(before.First)).IsPresent || !space.Tables.Read(new(run.First)).IsPresent;

    private static void CompareSpaces(World world, Space loaded, bool isFar)
    {
        Space space = world.Memory.Space;
        Assert.Equal((space.Break, space.DefaultFlags, space.IsPrivileged, space.ReadImpliesExecute),
            (loaded.Break, loaded.DefaultFlags, loaded.IsPrivileged, loaded.ReadImpliesExecute));
        Assert.Equal((space.ExecuteGain, space.MergesAll, space.HugeLines.Policy),
            (loaded.ExecuteGain, loaded.MergesAll, loaded.HugeLines.Policy));
        Assert.Equal(space.Layout, loaded.Layout);
        Assert.Equal(space.Limits, loaded.Limits);
        MemoryStatistics then = space.Statistics, now = loaded.Statistics;
        Assert.Equal((then.Total, then.Data, then.Stack, then.Code, then.Locked), (now.Total, now.Data, now.Stack, now.Code, now.Locked));
        Assert.Equal(then.ResidentAnonymous + then.Swapped, now.ResidentAnonymous + now.Swapped);
        if (!isFar) Assert.Equal(0, now.Swapped);
        Assert.Equal(Areas(space), Areas(loaded));
        for (int page = 0; page < Pages + 200; page++)
        {
            PageNumber at = World.At(page).Page;
            PageTableEntry entry = space.Tables.Read(at), other = loaded.Tables.Read(at);
            bool isOwn = entry.IsPresent && EntryWords.IsOwnPage(world.Machine.Frames.Named(entry.Frame));
            if (isOwn && other.IsPresent) Assert.Equal(entry.Word & Saved, other.Word & Saved);
            if (isOwn && !isFar) Assert.True(other.IsPresent);
            if (!entry.IsPresent && SwapEntry.From(entry).Marker == PageMarker.Guard) Assert.Equal(entry, other);
            if (entry.IsNeverTouched) Assert.True(other.IsNeverTouched);
        }
    }

    private static string[] Areas(Space space)
    {
        List<string> found = [];
        for (AreaIndex index = space.Areas.Tree.First; index.IsSome; index = space.Areas[index].Next)
        {
            ref Area area = ref space.Areas[index];
            found.Add($"{area.First.Value:x} {area.Count.Value} {area.Flags} {area.PageOffset.Value:x} {area.File.IsSome}");
        }

        return [.. found];
    }

    private static void CompareBytes(UserProcess process, UserProcess loaded)
    {
        byte[] then = new byte[4096], now = new byte[4096];
        for (int page = 0; page < Pages + 200; page++)
        {
            int count = process.Memory.Mmu.CopyOut(World.At(page), then, out _);
            Assert.Equal(count, loaded.Memory.Mmu.CopyOut(World.At(page), now, out _));
            Assert.True(then.AsSpan(0, count).SequenceEqual(now.AsSpan(0, count)), $"page {page} holds other bytes");
        }
    }
}
