using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Costs;
using Paging.Costs.Prices;
using Paging.Native;
using Paging.Programs.Cores;
using Paging.Reports;
using static Paging.Fuzz.CrossingOperations;
using static Paging.Fuzz.CrossingWorld;

namespace Paging.Fuzz;

/// <summary>Everything that can be done beside a feature: processes, snapshots, those who observe, and the machine.</summary>
internal static class CrossingOperationsOfEngines
{
    /// <summary>Every such operation.</summary>
    public static IReadOnlyList<CrossingOperation> All { get; } = [.. Processes, .. Observers, .. Machine];

    private static CrossingOperation[] Processes =>
    [
        new("fork", static world =>
        {
            Accept(world.Process.Fork(out UserProcess? child));
            using (child)
            {
                world.CheckAll(child!, "the child");
                Write(child!, Own, 1);
                Write(child!, Copy + PageBytes, 1);
                Check(world.Process, Own, world.OwnModel[0], "the parent's page");
                world.WriteOwn(0);
                Check(child!, Own, 1, "the child's page");
                uint number = world.NextNumber();
                Write(child!, Shared + PageBytes, number);
                world.SharedModel[1] = number;
                child!.Exit(3);
            }
        }, "UserProcess.Fork", "UserProcess.Exit"),
        new("another process", static world =>
        {
            using UserProcess other = world.Engine.CreateProcess("other", new() { IsTopDown = true });
            other.Memory.MapFile(Place, world.RamFile, SharedPages * PageBytes);
            Check(other, Place, world.FileModel[0], "another process's page");
            Accept(other.ReplaceMemory("again", isTopDown: true, ProcessOptions.TopDownBase(8 << 20)));
            Require(!other.Memory.Mmu.TryRead(Place, out int _), "execve has left the old memory");
        }, "PagingEngine.CreateProcess", "UserProcess.ReplaceMemory", "ProcessOptions.TopDownBase", "PagingEngine.Owns"),
        new("a snapshot and back", static world =>
        {
            WorldPicture before = world.Picture();
            Snapshot snapshot = world.TakeSnapshot();
            using (snapshot)
            {
                world.WriteOwn(1);
                world.WriteLeaves();
                world.WriteCopy(1);
                Accept(world.Memory.Unmap(Own + (33 * PageBytes), PageBytes));
                Accept(snapshot.Restore());
                world.GoBack(before, withShared: false);
                world.WriteOwn(2);
            }
        }, "UserProcess.TakeSnapshot", "UserProcess.TryTakeSnapshot", "Snapshot.Restore"),
        new("an engine snapshot and back", static world =>
        {
            WorldPicture before = world.Picture();
            EngineSnapshot snapshot = world.TakeEngineSnapshot();
            using (snapshot)
            {
                world.WriteOwn(1);
                world.WriteLeaves();
                world.WriteShared(1);
                world.WriteFile(1);
                UserProcess later = world.Engine.CreateProcess("later");
                Accept(snapshot.Restore());
                world.GoBack(before, withShared: true);
                Require(later.HasExited, "a later process still runs");
            }
        }, "PagingEngine.TakeSnapshot", "PagingEngine.TryTakeSnapshot", "EngineSnapshot.Restore"),
        new("back to an open snapshot", static world => world.RestoreState()),
        new("protection beside a snapshot", static world =>
        {
            using Snapshot snapshot = world.TakeSnapshot();
            world.WriteOwn(1);
            PageCount written = snapshot.DirtyPages;
            using (world.Memory.OpenDirtyLog(WriteSources.Processor)) { }
            Accept(world.Memory.ClearReferences(ReferenceKind.All));
            Accept(world.Memory.ClearReferences(ReferenceKind.SoftDirty));
            Require(snapshot.DirtyPages == written, $"{snapshot.DirtyPages} pages instead of {written} were written");
        }, "Snapshot.DirtyPages"),
        new("a rewind of the process", static world => Rewound(world, world.Process.OpenRewind(), withShared: false),
            "UserProcess.OpenRewind", "Rewind.Record", "Rewind.Restore", "Rewind.TryFind"),
        new("a rewind of the engine", static world => Rewound(world, world.Engine.OpenRewind(), withShared: true),
            "PagingEngine.OpenRewind"),
        new("save and load", static world =>
        {
            Snapshot snapshot = world.TakeSnapshot();
            MemoryStream stream = new();
            using (snapshot) snapshot.Save(stream);
            stream.Position = 0;
            using UserProcess loaded = world.Engine.SavedProcesses.Load(stream, world.FindFile);
            world.CheckAll(loaded, "the loaded process", sharesFile: false);
            world.CheckLike(loaded, "the loaded process");
        }, "Snapshot.Save", "SavedProcesses.Load"),
        new("save and resume from a store", static world =>
        {
            Snapshot snapshot = world.TakeSnapshot();
            MemoryStream stream = new();
            using MemorySwapStore store = new(16 << 20, "saved");
            uint slot = 0;
            using (snapshot) snapshot.Save(stream, page => store.Write(slot++, page));
            stream.Position = 0;
            using UserProcess resumed =
                world.Engine.SavedProcesses.Resume(stream, store, out SwapDevice? device, world.FindFile);
            world.CheckAll(resumed, "the resumed process", sharesFile: false);
            world.CheckLike(resumed, "the resumed process");
            resumed.Dispose();
            Accept(world.Engine.Swap.SwitchOff(device!));
        }, "SavedProcesses.Resume", "SavedProcesses.ResumeNext", "SavedProcesses.OpenPages", "SavedProcesses.AdoptPages"),
        new("an image and a clone", static world =>
        {
            Snapshot snapshot = world.TakeSnapshot();
            ProcessImage image;
            using (snapshot) image = ProcessImage.Of(snapshot);
            using UserProcess clone = world.Engine.CloneProcess(image, world.FindFile);
            world.CheckAll(clone, "the clone", sharesFile: false);
            world.CheckLike(clone, "the clone");
            Write(clone, Own, 1);
        }, "ProcessImage.Of", "PagingEngine.CloneProcess", "ProcessImage.Compose"),
        new("an image in a file and a clone", static world =>
        {
            Snapshot snapshot = world.TakeSnapshot();
            ProcessImage image;
            using (snapshot) image = ProcessImage.Of(snapshot);
            ProcessImage opened = ImageFiles.SaveAndOpen(image.Save, ProcessImage.Open);
            using UserProcess clone = world.Engine.CloneProcess(opened, world.FindFile);
            world.CheckAll(clone, "the clone", sharesFile: false);
            world.CheckLike(clone, "the clone");
            Write(clone, Own, 1);
        }, "ProcessImage.Save", "ProcessImage.Open"),
        new("a delta of an image in a file and a clone", static world =>
        {
            ProcessImage parent;
            using (Snapshot before = world.TakeSnapshot()) parent = ProcessImage.Of(before);
            world.WriteOwn(5);
            Snapshot snapshot = world.TakeSnapshot();
            ProcessImage delta;
            using (snapshot) delta = ProcessImage.DeltaOf(snapshot, parent);
            ProcessImage opened = ImageFiles.SaveAndOpen(delta.Save, path => ProcessImage.Open(path, parent));
            using UserProcess clone = world.Engine.CloneProcess(opened, world.FindFile);
            world.CheckAll(clone, "the clone", sharesFile: false);
            world.CheckLike(clone, "the clone");
            ProcessImage all = ImageFiles.SaveAndOpen(opened.SaveWhole, ProcessImage.Open);
            using UserProcess whole = world.Engine.CloneProcess(all, world.FindFile);
            world.CheckAll(whole, "the clone of the whole image", sharesFile: false);
        }, "ProcessImage.DeltaOf", "ProcessImage.SaveWhole"),
        new("a delta of an engine in a file and clones", static world =>
        {
            EngineImage parent, delta;
            using (EngineSnapshot before = world.TakeEngineSnapshot()) parent = EngineImage.Of(before);
            world.WriteOwn(6);
            using (EngineSnapshot snapshot = world.TakeEngineSnapshot()) delta = EngineImage.DeltaOf(snapshot, parent);
            EngineImage opened = ImageFiles.SaveAndOpen(delta.Save, path => EngineImage.Open(path, parent));
            CheckEngine(world, world.Engine.CloneProcesses(opened, world.FindFile), "the clone");
            EngineImage whole = ImageFiles.SaveAndOpen(opened.SaveWhole, EngineImage.Open);
            CheckEngine(world, world.Engine.CloneProcesses(whole, world.FindFile), "the whole clone");
        }, "EngineImage.DeltaOf", "EngineImage.SaveWhole"),
        new("an image of an engine in a file and clones", static world =>
        {
            EngineSnapshot snapshot = world.TakeEngineSnapshot();
            EngineImage image;
            using (snapshot) image = EngineImage.Of(snapshot);
            EngineImage opened = ImageFiles.SaveAndOpen(image.Save, EngineImage.Open);
            CheckEngine(world, world.Engine.CloneProcesses(opened, world.FindFile), "the clone");
        }, "EngineImage.Save", "EngineImage.Open"),
        new("save and load an engine", static world =>
        {
            MemoryStream stream = new();
            SaveEngine(world, stream, pages: null);
            CheckEngine(world, world.Engine.SavedProcesses.LoadAll(stream, world.FindFile), "the loaded process");
        }, "EngineSnapshot.Save", "SavedProcesses.LoadAll"),
        new("save and resume an engine from a store", static world =>
        {
            MemoryStream stream = new();
            using MemorySwapStore store = new(16 << 20, "saved");
            uint slot = 0;
            SaveEngine(world, stream, page => store.Write(slot++, page));
            CheckEngine(world, world.Engine.SavedProcesses.ResumeAll(stream, store, out SwapDevice? device, world.FindFile),
                "the resumed process");
            Accept(world.Engine.Swap.SwitchOff(device!));
        }, "SavedProcesses.ResumeAll"),
        new("an image of an engine and clones", static world =>
        {
            EngineSnapshot snapshot = world.TakeEngineSnapshot();
            EngineImage image;
            using (snapshot) image = EngineImage.Of(snapshot);
            for (int clone = 0; clone < 2; clone++)
                CheckEngine(world, world.Engine.CloneProcesses(image, world.FindFile), "the clone");
        }, "EngineImage.Of", "PagingEngine.CloneProcesses"),
        new("a core file", static world =>
        {
            MemoryStream stream = new();
            CoreWriter.Write(world.Process, stream, new() { Contents = (CoreContents)0x7F });
            stream.Position = 0;
            using CoreFile core = CoreFile.Open(stream);
            byte[] word = new byte[4];
            for (uint page = 0; page < OwnPages; page++)
            {
                word.AsSpan().Clear();
                _ = core.Read(Own + (page * PageBytes), word);    // an area that was never touched is not in it (vma_dump_size)
                Require(BitConverter.ToUInt32(word) == world.OwnModel[page], $"the core file has another page {page}");
            }
        }, "CoreWriter.Write"),
        new("state of the host", static world =>
        {
            IHostState? old = world.Process.HostState;
            world.Process.HostState = null;
            world.Process.HostState = old;
        }, "UserProcess.HostState"),
    ];

