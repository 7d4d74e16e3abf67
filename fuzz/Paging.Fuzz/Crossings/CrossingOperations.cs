using Paging.Core;
using Paging.Native;
using static Paging.Fuzz.CrossingWorld;

namespace Paging.Fuzz;

/// <summary>Everything that can be done beside a feature: the accesses and calls of a program.</summary>
internal static class CrossingOperations
{
    internal const MapFlags PrivateFixed = MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed;
    internal const uint Line = 2 << 20;

    /// <summary>Where operations map what they give back.</summary>
    internal static readonly VirtualAddress Place = new(0x5000_0000), Elsewhere = new(0x5400_0000);

    /// <summary>Every operation.</summary>
    public static IReadOnlyList<CrossingOperation> All { get; } =
        [.. Accesses, .. Areas, .. Advices, .. CrossingOperationsOfFiles.All, .. CrossingOperationsOfEngines.All];

    private static CrossingOperation[] Accesses =>
    [
        new("write private memory", static world =>
        {
            for (int page = 0; page < OwnPages; page += 5) world.WriteOwn(page);
        }, "Mmu.TryWrite"),
        new("write huge pages", static world => world.WriteLeaves()),
        new("write shared memory", static world => { for (int page = 0; page < SharedPages; page += 3) world.WriteShared(page); }),
        new("write a mapped file", static world => { for (int page = 0; page < SharedPages; page += 3) world.WriteFile(page); }),
        new("write a private view", static world => world.WriteCopy(3)),
        new("copy in and out", static world =>
        {
            byte[] bytes = new byte[(int)PageBytes + 8], back = new byte[bytes.Length];
            uint number = world.NextNumber();
            BitConverter.TryWriteBytes(bytes.AsSpan(4), number);
            BitConverter.TryWriteBytes(bytes.AsSpan(bytes.Length - 4), number);
            world.WriteOwn(11);    // the copy begins with the last word of page 10 and ends with the first of page 12
            int copied = world.Mmu.CopyIn(Own + (11 * PageBytes) - 4, bytes, out MemoryFault fault);
            Accept(copied == bytes.Length, fault);
            Require(world.Mmu.CopyOut(Own + (11 * PageBytes) - 4, back, out fault) == back.Length && back.AsSpan().SequenceEqual(bytes),
                "other bytes come back");
            for (int page = 10; page <= 12; page++) world.WriteOwn(page);
        }, "Mmu.CopyIn", "Mmu.CopyOut"),
        new("fill", static world =>
        {
            Accept(world.Mmu.Fill(Own + (13 * PageBytes), 2 * PageBytes, 0x5A, out MemoryFault fault) == 2 * PageBytes, fault);
            Check(world.Process, Own + (14 * PageBytes), 0x5A5A_5A5A, "a filled page");
            world.WriteOwn(13);
            world.WriteOwn(14);
        }, "Mmu.Fill"),
        new("atomic accesses", static world =>
        {
            VirtualAddress at = Own + (15 * PageBytes);
            uint before = world.OwnModel[15];
            Accept(world.Mmu.TryAdd(at, 1u, out uint sum, out MemoryFault fault), fault);
            Require(sum == before + 1, "another sum");
            Accept(world.Mmu.TryExchange(at, 9u, out uint old, out fault), fault);
            Require(old == before + 1, "another value was exchanged");
            Accept(world.Mmu.TryCompareExchange(at, before, 9u, out old, out fault), fault);
            Require(old == 9, "another value was compared");
        }, "Mmu.TryAdd", "Mmu.TryExchange", "Mmu.TryCompareExchange", "Mmu.Add", "Mmu.Exchange", "Mmu.CompareExchange", "Mmu.Fence"),
        new("spans", static world =>
        {
            Accept(world.Mmu.TryGetWritableSpan(Own + (16 * PageBytes), 4, out Span<byte> span, out MemoryFault fault), fault);
            BitConverter.TryWriteBytes(span, world.OwnModel[16]);
            Accept(world.Mmu.TryGetSpan(Own + (17 * PageBytes), 4, AccessKind.Read, out ReadOnlySpan<byte> read, out fault), fault);
            Require(BitConverter.ToUInt32(read) == world.OwnModel[17], "a span shows something else");
        }, "Mmu.TryGetSpan", "Mmu.TryGetWritableSpan"),
        new("accesses of a kernel", static world =>
        {
            Accept(world.Mmu.TryReadAsSupervisor(Own + PageBytes, out uint value, out MemoryFault fault), fault);
            Require(value == world.OwnModel[1], "the kernel reads something else");
            Accept(world.Mmu.TryWriteAsSupervisor(Own + PageBytes, value, out fault), fault);
            Accept(world.Mmu.TryTranslateAsSupervisor(Own + PageBytes, AccessKind.Write, out PhysicalAddress at, out fault), fault);
            Require(BitConverter.ToUInt32(world.Engine.Ram.Bytes(at, 4)) == value, "the frame holds something else");
        }, "Mmu.TryReadAsSupervisor", "Mmu.TryWriteAsSupervisor", "Mmu.TryTranslateAsSupervisor"),
        new("fetch", static world =>
        {
            Accept(world.Memory.Map(Place, PageBytes, MemoryProtection.All, PrivateFixed, out _));
            Write(world.Process, Place, 0x90);
            Accept(world.Mmu.TryFetch(Place, out uint code, out MemoryFault fault), fault);
            Require(code == 0x90 && new FetchWindow(world.Mmu).TryFetch(Place, out code, out fault) && code == 0x90, "other code");
            Accept(world.Memory.Unmap(Place, PageBytes));
        }, "Mmu.TryFetch", "FetchWindow.TryFetch", "FetchWindow..ctor"),
        new("a processor's page fault", static world =>
        {
            VirtualAddress at = Own + (40 * PageBytes);
            const PageFaultErrorCode write = PageFaultErrorCode.Write | PageFaultErrorCode.User;
            MemoryFault fault = world.Mmu.ResolveFault(at, write);
            Accept(!fault.IsFault, fault);
            Require(Walker.Peek(world.Engine.Ram, world.Engine.Options.Tables, world.Memory.PrepareWalk(), at.Page).Succeeded, "no entry");
            world.WriteOwn(40);
            bool isReported = world.Mmu.TryFindReported(at.Page, out PageNumber reported);
            Require(!isReported || reported >= at.Page, "an earlier page");
        }, "Mmu.ResolveFault", "AddressSpace.PrepareWalk", "Mmu.TryFindReported"),
        new("touch", static world =>
        {
            Accept(world.Memory.Touch(Own + (41 * PageBytes), AccessKind.Write, out _, out MemoryFault fault), fault);
            Require(world.Memory.HasOwnPage((Own + (41 * PageBytes)).Page), "the page is not there");
        }, "AddressSpace.Touch", "AddressSpace.HasOwnPage"),
        new("a stream", static world =>
        {
            using Stream stream = world.Memory.OpenStream(Own + (18 * PageBytes), PageBytes);
            byte[] word = new byte[4];
            stream.ReadExactly(word);
            Require(BitConverter.ToUInt32(word) == world.OwnModel[18], "the stream shows something else");
        }, "AddressSpace.OpenStream"),
        new("remote accesses", static world =>
        {
            byte[] word = new byte[4];
            Require(world.Memory.Remote.Read(Own + (19 * PageBytes), word) == 4, "nothing is read");
            Require(BitConverter.ToUInt32(word) == world.OwnModel[19], "another process reads something else");
            Require(world.Memory.Remote.Write(Own + (19 * PageBytes), word) == 4, "nothing is written");
        }, "RemoteAccess.Read", "RemoteAccess.Write"),
    ];

