using Paging.Core.Swap;
using Paging.Native;
using Paging.Reports;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Clones of an image share its pages until they write, and are otherwise as processes that were loaded from a stream.</summary>
public sealed class ProcessImageTests
{
    private const int Pages = 48;

    [Fact]
    public void ClonesInTwoEnginesShareThePagesAndNoWrites()
    {
        ProcessImage image = ImageOf(static world => Fill(world), out string maps, out string bytes);
        using World one = new(), two = new();
        UserProcess first = one.Engine.CloneProcess(image), second = two.Engine.CloneProcess(image);
        Assert.Equal((0UL, 0UL), (first.Memory.Footprint.Resident, second.Memory.Footprint.Resident));
        Assert.Equal((maps, bytes), (first.Memory.FormatMaps(), BytesOf(first)));
        first.Memory.Mmu.Write(World.At(3), 0xDEAD_BEEF);
        Assert.Equal(4096UL, first.Memory.Footprint.Resident);
        Assert.Equal((maps, bytes), (second.Memory.FormatMaps(), BytesOf(second)));
        Assert.False(string.Equals(bytes, BytesOf(first), StringComparison.Ordinal));
        UserProcess third = one.Engine.CloneProcess(image);
        Assert.Equal(bytes, BytesOf(third));
        first.Dispose();
        third.Dispose();
        second.Dispose();
        one.AssertNothingIsLeft();
        two.AssertNothingIsLeft();
    }

    /// <summary>An image that is put together: pages with content, pages of zeros, and pages that the reader does not have.</summary>
    [Fact]
    public void AnImageIsComposedOfPages()
    {
        ProcessImage image = ProcessImage.Compose("made", [new(new(World.Base.Page, new(5)), MemoryProtection.ReadWrite, "", default)],
            static (page, bytes) =>
            {
                uint number = page.Value - World.Base.Page.Value;
                bytes.Clear();
                bytes[9] = (byte)(number is 1 or 3 ? number : 0);
                return number != 4;
            });
        Assert.Equal(2u, image.Pages.Value);
        using World world = new();
        using UserProcess clone = world.Engine.CloneProcess(image);
        Assert.Equal([0, 1, 0, 3, 0], Enumerable.Range(0, 5).Select(page => (int)clone.Memory.Mmu.Read<byte>(World.At(page, 9))));
        world.Verify();
    }

    /// <summary>The kernel reaches the image's pages as the program does, and its writes copy them as well.</summary>
    [Fact]
    public void TheKernelReadsAndWritesClonesAsTheProgram()
    {
        ProcessImage image = ImageOf(static world => Fill(world), out _, out string bytes);
        using World world = new();
        UserProcess clone = world.Engine.CloneProcess(image), other = world.Engine.CloneProcess(image);
        uint expected = clone.Memory.Mmu.Read<uint>(World.At(5));
        Assert.True(clone.Memory.Mmu.TryReadAsSupervisor(World.At(5), out uint read, out _));
        Assert.Equal(expected, read);
        Assert.True(clone.Memory.Mmu.TryWriteAsSupervisor(World.At(5), ~expected, out _));
        Assert.Equal(~expected, clone.Memory.Mmu.Read<uint>(World.At(5)));
        Assert.Equal(bytes, BytesOf(other));
        Assert.True(other.Memory.Mmu.TryTranslateAsSupervisor(World.At(5), AccessKind.Read, out PhysicalAddress physical, out _));
        Assert.True(physical.Frame.Value >= world.Engine.Ram.FrameCount.Value);    // the image's own
        world.Verify();
    }

    /// <summary>The engine that the image was made in is gone.</summary>
    [Fact]
    public void AnImageOutlivesItsEngine()
    {
        ProcessImage image = ImageOf(static world => Fill(world), out _, out string bytes);
        GC.Collect();
        using World world = new();
        Assert.Equal(bytes, BytesOf(world.Engine.CloneProcess(image)));
    }

    [Fact]
    public void AnImageOfACloneIsTheSame()
    {
        ProcessImage image = ImageOf(static world => Fill(world), out _, out string bytes);
        using World world = new();
        UserProcess clone = world.Engine.CloneProcess(image);
        clone.Memory.Mmu.Write(World.At(0), clone.Memory.Mmu.Read<uint>(World.At(0)));    // its own copy now
        using Snapshot snapshot = clone.TakeSnapshot();
        ProcessImage again = ProcessImage.Of(snapshot);
        Assert.Equal(image.Pages, again.Pages);
        Assert.Equal(bytes, BytesOf(world.Engine.CloneProcess(again)));
        world.Verify();
    }