    private static CrossingOperation[] Observers =>
    [
        new("a log", static world => UseLog(world, WriteSources.Mmu), "AddressSpace.OpenDirtyLog", "DirtyLog.CollectDirty",
            "DirtyLog.IsDirty"),
        new("a log for processors", static world => UseLog(world, WriteSources.Processor)),
        new("a log of frames", static world => UseFrameLog(world, WriteSources.Mmu), "PagingEngine.OpenDirtyLog",
            "FrameDirtyLog.CollectDirty", "FrameDirtyLog.IsDirty", "FrameDirtyLog.NoteWritten"),
        new("a log of frames for processors", static world => UseFrameLog(world, WriteSources.Processor)),
        new("collect the context's logs", static world =>
        {
            foreach (DirtyLog log in world.Opened<DirtyLog>()) log.CollectDirty();
            foreach (FrameDirtyLog log in world.Opened<FrameDirtyLog>()) log.CollectDirty();
            world.WriteOwn(4);
            foreach (DirtyLog log in world.Opened<DirtyLog>())
                Require(log.CollectDirty().Contains((Own + (4 * PageBytes)).Page), "a log has missed a page");
            foreach (FrameDirtyLog log in world.Opened<FrameDirtyLog>()) Require(log.Count != 0, "a log of frames has missed one");
        }),
        new("pin for reading", static world =>
        {
            VirtualAddress at = Own + (34 * PageBytes);
            Accept(world.Process.TryPin(at, PageBytes, AccessKind.Read, out PinnedMemory? pin, out MemoryFault fault), fault);
            using (pin)
            {
                world.WriteOwn(34);
                Require(BitConverter.ToUInt32(pin!.Parts[0].Span) == world.OwnModel[34], "a pin has lost its page");
            }
        }, "UserProcess.TryPin", "UserProcess.Pin"),
        new("pin for writing", static world =>
        {
            Accept(world.Process.TryPinForWriting(Own + (35 * PageBytes), PageBytes, out WritablePin? pin, out MemoryFault fault), fault);
            using (pin)
            {
                uint number = world.OwnModel[35] = world.NextNumber();
                Span<byte> bytes = pin!.WritableParts[0].Span;
                BitConverter.TryWriteBytes(bytes, number);
                BitConverter.TryWriteBytes(bytes[^4..], number);
            }
        }, "UserProcess.TryPinForWriting", "UserProcess.PinForWriting"),
        new("pin remotely", static world =>
        {
            using RemotePages pages = world.Process.PinRemotely(Own + (36 * PageBytes), PageBytes, isWritten: true, out MemoryFault fault);
            Accept(pages.ByteLength == PageBytes, fault);
            byte[] word = BitConverter.GetBytes(world.OwnModel[36]);
            Require(pages.Write(0, word) == 4 && pages.Read(0, word) == 4, "not all bytes go through");
            Require(BitConverter.ToUInt32(word) == world.OwnModel[36], "a remote page holds something else");
        }, "UserProcess.PinRemotely", "RemotePages.Read", "RemotePages.Write"),
        new("a flat view", static world =>
        {
            world.WriteOwn(37);
            using FlatView view = world.Process.OpenFlatView(new((Own + (37 * PageBytes)).Page, new(1)));
            Require(BitConverter.ToUInt32(view.Bytes(Own + (37 * PageBytes), 4)) == world.OwnModel[37], "the view shows something else");
            world.WriteOwn(37);
            view.Refresh();
            Require(BitConverter.ToUInt32(view.Bytes(Own + (37 * PageBytes), 4)) == world.OwnModel[37], "the view shows something old");
        }, "UserProcess.OpenFlatView", "FlatView.Refresh", "FlatView.Bytes", "FlatView.Pin"),
        new("a window of the host", static world =>
        {
            world.WriteOwn(37);
            using MemoryWindow window = world.Process.OpenWindow();
            VirtualAddress at = Own + (37 * PageBytes);
            for (int round = 0; round < 2; round++)
            {
                WindowOutcome outcome = window.Resolve(window.Start + (nint)at.Value, AccessKind.Read, out MemoryFault fault);
                Require(outcome != WindowOutcome.Refused, $"the window refuses: {fault}");
                Require(outcome != WindowOutcome.Shown
                    || (uint)Marshal.ReadInt32(window.Start + (nint)at.Value) == world.OwnModel[37], "the window shows something else");
                world.WriteOwn(37);
            }
        }, "UserProcess.OpenWindow", "MemoryWindow.Resolve"),
        new("a shadow", static world =>
        {
            ByteShadow shadow = world.Memory.OpenByteShadow();
            VirtualAddress at = Own + (38 * PageBytes) + 64;
            Accept(shadow.Mark(at, 4, ByteState.Unaddressable));
            Require(!world.Mmu.TryRead(at, out int _, out MemoryFault fault) && fault.Kind == MemoryFaultKind.Unaddressable,
                "a marked byte is read");
            Require(shadow.TryFind(at - 8, 64, alsoUninitialized: false, out VirtualAddress found) && found == at, "the mark is not found");
            Accept(shadow.Mark(at, 4, ByteState.Good));
            Accept(world.Mmu.TryRead(at, out int _, out fault), fault);
        }, "AddressSpace.OpenByteShadow", "ByteShadow.Mark", "ByteShadow.TryFind", "ByteShadow.Close"),
        new("a watchpoint", static world =>
        {
            int calls = 0;
            using (world.Mmu.Watch(Own + (39 * PageBytes), 4, WatchedAccesses.Write, _ => calls++)) world.WriteOwn(39);
            world.WriteOwn(39);
            Require(calls == 1, $"{calls} calls of a watchpoint");
        }, "Mmu.Watch"),
        new("a userfaultfd supplies a page", static world =>
        {
            Accept(world.Memory.Map(Place, 4 * PageBytes, MemoryProtection.ReadWrite, PrivateFixed, out _));
            using Userfaultfd opened = world.Memory.Userfaultfds.Open();
            Accept(opened.Register(Place, 4 * PageBytes, UserfaultModes.Missing));
            bool isRead = world.Mmu.TryRead(Place, out int _, out MemoryFault fault);
            Require(!isRead && fault.Kind == MemoryFaultKind.Pending, "it is not pending");
            Require(opened.TryRead(out UserfaultMessage message) && message.Address.Page == Place.Page, "there is no message");
            byte[] bytes = new byte[PageBytes];
            bytes[0] = 7;
            Accept(opened.Copy(Place, bytes, UserfaultFillFlags.None, out _));
            Require(world.Mmu.Read<byte>(Place) == 7, "another page was supplied");
            Accept(opened.ZeroPage(Place + PageBytes, PageBytes, UserfaultFillFlags.None, out _));
            Accept(opened.Unregister(Place, 4 * PageBytes));
            Accept(world.Memory.Unmap(Place, 4 * PageBytes));
        }, "MemoryUserfaultfds.Open", "Userfaultfd.Register", "Userfaultfd.Unregister", "Userfaultfd.Copy", "Userfaultfd.CheckCopy",
            "Userfaultfd.ZeroPage", "Userfaultfd.TryRead", "Userfaultfd.Wake", "Userfaultfd.Continue", "Userfaultfd.Poison",
            "Userfaultfd.BelongsTo", "MemoryUserfaultfds.GoOn", "MemoryUserfaultfds.TakePendingFill", "MemoryUserfaultfds.IsWaiting",
            "MemoryUserfaultfds.DropAccesses", "MemoryUserfaultfds.SetThread", "AddressSpace.TakePendingAccess"),
        new("a userfaultfd protects a page", static world =>
        {
            Accept(world.Memory.Map(Place, 4 * PageBytes, MemoryProtection.ReadWrite, PrivateFixed, out _));
            Write(world.Process, Place, 6);
            using Userfaultfd opened = world.Memory.Userfaultfds.Open(UserfaultFeatures.WriteProtection);
            Accept(opened.Register(Place, 4 * PageBytes, UserfaultModes.WriteProtect));
            Accept(opened.WriteProtect(Place, PageBytes, protect: true));
            Require(!world.Mmu.TryWrite(Place, 7, out MemoryFault fault) && fault.Kind == MemoryFaultKind.Pending, "it is not pending");
            Accept(opened.WriteProtect(Place, PageBytes, protect: false));
            Write(world.Process, Place, 8);
            Check(world.Process, Place, 8, "a page that was protected");
            Accept(world.Memory.Unmap(Place, 4 * PageBytes));
        }, "Userfaultfd.WriteProtect"),
        new("a userfaultfd moves a page", static world =>
        {
            Accept(world.Memory.Map(Place, 4 * PageBytes, MemoryProtection.ReadWrite, PrivateFixed, out _));
            Write(world.Process, Place + PageBytes, 6);
            using Userfaultfd opened = world.Memory.Userfaultfds.Open(UserfaultFeatures.Move);
            Accept(opened.Register(Place, PageBytes, UserfaultModes.Missing));
            Accept(opened.Move(Place, Place + PageBytes, PageBytes, allowHoles: false, UserfaultFillFlags.None, out _));
            Check(world.Process, Place, 6, "a moved page");
            Accept(world.Memory.Unmap(Place, 4 * PageBytes));
        }, "Userfaultfd.Move"),
        new("record events", static world =>
        {
            if (world.Opened<EventRecorder>().Any()) return;    // there is one
            using EventRecorder recorder = world.Engine.RecordEvents();
            Accept(world.Memory.Map(Place, PageBytes, MemoryProtection.ReadWrite, PrivateFixed, out _));
            Write(world.Process, Place, 6);
            Accept(world.Memory.Unmap(Place, PageBytes));
            Require(recorder.Count >= 2, $"{recorder.Count} events");
        }, "PagingEngine.RecordEvents", "EventRecorder.Drain"),
        new("a ledger", static world =>
        {
            CostLedger ledger = new(world.Engine, PriceList.Find("desktop-2009")!);
            world.WriteOwn(3);
            ledger.Observe(world.Process, Own + (3 * PageBytes), 4, AccessKind.Write);
            ledger.EndCall(world.Process);
            Require(ledger.AccountOf(world.Process).Total.Nanoseconds > 0, "an access costs nothing");
        }, "CostLedger.Observe", "CostLedger.ObserveRun", "CostLedger.EndCall", "CostLedger.AccountOf"),
        new("metrics", static world =>
        {
            using EngineMetrics metrics = new(world.Engine, "crossing operation");
            metrics.Publish();
        }, "EngineMetrics.Publish"),
    ];