    private static CrossingOperation[] Areas =>
    [
        new("map, write and unmap", static world =>
        {
            Accept(world.Memory.Map(Place, 8 * PageBytes, MemoryProtection.ReadWrite, PrivateFixed, out _));
            Write(world.Process, Place + PageBytes, 7);
            Accept(world.Memory.Unmap(Place + (2 * PageBytes), PageBytes));
            Require(!world.Mmu.TryRead(Place + (2 * PageBytes), out int _), "an unmapped page can be read");
            Check(world.Process, Place + PageBytes, 7, "a mapped page");
            Accept(world.Memory.Unmap(Place, 8 * PageBytes));
            VirtualAddress chosen = world.Memory.MapAnonymous(PageBytes);
            Accept(world.Memory.Unmap(chosen, PageBytes));
        }, "AddressSpace.Map", "AddressSpace.Unmap", "AddressSpace.MapAnonymous"),
        new("map over", static world =>
        {
            Accept(world.Memory.Map(Own + (20 * PageBytes), 2 * PageBytes, MemoryProtection.ReadWrite, PrivateFixed, out _));
            world.OwnModel[20] = world.OwnModel[21] = 0;
        }),
        new("protect", static world =>
        {
            Accept(world.Memory.Protect(Own + (22 * PageBytes), PageBytes, MemoryProtection.Read));
            Require(!world.Mmu.TryWrite(Own + (22 * PageBytes), 1), "a read-only page is written");
            Accept(world.Memory.Protect(Own + (22 * PageBytes), PageBytes, MemoryProtection.ReadWrite));
            world.WriteOwn(22);
        }, "AddressSpace.Protect"),
        new("move", static world =>
        {
            Accept(world.Memory.Map(Place, 4 * PageBytes, MemoryProtection.ReadWrite, PrivateFixed, out _));
            Write(world.Process, Place, 7);
            Accept(world.Memory.Remap(Place, 4 * PageBytes, 4 * PageBytes, RemapFlags.MayMove | RemapFlags.Fixed, Elsewhere, out _));
            Check(world.Process, Elsewhere, 7, "a moved page");
            Accept(world.Memory.Remap(Elsewhere, 4 * PageBytes, 8 * PageBytes, RemapFlags.MayMove, out VirtualAddress at));
            Check(world.Process, at, 7, "a page of a grown area");
            Accept(world.Memory.Unmap(at, 8 * PageBytes));
        }, "AddressSpace.Remap"),
        new("move and come back", static world =>
        {
            const RemapFlags flags = RemapFlags.MayMove | RemapFlags.Fixed;
            Accept(world.Memory.Remap(Own + (24 * PageBytes), 2 * PageBytes, 2 * PageBytes, flags, Place, out _));
            Check(world.Process, Place, world.OwnModel[24], "a page that has moved");
            Accept(world.Memory.Remap(Place, 2 * PageBytes, 2 * PageBytes, flags, Own + (24 * PageBytes), out _));
        }),
        new("move pages and leave the area", static world =>
        {
            const RemapFlags flags = RemapFlags.MayMove | RemapFlags.DontUnmap;
            Accept(world.Memory.Remap(Own + (26 * PageBytes), PageBytes, PageBytes, flags, out VirtualAddress at));
            Check(world.Process, at, world.OwnModel[26], "a page that has left its area");
            world.OwnModel[26] = 0;
            Accept(world.Memory.Unmap(at, PageBytes));
        }),
        new("reorder pages of a file", static world =>
        {
            Accept(world.Memory.RemapFilePages(Mapped + PageBytes, PageBytes, new(5), MapFlags.None));
            Check(world.Process, Mapped + PageBytes, world.FileModel[5], "a page in another place");
            Accept(world.Memory.RemapFilePages(Mapped + PageBytes, PageBytes, new(1), MapFlags.None));
        }, "AddressSpace.RemapFilePages"),
        new("grow the heap", static world =>
        {
            VirtualAddress old = world.Memory.Break;
            world.Memory.SetBreak(old + 0x3000);
            if (world.Memory.Break == old) throw new CrossingRefusal("ENOMEM");
            world.Memory.SetBreak(old);
        }, "AddressSpace.SetBreak"),
        new("a growing stack", static world =>
        {
            Accept(world.Memory.Map(Place, PageBytes, MemoryProtection.ReadWrite, PrivateFixed | MapFlags.GrowsDown, out _));
            Write(world.Process, Place - PageBytes, 3);
            Accept(world.Memory.Unmap(Place - PageBytes, 2 * PageBytes));
        }),
        new("seal", static world =>
        {
            VirtualAddress at = world.Memory.MapAnonymous(PageBytes);
            Accept(world.Memory.Seal(at, PageBytes));
            Require(world.Memory.Unmap(at, PageBytes) == Errno.EPERM, "a sealed page is unmapped");
        }, "AddressSpace.Seal"),
        new("reserve", static world =>
        {
            Accept(world.Memory.FindRoom(new(4), out PageNumber first));
            Accept(world.Memory.Reserve(new(first, new(4))));
        }, "AddressSpace.Reserve", "AddressSpace.FindRoom", "MemoryAreas.CheckMap"),
        new("lock and unlock", static world =>
        {
            Accept(world.Memory.Lock(Own + (27 * PageBytes), 2 * PageBytes));
            Accept(world.Memory.Unlock(Own + (27 * PageBytes), 2 * PageBytes));
        }, "AddressSpace.Lock", "AddressSpace.Unlock", "AddressSpace.LockAll", "AddressSpace.UnlockAll"),
        new("limits", static world =>
        {
            ulong old = world.Memory.GetLimit(ResourceLimit.AddressSpace);
            world.Memory.SetLimit(ResourceLimit.AddressSpace, world.Memory.Usage.Total.Bytes);
            Require(world.Memory.Map(Place, PageBytes, MemoryProtection.Read, PrivateFixed, out _) == Errno.ENOMEM, "the limit is passed");
            world.Memory.SetLimit(ResourceLimit.AddressSpace, old);
        }, "AddressSpace.SetLimit", "AddressSpace.GetLimit", "AddressSpace.SetProgram"),
    ];