    [Fact]
    public void AnImageWithoutPagesHasNone()
    {
        ProcessImage image = ImageOf(static world => world.Map(0, 4), out string maps, out _);
        Assert.Equal(default, image.Pages);
        using World world = new();
        Assert.Equal(maps, world.Engine.CloneProcess(image).Memory.FormatMaps());
        world.Verify();
    }

    [Fact]
    public void AnEngineWithoutFrameNumbersOrFramesRefuses()
    {
        ProcessImage image = ImageOf(static world => Fill(world), out _, out _);
        using PagingEngine full = new(new EngineOptions { RamBytes = 4UL << 30, RequestHostHugePages = false });
        Assert.Throws<NoMemoryException>(() => full.CloneProcess(image));
        Assert.Throws<ArgumentNullException>(static () => ProcessImage.Of(null!));
    }

    /// <summary>A small engine serves clones of a large process, once it may overcommit.</summary>
    [Fact]
    public void AnAreaThatMayNotBeCommittedIsNamed()
    {
        ProcessImage image = ImageOf(static world => world.Map(0, 1024), out string maps, out _);
        using PagingEngine small = new(new EngineOptions { RamBytes = 1 << 20, RequestHostHugePages = false });
        NoMemoryException refused = Assert.Throws<NoMemoryException>(() => small.CloneProcess(image));
        Assert.Contains("4096 KiB", refused.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(OvercommitMode.Always), refused.Message, StringComparison.Ordinal);
        small.OvercommitMode = OvercommitMode.Always;
        Assert.Equal(maps, small.CloneProcess(image).Memory.FormatMaps());
    }

    /// <summary>Each allocation of a clone is refused once: an exception, and nothing is left.</summary>
    [Fact]
    public void EveryRefusedAllocationOfACloneLeavesNothing()
    {
        ProcessImage image = ImageOf(static world => Fill(world), out _, out string bytes);
        int number = 0;
        for (bool wasRefused = true; wasRefused;)
        {
            using World world = new();
            world.Machine.Injection.FailAtAllocation = ++number;
            UserProcess? clone = null;
            try
            {
                clone = world.Engine.CloneProcess(image);
            }
            catch (InvalidOperationException) { }

            wasRefused = world.Machine.Injection.FailAtAllocation == 0;
            world.Machine.Injection.FailAtAllocation = 0;
            Assert.True(wasRefused || clone is not null);
            world.Verify();
            Assert.Equal(bytes, BytesOf(clone ?? world.Engine.CloneProcess(image)));
            world.AssertNothingIsLeft();
        }

        Assert.True(number > 3, "A clone needs a directory, tables and areas.");
    }

    /// <summary>A write that finds no frame for its copy fails, and the page is still the image's.</summary>
    [Fact]
    public void AWriteWithoutAFrameChangesNothing()
    {
        ProcessImage image = ImageOf(static world => Fill(world), out _, out string bytes);
        using World world = new();
        UserProcess clone = world.Engine.CloneProcess(image);
        world.Machine.Injection.FailAtAllocation = 1;
        Assert.False(clone.Memory.Mmu.TryWrite(World.At(0), 7u, out MemoryFault fault));
        Assert.Equal(MemoryFaultKind.OutOfMemory, fault.Kind);
        Assert.Equal(bytes, BytesOf(clone));
        Assert.True(clone.Memory.Mmu.TryWrite(World.At(0), 7u));
        world.Verify();
    }

    [Fact]
    public void IterationsOfACloneAllocateNothing()
    {
        ProcessImage image = ImageOf(static world => Fill(world), out _, out _);
        using World world = new();
        UserProcess clone = world.Engine.CloneProcess(image);
        using Snapshot snapshot = clone.TakeSnapshot();
        Assert.Equal(0, ManagedMemory.BytesAllocatedBy(() =>
        {
            for (int iteration = 0; iteration < 1_000; iteration++)
            {
                for (int page = 0; page < 6; page++) clone.Memory.Mmu.Write(World.At(page), iteration);
                if (snapshot.Restore() != Errno.None) Assert.Fail("Not restored.");
            }
        }));
        Assert.Equal(0UL, clone.Memory.Footprint.Resident);
    }