    private static CrossingOperation[] Machine =>
    [
        new("swapoff and swapon", static world =>
        {
            SwapDevice device = world.Engine.Swap.Devices[^1];
            _ = world.Memory.Advise(Own, 8 * PageBytes, MemoryAdvice.PageOut);    // refused if it is locked
            Errno error = world.Engine.Swap.SwitchOff(device);
            if (error == Errno.None) error = world.Engine.Swap.SwitchOn(new MemorySwapStore(SwapBytes, "swap"), out _);
            Accept(error);
        }, "EngineSwap.SwitchOff", "EngineSwap.SwitchOn"),
        new("more memory than RAM has", static world =>
        {
            uint pages = (uint)world.Engine.Memory.Free.Value + 1024;    // reclaim meets what nobody uses, such as pages of snapshots
            Accept(world.Memory.Map(Place, pages * PageBytes, MemoryProtection.ReadWrite, PrivateFixed | MapFlags.NoReserve, out _));
            MemoryFault fault = default;
            for (uint page = 0; page < pages && !fault.IsFault; page++)
                _ = world.Mmu.TryWrite(Place + (page * PageBytes), page, out fault);
            Accept(world.Memory.Unmap(Place, pages * PageBytes));
            Accept(!fault.IsFault, fault);
        }),
        new("compaction", static world => world.Engine.Frames.Compact(), "EngineFrames.Compact"),
        new("background work", static world => world.Engine.RunBackground(64), "PagingEngine.RunBackground"),
        new("a group", static world =>
        {
            Accept(world.Engine.Groups.Create(new() { Name = "one", Limit = new(64) }, out MemoryGroup? group));
            using (UserProcess other = world.Engine.CreateProcess("grouped", new() { Group = group }))
            {
                other.Memory.MapAnonymous(Place, 128 * PageBytes);
                for (uint page = 0; page < 128; page++) Write(other, Place + (page * PageBytes), page + 1);
                for (uint page = 0; page < 128; page++) Check(other, Place + (page * PageBytes), page + 1, $"page {page} of a group");
                Accept(group!.SetLimit(new(128)));
            }

            Accept(world.Engine.Groups.Remove(group));
        }, "EngineGroups.Create", "EngineGroups.Remove", "MemoryGroup.SetLimit"),
        new("a process of Windows, logged, pinned and marked", WindowsNeighbour.UseFeatures, "WindowsMachine.CreateProcess",
            "VirtualMemory.VirtualAlloc"),
        new("save and load a process of Windows", WindowsNeighbour.SaveAndLoad, "WindowsMachine.Save", "WindowsMachine.Load"),
    ];