    private static CrossingOperation[] Advices =>
    [
        new("forget pages", static world =>
        {
            Accept(world.Memory.Advise(Own + (28 * PageBytes), 2 * PageBytes, MemoryAdvice.DontNeedLocked));
            world.OwnModel[28] = world.OwnModel[29] = 0;
        }, "AddressSpace.Advise"),
        new("free pages when memory is short", static world =>
        {
            Accept(world.Memory.Map(Place, 2 * PageBytes, MemoryProtection.ReadWrite, PrivateFixed, out _));
            Write(world.Process, Place, 7);
            Accept(world.Memory.Advise(Place, 2 * PageBytes, MemoryAdvice.Free));
            Write(world.Process, Place, 8);
            Check(world.Process, Place, 8, "a page that was written again");
            Accept(world.Memory.Unmap(Place, 2 * PageBytes));
        }),
        new("page out", static world => Accept(world.Memory.Advise(Own, 32 * PageBytes, MemoryAdvice.PageOut))),
        new("page out shared memory", static world => Accept(world.Memory.Advise(Shared, SharedPages * PageBytes, MemoryAdvice.PageOut))),
        new("make cold", static world => Accept(world.Memory.Advise(Own, 32 * PageBytes, MemoryAdvice.Cold))),
        new("read ahead", static world => Accept(world.Memory.Advise(Mapped, SharedPages * PageBytes, MemoryAdvice.WillNeed))),
        new("populate", static world =>
        {
            Accept(world.Memory.Advise(Own + (32 * PageBytes), 8 * PageBytes, MemoryAdvice.PopulateRead));
            Accept(world.Memory.Advise(Own + (32 * PageBytes), 8 * PageBytes, MemoryAdvice.PopulateWrite));
        }),
        new("remove shared pages", static world =>
        {
            Accept(world.Memory.Advise(Shared + (2 * PageBytes), PageBytes, MemoryAdvice.Remove));
            world.SharedModel[2] = 0;
        }),
        new("guard pages", static world =>
        {
            Accept(world.Memory.Map(Place, 4 * PageBytes, MemoryProtection.ReadWrite, PrivateFixed, out _));
            Accept(world.Memory.Advise(Place, PageBytes, MemoryAdvice.GuardInstall));
            Require(!world.Mmu.TryRead(Place, out int _), "a guard page is read");
            Accept(world.Memory.Advise(Place, PageBytes, MemoryAdvice.GuardRemove));
            Check(world.Process, Place, 0, "a page that was guarded");
            Accept(world.Memory.Unmap(Place, 4 * PageBytes));
        }),
        new("a transparent huge page", static world =>
        {
            Accept(world.Memory.Map(Place, 2 * Line, MemoryProtection.ReadWrite, PrivateFixed, out _));
            Accept(world.Memory.Advise(Place, 2 * Line, MemoryAdvice.HugePage));
            Write(world.Process, Place + 0x5000, 7);
            bool isHuge = world.Memory.HugePages.LineAt(Place.Page) == HugeLine.HugePrivate;
            Check(world.Process, Place + 0x5000, 7, "a huge page");
            Check(world.Process, Place + 0x6000, 0, "a huge page");
            Accept(world.Memory.Unmap(Place, 2 * Line));
            if (!isHuge) throw new CrossingRefusal("small pages");
        }, "MemoryHugePages.LineAt", "MemoryHugePages.SetPolicy"),
        new("collapse", static world =>
        {
            Accept(world.Memory.Map(Place, 2 * Line, MemoryProtection.ReadWrite, PrivateFixed, out _));
            Write(world.Process, Place + 0x5000, 7);
            Errno error = world.Memory.Advise(Place, (uint)world.Engine.HugePages.PageBytes, MemoryAdvice.Collapse);
            Check(world.Process, Place + 0x5000, 7, "a collapsed page");
            Accept(world.Memory.Unmap(Place, 2 * Line));
            Accept(error);
        }),
        new("a page of the pool", static world =>
        {
            if (world.Engine.HugePages.Counters.PoolFree == 0) return;    // a context has it, or there is none in these tables
            Accept(world.Memory.Map(Place, Line, MemoryProtection.ReadWrite, PrivateFixed | MapFlags.HugeTlb, out _));
            Write(world.Process, Place + 0x5000, 7);
            Check(world.Process, Place + 0x5000, 7, "a page of the pool");
            Accept(world.Memory.Unmap(Place, Line));
        }, "EngineHugePages.Resize"),
        new("clear_refs", static world =>
        {
            Accept(world.Memory.ClearReferences(ReferenceKind.All));
            Accept(world.Memory.ClearReferences(ReferenceKind.SoftDirty));
            world.WriteOwn(1);
            Require(world.Memory.ReadPagemap((Own + PageBytes).Page).IsSoftDirty, "a written page is not soft-dirty");
            PagemapWord other = world.Memory.ReadPagemap((Own + (2 * PageBytes)).Page);
            Require(!other.IsSoftDirty || other.IsSwapped, "another page is soft-dirty");    // a swap entry counts as written
        }, "AddressSpace.ClearReferences", "AddressSpace.ReadPagemap"),
        new("scan pages", static world =>
        {
            PageScanRequest request = new(new(Own.Page, new(32)), PageCategories.None, PageCategories.None, PageCategories.None,
                PageCategories.Present | PageCategories.Swapped);
            Accept(world.Memory.ScanPages(request, new PageRegion[64], out _, out PageCount pages, out PageNumber end));
            Require(end == Own.Page + new PageCount(32) && pages.Value >= 24, $"{pages} pages");
        }, "AddressSpace.ScanPages"),
        new("who is in core", static world => Accept(world.Memory.InCore(Own, OwnPages * PageBytes, new byte[OwnPages])),
            "AddressSpace.InCore"),
        new("synchronize", static world => Accept(world.Memory.Synchronize(Mapped, SharedPages * PageBytes, SyncFlags.Sync)),
            "AddressSpace.Synchronize", "AddressSpace.WriteBack"),
        new("reports", static world =>
        {
            Require(world.Memory.Areas.Snapshot().Count <= world.Memory.Areas.Count, "two counts of areas");    // not reserved ones
            world.WriteOwn(1);    // a policy may have evicted every page
            Require(world.Memory.Footprint.Resident >= PageBytes && world.Memory.Usage.Resident.Value > 0, "nothing is resident");
            Require(world.Memory.Areas.Find(Own.Page) is not null && world.Memory.Areas.IsMappedWithin(new(Own.Page, new(1))), "no area");
            _ = (world.Engine.Memory, world.Engine.Frames.CountZones(), world.Memory.Areas.SnapshotTree());
        }, "MemoryAreas.Snapshot", "MemoryAreas.SnapshotTree", "MemoryAreas.Find", "MemoryAreas.FootprintAt", "MemoryAreas.IsMappedWithin",
            "MemoryAreas.TryIdentify", "EngineFrames.CountOf", "EngineFrames.CountZones", "EngineFrames.Describe",
            "MemoryHugePages.FootprintAt",
            "MemoryHugePages.CountTablesOf64Bits", "PagingEngine.Audit", "PagingEngine.FindLeaks"),
    ];
}
