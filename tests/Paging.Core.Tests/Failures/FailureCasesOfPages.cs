using System.Runtime.CompilerServices;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Collections;

namespace Paging.Core.Tests;

/// <summary>
/// The operations on single pages that allocate something: userfaultfd, huge pages of both kinds, swap, pins, scans, and the page cache.
/// </summary>
internal static class FailureCasesOfPages
{
    private const MemoryProtection Write = MemoryProtection.ReadWrite;

    /// <summary>The place of swapped pages. The comparison before and after a case does not read them back.</summary>
    private const int SwappedAt = 100;

    private static readonly EngineOptions Transparent = World.Options(8) with
    {
        Tables = TableFormat.Pae,
        TransparentHugePages = TransparentHugePages.Advised,
    };

    private static readonly EngineOptions Pool = World.Options(12) with { Tables = TableFormat.Pae, HugePages = 2 };

    private static readonly ConditionalWeakTable<World, Userfaultfd> Opened = [];
    private static readonly ConditionalWeakTable<World, PinnedMemory> Pinned = [];
    private static readonly ConditionalWeakTable<World, Snapshot> Taken = [];

    public static IReadOnlyList<FailureCase> All { get; } =
        [.. Userfaults(), .. HugePages(), .. PoolPages(), .. Swapped(), .. Others(), .. Cached()];

    private static FailureCase Call(
        string name, Action<World> prepare, Func<World, Errno> act, string failures = "ENOMEM", bool changesAreas = false) =>
        new(name, prepare, world => act(world).ToString(), failures, changesAreas);

    private static string Access(World world, int page, bool isWrite)
    {
        MemoryFault fault;
        if (isWrite) world.Mmu.TryWrite(World.At(page), (byte)0x77, out fault);
        else world.Mmu.TryRead(World.At(page), out byte _, out fault);
        return fault.Kind.ToString();
    }

    /// <summary>A page that the first attempt has filled is there.</summary>
    private static Errno Again(Errno error) => error == Errno.EEXIST ? Errno.None : error;

    private static void Register(World world, int page, int count, UserfaultModes modes)
    {
        Userfaultfd faults = world.Memory.Userfaultfds.Open(UserfaultFeatures.All & ~UserfaultFeatures.Signal);
        Opened.Add(world, faults);
        World.Succeeds(faults.Register(World.At(page), World.Bytes(count), modes));
    }

    private static Userfaultfd Of(World world) => Opened.GetValue(world, static _ => throw new InvalidOperationException("None is open."));

    private static IEnumerable<FailureCase> Userfaults()
    {
        const UserfaultFillFlags plain = UserfaultFillFlags.None;
        static void Missing(World world)
        {
            world.Map(1020, 8);
            Register(world, 1020, 8, UserfaultModes.Missing | UserfaultModes.WriteProtect);
        }

        static void MissingShared(World world)
        {
            world.MapShared(1020, 8);
            Register(world, 1020, 8, UserfaultModes.Missing | UserfaultModes.WriteProtect);
        }

        yield return Call("userfaultfd: copy", Missing, static world =>
            Again(Of(world).Copy(World.At(1023), new byte[2 * 4096], plain, out _)));
        yield return Call("userfaultfd: copy to shared memory", MissingShared, static world =>
            Again(Of(world).Copy(World.At(1023), new byte[4096], plain, out _)));
        yield return Call("userfaultfd: zeros", Missing, static world =>
            Again(Of(world).ZeroPage(World.At(1023), 4096, plain, out _)));
        yield return Call("userfaultfd: poison", Missing, static world =>
            Again(Of(world).Poison(World.At(1023), 4096, plain, out _)));
        yield return Call("userfaultfd: continue", static world =>
        {
            world.MapFile(world.OpenFile("f", 4), 1022, 4, type: MapFlags.Shared);
            Register(world, 1022, 4, UserfaultModes.Minor);
        }, static world => Again(Of(world).Continue(World.At(1023), 4096, plain, out _)));
        yield return Call("userfaultfd: protect what is not there", Missing, static world =>
            Of(world).WriteProtect(World.At(1022), World.Bytes(4), protect: true));
        yield return Call("userfaultfd: register the middle", static world =>
        {
            world.Map(0, 8);
            world.Map(20, 1);
            Register(world, 20, 1, UserfaultModes.Missing);
        }, static world => Of(world).Register(World.At(2), World.Bytes(2), UserfaultModes.Missing), changesAreas: true);
        yield return Call("userfaultfd: move", static world =>
        {
            Missing(world);
            world.Map(0, 4);
            world.Touch(1);
        }, static world =>
        {
            Errno error = Of(world).Move(World.At(1023), World.At(1), 4096, allowHoles: true, plain, out _);
            return Again(error);
        });
        yield return Call("userfaultfd: move to where there is no table", static world =>
        {
            Missing(world);
            world.Map(2100, 4);
            world.Touch(2101);
        }, static world => Again(Of(world).Move(World.At(1024), World.At(2101), 4096, allowHoles: false, plain, out _)));
        yield return Call("userfaultfd: move what a snapshot has as well", static world =>
        {
            Missing(world);
            world.Map(0, 4);
            world.Touch(1);
            world.First.TakeSnapshot();
        }, static world => Again(Of(world).Move(World.At(1023), World.At(1), 4096, allowHoles: false, plain, out _)));
    }