    private static void Rewound(CrossingWorld world, Rewind opened, bool withShared)
    {
        using Rewind rewind = opened;
        WorldPicture before = world.Picture();
        Accept(rewind.Record());
        world.WriteOwn(1);
        world.WriteCopy(1);
        if (withShared) world.WriteShared(1);
        if (withShared) world.WriteFile(1);
        WorldPicture between = world.Picture();
        Accept(rewind.Record());
        world.WriteOwn(3);
        Require(rewind.TryFind(0, out RewindState? first), "the first state is gone");
        Accept(rewind.Restore(first!));
        world.GoBack(before, withShared);
        world.CheckAll(world.Process, "the first state", sharesFile: true);
        Accept(rewind.Restore(rewind.Next!));
        world.GoBack(between, withShared);
    }

    private static void SaveEngine(CrossingWorld world, MemoryStream stream, Action<ReadOnlySpan<byte>>? pages)
    {
        EngineSnapshot snapshot = world.TakeEngineSnapshot();
        using (snapshot) snapshot.Save(stream, pages);
        stream.Position = 0;
    }

    /// <summary>Checks the process that was made of the world's, and ends all that were made.</summary>
    private static void CheckEngine(CrossingWorld world, IReadOnlyList<UserProcess> made, string what)
    {
        try
        {
            int place = world.Engine.Processes.Where(process => !made.Contains(process) && process.Space.Foreign is null)    // not Windows'
                .OrderBy(static process => process.Id).TakeWhile(process => process != world.Process).Count();
            UserProcess one = made[place];
            world.CheckAll(one, what, sharesFile: false);
            world.CheckLike(one, what);
            Write(one, Own, 1);
        }
        finally
        {
            foreach (UserProcess process in made) process.Dispose();
        }
    }

    private static void UseLog(CrossingWorld world, WriteSources sources)
    {
        using DirtyLog log = world.Memory.OpenDirtyLog(sources);
        world.WriteOwn(4);
        world.WriteShared(4);
        world.WriteCopy(4);
        PageNumber[] pages = [.. log.CollectDirty().ToArray().Order()];
        PageCount fourth = new(4);
        PageNumber[] written = [Own.Page + fourth, Shared.Page + fourth, Copy.Page + fourth];
        Require(pages.AsSpan().SequenceEqual(written), $"the log has {pages.Length} pages");
        world.WriteOwn(4);
        Require(log.Count == 1, "a second store is missed");
    }

    private static void UseFrameLog(CrossingWorld world, WriteSources sources)
    {
        world.WriteOwn(4);
        using FrameDirtyLog log = world.Engine.OpenDirtyLog(sources);
        world.WriteOwn(4);
        VirtualAddress page = Own + (4 * PageBytes);
        Accept(world.Mmu.TryTranslateAsSupervisor(page, AccessKind.Read, out PhysicalAddress at, out MemoryFault fault), fault);
        Require(log.CollectDirty().Contains(at.Frame), "the log has missed a frame");
    }
}