    /// <summary>
    /// Runs of pages cross areas and the end of a table, their frames lie anywhere, and some are pages of zeros. All pages go back at exit.
    /// </summary>
    [Theory]
    [InlineData(TableFormat.Classic)]
    [InlineData(TableFormat.Pae)]
    public void RunsCrossAreasAndTables(TableFormat format)
    {
        const int count = 3000, areaPages = 700;    // from At(0), tables of both formats end in it
        ProcessImage image = ImageOf(static world =>
        {
            for (int page = 0; page < count; page += areaPages)
            {
                MemoryProtection protection = page / areaPages % 2 == 0 ? MemoryProtection.ReadWrite : MemoryProtection.All;
                world.Map(page, Math.Min(areaPages, count - page), protection);
            }

            int[] order = [.. Enumerable.Range(0, count)];
            new Random(1).Shuffle(order.AsSpan(0, count / 2));
            foreach (int page in order)
                if (page % 500 != 7) world.Mmu.Write(World.At(page), page % 400 < 20 ? 0u : (uint)page);
        }, out string maps, out _, ramMiB: 16);
        using World world = new(World.Options() with { Tables = format });
        UserProcess clone = world.Engine.CloneProcess(image), second = world.Engine.CloneProcess(image);
        clone.Memory.Mmu.Write(World.At(1500), 1u);
        world.Verify();
        Assert.Equal(maps, second.Memory.FormatMaps());
        for (int page = 0; page < count; page++)
        {
            uint expected = page % 500 == 7 || page % 400 < 20 ? 0u : (uint)page;
            Assert.Equal(expected, second.Memory.Mmu.Read<uint>(World.At(page)));
            Assert.Equal(page == 1500 ? 1u : expected, clone.Memory.Mmu.Read<uint>(World.At(page)));
        }

        clone.Dispose();
        second.Dispose();
        world.AssertNothingIsLeft();
    }

    /// <summary>Calls of every kind, with snapshots and children: the model is the same process loaded from a stream.</summary>
    [Trait("Category", "Medium")]
    [Theory]
    [InlineData(TableFormat.Classic)]
    [InlineData(TableFormat.Pae)]
    public void ACloneIsAsALoadedProcess(TableFormat format) => Property.ForScripts(150, 60, script =>
    {
        using World origin = new();
        Fill(origin);
        using MemoryStream stream = new();
        ProcessImage image;
        using (Snapshot snapshot = origin.First.TakeSnapshot())
        {
            snapshot.Save(stream);
            image = ProcessImage.Of(snapshot);
        }

        stream.Position = 0;
        using World left = new(World.Options() with { Tables = format }), right = new(World.Options() with { Tables = format });
        left.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _);
        right.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _);
        if (script.Length % 2 == 0) right.Engine.CloneProcess(image).Dispose();    // the next one is a further clone
        Story loaded = new(left.Engine.SavedProcesses.Load(stream)), clone = new(right.Engine.CloneProcess(image));
        foreach (uint word in script)
        {
            Assert.Equal(loaded.Go(word), clone.Go(word));
            if (word % 3 == 0) right.Verify();
        }