    private static void MapLines(World world, int lines)
    {
        world.Map(0, 512 * lines);
        World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(512 * lines), MemoryAdvice.HugePage));
    }

    private static void OneHugePage(World world)
    {
        MapLines(world, 2);
        world.Touch(3, 0x43);
    }

    private static IEnumerable<FailureCase> HugePages()
    {
        const string survives = "None OutOfMemory";    // small pages do as well
        yield return Huge(new("first write to a line", static world => MapLines(world, 2), static world => Access(world, 3, true),
            survives));
        yield return Huge(new("write of a child to a huge page", static world =>
        {
            OneHugePage(world);
            world.First.Fork();
        }, static world => Access(world, 3, true), survives));
        yield return Huge(Call("take a snapshot with a huge page", OneHugePage, static world =>
            world.First.TryTakeSnapshot(out _, out Errno error) ? Errno.None : error));
        yield return Huge(new("write to a huge page that a snapshot keeps", static world =>
        {
            OneHugePage(world);
            world.First.TakeSnapshot();
        }, static world => Access(world, 3, true), survives));
        yield return Huge(Call("fork with a huge page", OneHugePage, static world => world.First.Fork(out _)));
        yield return Huge(Call("fork with an empty table", static world =>
        {
            world.Map(0, 512 * 3);
            world.Touch(3, 0x43);
            world.Touch(515);
            World.Succeeds(world.Memory.Advise(World.At(515), 4096, MemoryAdvice.DontNeed));
        }, static world => world.First.Fork(out _)));
        yield return Huge(Call("unmap a part of a huge page", OneHugePage, static world =>
            world.Memory.Unmap(World.At(10), 4096), "ENOMEM None", changesAreas: true));
        yield return Huge(Call("protect a part of a huge page", OneHugePage, static world =>
            world.Memory.Protect(World.At(10), 4096, MemoryProtection.Read), "ENOMEM None", changesAreas: true));
        yield return Huge(Call("move a huge page", OneHugePage, static world =>
        {
            Errno error = world.Memory.Remap(World.At(0), World.Bytes(512), World.Bytes(512), RemapFlags.MayMove | RemapFlags.Fixed,
                World.At(2048), out _);
            return error == Errno.EFAULT ? Errno.None : error;
        }, changesAreas: true));
        yield return Huge(Call("move a huge page to another place in its line", OneHugePage, static world =>
        {
            Errno error = world.Memory.Remap(World.At(0), World.Bytes(512), World.Bytes(512), RemapFlags.MayMove | RemapFlags.Fixed,
                World.At(2051), out _);
            return error == Errno.EFAULT ? Errno.None : error;
        }, changesAreas: true));
        yield return Huge(Call("collapse", static world =>
        {
            world.Map(0, 1024);
            for (int page = 0; page < 512; page += 3) world.Touch(page, (byte)page);
        }, static world => world.Memory.Advise(World.At(0), World.Bytes(512), MemoryAdvice.Collapse), "ENOMEM EAGAIN None"));
        yield return Huge(Call("collapse of shared memory", static world =>
        {
            world.MapShared(0, 512);
            for (int page = 0; page < 512; page += 3) world.Touch(page, (byte)page);
        }, static world => world.Memory.Advise(World.At(0), World.Bytes(512), MemoryAdvice.Collapse), "ENOMEM EAGAIN None"));

        static FailureCase Huge(FailureCase one) => one with { Options = Transparent };
    }

    private static IEnumerable<FailureCase> PoolPages()
    {
        const MapFlags huge = World.PrivateFixed | MapFlags.HugeTlb;
        static Errno Map(World world, MapFlags flags) => world.Memory.Map(World.At(0), World.Bytes(512), Write, flags, out _);
        yield return OfPool(Call("map of the pool", static _ => { }, static world => Map(world, huge)));
        yield return OfPool(Call("map of the pool, shared", static _ => { }, static world =>
            Map(world, (huge & ~MapFlags.Private) | MapFlags.Shared)));
        yield return OfPool(Call("fork with memory of the pool", static world =>
        {
            World.Succeeds(Map(world, huge));
            world.Touch(0, 0x40);
        }, static world => world.First.Fork(out _)));
        yield return OfPool(new("first touch of the pool", static world => World.Succeeds(Map(world, huge)),
            static world => Access(world, 3, true), "OutOfMemory"));
        yield return OfPool(new("first touch of the pool, shared", static world =>
            World.Succeeds(Map(world, (huge & ~MapFlags.Private) | MapFlags.Shared | MapFlags.NoReserve)),
            static world => Access(world, 3, true), "OutOfMemory"));

        static void Touched(World world)
        {
            World.Succeeds(Map(world, huge));
            world.Touch(0, 0x40);
        }

        yield return OfPool(Call("snapshot with memory of the pool", Touched, static world =>
        {
            _ = world.First.TryTakeSnapshot(out Snapshot? snapshot, out Errno error);
            snapshot?.Dispose();
            return error;
        }));
        yield return OfPool(Call("snapshot of an engine with memory of the pool", static world =>
        {
            Touched(world);
            world.First.Fork();
        }, static world =>
        {
            _ = world.Engine.TryTakeSnapshot(out EngineSnapshot? snapshot, out Errno error);
            snapshot?.Dispose();
            return error;
        }));
        yield return OfPool(Call("back to memory of the pool", static world =>
        {
            Touched(world);
            Taken.Add(world, world.First.TakeSnapshot());
            World.Succeeds(world.Memory.Unmap(World.At(0), World.Bytes(512)));
        }, static world => Taken.GetValue(world, static _ => throw new InvalidOperationException("None is taken.")).Restore()));

        static FailureCase OfPool(FailureCase one) => one with { Options = Pool };
    }

    private static IEnumerable<FailureCase> Swapped()
    {
        static void SwapOut(World world, Action map)
        {
            World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
            map();
            for (int page = 0; page < 4; page++) world.Touch(SwappedAt + page, (byte)(0x40 + page));
            World.Succeeds(world.Memory.Advise(World.At(SwappedAt), World.Bytes(4), MemoryAdvice.PageOut));
        }

        yield return new("read from swap", static world => SwapOut(world, () => world.Map(SwappedAt, 4)),
            static world => Access(world, SwappedAt + 1, false), "OutOfMemory None");    // with less read ahead
        yield return new("write to a swapped page", static world => SwapOut(world, () => world.Map(SwappedAt, 4)),
            static world => Access(world, SwappedAt + 1, true), "OutOfMemory None");
        yield return new("write to a swapped page of a family", static world =>
        {
            SwapOut(world, () => world.Map(SwappedAt, 4));
            world.First.Fork();
        }, static world => Access(world, SwappedAt + 1, true), "OutOfMemory None");
        yield return new("read shared memory from swap", static world => SwapOut(world, () => world.MapShared(SwappedAt, 4)),
            static world => Access(world, SwappedAt + 1, false), "OutOfMemory None");
        yield return Call("userfaultfd: move a swapped page", static world =>
        {
            SwapOut(world, () => world.Map(SwappedAt, 4));
            world.Map(1020, 8);
            Register(world, 1020, 8, UserfaultModes.Missing);
        }, static world => Again(Of(world).Move(
            World.At(1023), World.At(SwappedAt + 1), 4096, allowHoles: false, UserfaultFillFlags.None, out _)));
        yield return Call("fork with swapped pages", static world => SwapOut(world, () => world.Map(SwappedAt, 4)),
            static world => world.First.Fork(out _), "ENOMEM None");
    }

    private static IEnumerable<FailureCase> Others()
    {
        yield return Call("guards", static world => world.Map(1020, 8), static world =>
            world.Memory.Advise(World.At(1022), World.Bytes(4), MemoryAdvice.GuardInstall));
        yield return Call("remap_file_pages", static world => world.MapFile(world.OpenFile("f", 8), 0, 8, type: MapFlags.Shared),
            static world =>
            {
                Errno error = world.Memory.RemapFilePages(World.At(2), 8192, new(5), MapFlags.None);
                bool isHole = !world.Memory.Areas.Snapshot().Any(static area => area.Range.Contains(World.At(2).Page));
                return error == Errno.EINVAL && isHole ? Errno.None : error;    // the first attempt has unmapped the old pages
            }, "ENOMEM None", changesAreas: true);
        yield return Call("fork with a pin", static world =>
        {
            world.Map(0, 4);
            world.Touch(1, 0x41);
            Pinned.Add(world, world.First.Pin(World.At(1), 4096, AccessKind.Write));
        }, static world =>
        {
            Errno error = world.First.Fork(out _);
            if (error == Errno.None && Pinned.TryGetValue(world, out PinnedMemory? pinned)) pinned.Dispose();
            return error;
        });
        yield return Call("take a snapshot of pinned pages", static world =>
        {
            world.Map(0, 4);
            world.Touch(1, 0x41);
            world.Touch(2, 0x42);
            Pinned.Add(world, world.First.Pin(World.At(1), 2 * 4096, AccessKind.Write));
        }, static world =>
        {
            bool isTaken = world.First.TryTakeSnapshot(out _, out Errno error);
            if (isTaken && Pinned.TryGetValue(world, out PinnedMemory? pinned)) pinned.Dispose();
            return error;
        });
        yield return Call("swapoff of pages that only a snapshot has", static world =>
        {
            World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
            world.Map(SwappedAt, 4);
            for (int page = 0; page < 4; page++) world.Touch(SwappedAt + page, (byte)(page + 1));
            World.Succeeds(world.Memory.Advise(World.At(SwappedAt), World.Bytes(4), MemoryAdvice.PageOut));
            world.First.TakeSnapshot();
            World.Succeeds(world.Memory.Advise(World.At(SwappedAt), World.Bytes(3), MemoryAdvice.DontNeed));
        }, static world => world.Engine.Swap.SwitchOff(world.Engine.Swap.Devices[0]));
        yield return Call("clear_refs in a snapshot", static world =>
        {
            world.Map(0, 4);
            world.Touch(1, 0x41);
            world.First.TakeSnapshot();
        }, static world => world.Memory.ClearReferences(ReferenceKind.SoftDirty));
        yield return new("read beyond the end of a file", static world =>
            world.MapFile(world.OpenFile("f", 2), 0, 4), static world =>
        {
            string kind = Access(world, 3, false);
            return kind is "BusError" ? "None" : kind;
        }, "OutOfMemory");
        yield return new("growth of a stack whose area is in a snapshot", static world =>
        {
            world.Map(600, 1, more: MapFlags.GrowsDown);
            world.First.TakeSnapshot();
        }, static world => Access(world, 599, true), "NotMapped OutOfMemory", ChangesAreas: true);
    }

    private static IEnumerable<FailureCase> Cached()
    {
        yield return new("read of a file on a disk", static world => world.OpenBacked(new(16 * 4096)), static world =>
            world.First.FileDescriptors.Read(3, 4096, new byte[2 * 4096], out int count) is var error && count == 2 * 4096
                ? "None" : error == Errno.None ? "fewer" : error.ToString(), "ENOMEM fewer None");
        yield return new("write to a file on a disk", static world => world.OpenBacked(new(16 * 4096)), static world =>
            world.First.FileDescriptors.Write(3, 4000, new byte[2 * 4096], out int count) is var error && count == 2 * 4096
                ? "None" : error == Errno.None ? "fewer" : error.ToString(), "ENOMEM fewer None");
        yield return Call("read ahead", static world => world.OpenBacked(new(16 * 4096)), static world =>
            world.First.FileDescriptors.Advise(3, 0, 4 * 4096, FileAdvice.WillNeed), "ENOMEM None");
        yield return new("write to a clean page of a shared file", static world =>
        {
            world.MapFile(world.OpenBacked(new(16 * 4096)), 0, 4, type: MapFlags.Shared);
        }, static world => Access(world, 1, true), "OutOfMemory None");
    }
}
