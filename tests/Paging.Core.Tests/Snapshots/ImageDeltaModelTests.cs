using Paging.Core.Files;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Tables;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// Random processes with private memory, files, shared memory, guards, forks and swap run on as clones of a chain of deltas. The whole
/// image of each state is the plain model of its delta: clones of both have the same areas and bytes, and the delta has no page that the
/// image before has at the same place.
/// </summary>
public sealed class ImageDeltaModelTests : IDisposable
{
    private const int PageCount = 60;
    private static readonly VirtualAddress[] Places = [new(0x2000_0000), new(0x2040_0000), new(0x3000_0000), new(0x4000_0000)];

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"paging-{Path.GetRandomFileName()}");

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void ADeltaIsTheWholeImage() => Property.ForSeeds(Soak.Of(25, 6), seed =>
    {
        Random random = new((int)seed);
        EngineOptions options = World.Options(8) with { Tables = seed % 3 == 0 ? TableFormat.Pae : TableFormat.Classic };
        using World world = new(options);
        if (seed % 2 == 0) World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(4 << 20), out _));
        using GuestFile file = world.CreateFile("f", PageCount);
        UserProcess process = Begin(world, file);
        ProcessImage? image = null;
        for (int state = 0; state < 6; state++)
        {
            for (int i = 0; i < 60; i++) Step(random, process, mayMove: seed % 5 == 0);
            using Snapshot snapshot = process.TakeSnapshot();
            for (int i = 0; i < 5; i++) Step(random, process, mayMove: seed % 5 == 0);    // the way to the snapshot and back is not empty
            ProcessImage whole = ProcessImage.Of(snapshot), before = image ?? whole;
            image = ProcessImage.DeltaOf(snapshot, before);
            Assert.Equal(whole.Pages, image.Pages);
            uint different = CountDifferent(world, whole, before, file);
            if (seed % 5 != 0) Assert.Equal(different, image.OwnPages.Value);
            else Assert.True(image.OwnPages.Value <= different);    // a page that a clone has moved is still the parent's
            if (random.Next(2) == 0) image = Reopen(image, before);
            using UserProcess one = world.Engine.CloneProcess(whole, _ => file), two = world.Engine.CloneProcess(image, _ => file);
            Compare(one, two);
            world.Verify();
            if (random.Next(3) != 0) continue;
            process.Dispose();
            process = world.Engine.CloneProcess(image, _ => file);    // goes on as a clone, the next delta is against its image
        }

        process.Dispose();
    });

    /// <summary>Processes that have forked from one another share pages, which a delta has once, as the whole image.</summary>
    [Fact]
    public void ADeltaOfAnEngineIsTheWholeImage() => Property.ForSeeds(Soak.Of(25, 8), seed =>
    {
        Random random = new((int)seed);
        EngineOptions options = World.Options(16) with { Tables = seed % 3 == 0 ? TableFormat.Pae : TableFormat.Classic };
        using World world = new(options);
        if (seed % 2 == 0) World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(4 << 20), out _));
        using GuestFile file = world.CreateFile("f", PageCount);
        List<UserProcess> processes = [Begin(world, file)];
        void Steps(int count)
        {
            for (int i = 0; i < count; i++)
            {
                UserProcess one = processes[random.Next(processes.Count)];
                if (processes.Count < 4 && random.Next(15) == 0) processes.Add(one.Fork());
                else Step(random, one, mayMove: seed % 5 == 0);
            }
        }

        EngineImage? image = null;
        for (int state = 0; state < 6; state++)
        {
            Steps(60);
            using EngineSnapshot snapshot = world.Engine.TakeSnapshot();
            int count = processes.Count;
            Steps(5);
            EngineImage whole = EngineImage.Of(snapshot), before = image ?? whole;
            image = EngineImage.DeltaOf(snapshot, before);
            Assert.Equal((whole.Pages, whole.ProcessCount, count), (image.Pages, image.ProcessCount, image.ProcessCount));
            if (state == 0) Assert.Equal(0u, image.OwnPages.Value);    // against itself
            List<UserProcess> ones = [.. world.Engine.CloneProcesses(whole, _ => file)];
            List<UserProcess> twos = [.. world.Engine.CloneProcesses(image, _ => file)];
            for (int i = 0; i < count; i++) Compare(ones[i], twos[i]);
            for (int i = 0; i < count; i++)    // what they share is copied when one writes, and the others stay
            {
                VirtualAddress at = Places[0] + ((uint)i << 13);
                foreach (UserProcess one in new[] { ones[i], twos[i] }) one.Memory.Mmu.TryWrite(at, 0x7000 + i, out _);
                for (int other = 0; other < count; other++) Compare(ones[other], twos[other]);
            }

            world.Verify();
            foreach (UserProcess one in ones) one.Dispose();
            bool goesOn = random.Next(3) == 0;
            foreach (UserProcess one in goesOn ? processes : twos) one.Dispose();
            if (goesOn) processes = twos;    // clones that have changed, the next delta is against their image
        }

        foreach (UserProcess process in processes) process.Dispose();
    });

    private static UserProcess Begin(World world, GuestFile file)
    {
        UserProcess process = world.First;
        world.Memory.Map(Places[0], PageCount << 12, MemoryProtection.ReadWrite, World.PrivateFixed, out _);
        world.Memory.Map(Places[1], PageCount << 12, MemoryProtection.ReadWrite, World.PrivateFixed, out _);
        world.Memory.Map(Places[2], PageCount << 12, MemoryProtection.ReadWrite, World.SharedFixed, out _);
        world.Memory.MapFile(Places[3], file, PageCount << 12, isPrivate: true);
        return process;
    }

    private static void Step(Random random, UserProcess process, bool mayMove)
    {
        int page = random.Next(PageCount), place = random.Next(Places.Length), choice = random.Next(100);
        VirtualAddress at = Places[place] + ((uint)page << 12);
        AddressSpace memory = process.Memory;
        if (choice < 50) memory.Mmu.TryWrite(at + ((uint)random.Next(2) << 3), random.Next(3), out _);    // often what is there already
        else if (choice < 60) memory.Mmu.TryRead(at, out int _, out _);
        else if (choice < 68) memory.Mmu.CopyIn(at, new byte[4096], out _);
        else if (choice < 73) memory.Advise(at, (uint)random.Next(1, 20) << 12, MemoryAdvice.PageOut);
        else if (choice < 77) memory.Advise(at, 4096, place == 2 ? MemoryAdvice.Remove : MemoryAdvice.DontNeed);
        else if (choice < 80) memory.Advise(at, 4096, MemoryAdvice.GuardInstall);
        else if (choice < 82) memory.Advise(at, 8192, MemoryAdvice.GuardRemove);
        else if (choice < 85) memory.Protect(at, 4096, random.Next(2) == 0 ? MemoryProtection.Read : MemoryProtection.ReadWrite);
        else if (choice < 87) memory.Unmap(at, 4096);
        else if (choice < 90) memory.Map(at, 4096, MemoryProtection.ReadWrite, World.PrivateFixed, out _);
        else if (choice == 90 && mayMove)
            memory.Remap(at, 4096, 4096, RemapFlags.MayMove | RemapFlags.Fixed, Places[1] + ((uint)random.Next(40) << 12), out _);
        else if (choice < 96) process.Fork().Dispose();
        else if (choice < 98) memory.ClearReferences(ReferenceKind.SoftDirty);
        else memory.Mmu.CopyOut(Places[0], new byte[PageCount << 12], out _);
    }

    /// <summary>The plain count: pages with content that the image before has not, or has otherwise, at the same place.</summary>
    private static uint CountDifferent(World world, ProcessImage whole, ProcessImage before, GuestFile file)
    {
        Dictionary<(bool, uint), byte[]> then = ContentOf(world, before, file), now = ContentOf(world, whole, file);
        return (uint)now.Count(page => !then.TryGetValue(page.Key, out byte[]? old) || !old.AsSpan().SequenceEqual(page.Value));
    }

    /// <summary>The pages that a clone has from its image, private ones and those of its shared memory.</summary>
    private static Dictionary<(bool IsShared, uint Page), byte[]> ContentOf(World world, ProcessImage image, GuestFile file)
    {
        using UserProcess clone = world.Engine.CloneProcess(image, _ => file);
        Space space = clone.Memory.Space;
        Dictionary<(bool, uint), byte[]> pages = [];
        PageNumber from = default;
        while (space.Tables.TryNextTouched(from, space.Tables.End, out PageNumber page, out PageTableEntry entry))
        {
            from = page + Native.PageCount.One;
            if (EntryWords.IsImagePage(entry, world.Machine.Frames))
                pages.Add((false, page.Value), world.Machine.Ram.Bytes(entry.Frame).ToArray());
        }

        for (AreaIndex index = space.Areas.Tree.First; index.IsSome; index = space.Areas[index].Next)
        {
            if (!space.Areas[index].Has(AreaFlags.Shared)) continue;
            SuppliedPages? supplied = space.Areas.Files.ObjectOf(space.Areas[index].File).Supplied;
            for (uint page = 0; page < PageCount; page++)
            {
                if (supplied?.TryFind(new(page), out SuppliedRun run) != true || run.Frame.Value == 0) continue;
                pages[(true, page)] = world.Machine.Ram.Bytes(run.FrameOf(new(page))).ToArray();
            }
        }

        return pages;
    }

    private ProcessImage Reopen(ProcessImage image, ProcessImage parent)
    {
        using (FileStream stream = File.Create(_path)) image.Save(stream);
        ProcessImage opened = ProcessImage.Open(_path, parent);
        File.Delete(_path);    // the mapping stays
        return opened;
    }

    private static void Compare(UserProcess expected, UserProcess found)
    {
        Assert.Equal(World.AreasOf(expected), World.AreasOf(found));
        byte[] there = new byte[4096], here = new byte[4096];
        foreach (AreaSnapshot area in expected.Memory.Areas.Snapshot())
        {
            for (PageNumber page = area.Range.First; page < area.Range.End; page += Native.PageCount.One)
            {
                int count = expected.Memory.Mmu.CopyOut(page.Address, there, out _);
                Assert.Equal(count, found.Memory.Mmu.CopyOut(page.Address, here, out _));
                if (count == 4096 && !there.AsSpan().SequenceEqual(here)) Assert.Fail($"page {page.Value:x5} differs");
            }
        }
    }
}