        right.Verify();
        Assert.Equal(loaded.Text, clone.Text);
        using World fresh = new();
        Assert.Equal(BytesOf(origin.First), BytesOf(fresh.Engine.CloneProcess(image)));    // nothing has reached the image
        loaded.End();
        clone.End();
        right.AssertNothingIsLeft();
    });

    /// <summary>
    /// E6: clones on threads of their own, marked bytes included, do what each does alone, while the process of the image goes on as well.
    /// </summary>
    [Fact]
    public void ClonesOnThreadsOfTheirOwnDoNotDisturbEachOther()
    {
        const int Threads = 4, Words = 400;
        using World origin = new();
        Fill(origin);
        ByteShadow shadow = origin.Memory.OpenByteShadow();
        World.Succeeds(shadow.Mark(World.At(2) + 100u, 9000, ByteState.Uninitialized));
        World.Succeeds(shadow.Mark(World.At(21) + 7u, 50, ByteState.Unaddressable));
        ProcessImage image;
        using (Snapshot snapshot = origin.First.TakeSnapshot()) image = ProcessImage.Of(snapshot);
        string[] alone = [.. Enumerable.Range(1, Threads).Select(seed => StoryOf(image, seed, Words))];
        for (int round = 0; round < 5; round++)
        {
            string[] beside = new string[Threads];
            ThreadTeam.Run(Threads + 1, number =>
            {
                if (number < Threads) beside[number] = StoryOf(image, number + 1, Words);
                else WriteAndMark(origin, shadow);
            });
            origin.Engine.BindToCurrentThread();
            Assert.Equal(alone, beside);
        }

        origin.Verify();
    }

    private static void WriteAndMark(World world, ByteShadow shadow)
    {
        world.Engine.BindToCurrentThread();
        for (uint iteration = 0; iteration < 2_000; iteration++)
        {
            world.Memory.Mmu.TryWrite(World.At((int)(iteration % Pages)), iteration);
            shadow.Mark(World.At((int)(iteration % 30)) + (iteration % 900), 64, (ByteState)(iteration % 3));
        }
    }

    /// <summary>A clone in an engine of the calling thread, some calls, and the visible state after each.</summary>
    private static string StoryOf(ProcessImage image, int seed, int words)
    {
        using World world = new();
        world.Engine.CloneProcess(image).Dispose();
        UserProcess process = world.Engine.CloneProcess(image);
        ByteShadow shadow = process.Memory.OpenByteShadow();
        Story story = new(process);
        Random random = new(seed);
        HashCode seen = default;
        for (int i = 0; i < words; i++)
        {
            uint word = (uint)random.Next();
            seen.Add(story.Go(word), StringComparer.Ordinal);
            VirtualAddress at = World.At((int)(word >> 8) % 30) + (word % 900);
            if (word % 5 == 0) seen.Add(shadow.Mark(at, 1 + (word % 200), (ByteState)(word % 3)));
            seen.Add(shadow[at]);
        }

        seen.Add(story.Text, StringComparer.Ordinal);
        world.Verify();
        story.End();
        world.AssertNothingIsLeft();
        return $"{seed}: {seen.ToHashCode():x8}";
    }

    private sealed class Story(UserProcess process)
    {
        private readonly List<Snapshot> _snapshots = [];

        public string Text => process.Memory.FormatMaps() + BytesOf(process);

        public string Go(uint word)
        {
            AddressSpace memory = process.Memory;
            int page = (int)(word >> 8) % Pages;
            VirtualAddress at = World.At(page);
            uint length = World.Bytes(1 + ((int)(word >> 16) % 8));
            switch (word % 16)
            {
                case 0: return $"{memory.Unmap(at, length)}";
                case 1: return $"{memory.Protect(at, length, MemoryProtection.ReadWrite)}";
                case 2: return $"{memory.Protect(at, length, MemoryProtection.Read)}";
                case 3: return $"{memory.Protect(at, length, MemoryProtection.None)}";
                case 4: return $"{memory.Advise(at, length, MemoryAdvice.DontNeed)}";
                case 5: return $"{memory.Advise(at, length, MemoryAdvice.PageOut)}";
                case 6: return $"{memory.Remap(at, length, length, RemapFlags.MayMove, out _)}";
                case 7:
                    using (UserProcess child = process.Fork())
                    {
                        child.Memory.Mmu.TryWrite(at, word);
                        return BytesOf(child);
                    }

                case 8:
                    _snapshots.Add(process.TakeSnapshot());
                    return "";
                case 9 when _snapshots.Count > 0:
                    return $"{_snapshots[(int)(word >> 20) % _snapshots.Count].Restore()}" + Text;
                case 10 when _snapshots.Count > 1:
                    _snapshots[0].Dispose();
                    _snapshots.RemoveAt(0);
                    return "";
                case 11: return $"{memory.Lock(at, length)}";
                case 12: return $"{process.Memory.Mmu.TryRead(at, out uint read)} {read}";
                default: return $"{process.Memory.Mmu.TryWrite(at + (word >> 20), word)}";
            }
        }

        public void End()
        {
            foreach (Snapshot snapshot in _snapshots) snapshot.Dispose();
            process.Dispose();
        }
    }

    private static ProcessImage ImageOf(Action<World> fill, out string maps, out string bytes, uint ramMiB = 4)
    {
        using World world = new(World.Options(ramMiB));
        fill(world);
        (maps, bytes) = (world.Memory.FormatMaps(), BytesOf(world.First));
        using Snapshot snapshot = world.First.TakeSnapshot();
        ProcessImage image = ProcessImage.Of(snapshot);
        Assert.Equal(bytes, BytesOf(world.First));
        world.Verify();
        return image;
    }

    // Written, of zeros, read only, without rights, growing, and never touched.
    private static void Fill(World world)
    {
        world.Map(0, 12);
        for (int page = 0; page < 10; page++) world.Touch(page, (byte)(page % 4 * 0x11));
        World.Succeeds(world.Memory.Protect(World.At(6), World.Bytes(1), MemoryProtection.None));
        World.Succeeds(world.Memory.Protect(World.At(7), World.Bytes(2), MemoryProtection.Read));
        world.Map(20, 8);
        for (int page = 20; page < 26; page++) world.Touch(page, (byte)page);
        world.Map(40, 3, more: MapFlags.GrowsDown);
        world.Touch(41, 5);
    }

    private static string BytesOf(UserProcess process) => string.Join(' ', Enumerable.Range(0, Pages).Select(page =>
        process.Memory.Mmu.TryRead(World.At(page), out uint word) ? word.ToString("x") : "-"));
}
