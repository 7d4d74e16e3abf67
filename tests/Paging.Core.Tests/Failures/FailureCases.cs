using Paging.Native;

namespace Paging.Core.Tests;

/// <summary>The operations that allocate something: a record, a frame, a table, a link.</summary>
internal static class FailureCases
{
    private const MemoryProtection Write = MemoryProtection.ReadWrite;
    private const RemapFlags ToPlace = RemapFlags.MayMove | RemapFlags.Fixed;

    public static IReadOnlyList<FailureCase> All { get; } =
        [.. Maps(), .. Cuts(), .. Moves(), .. Fills(), .. Faults(), .. Files(), .. Processes()];

    // Pages 0 to 9, each written; of one history.
    private static void Ten(World world)
    {
        world.Map(0, 10);
        for (int page = 0; page < 10; page++) world.Touch(page, (byte)(0x40 + page));
    }

    private static void TenWithAChild(World world)
    {
        Ten(world);
        world.First.Fork().Fork();
    }

    private static void TenAndASnapshot(World world)
    {
        Ten(world);
        world.First.TakeSnapshot();
    }

    private static Snapshot SnapshotOf(World world, int index) => world.First.SnapshotAt(world.First.Snapshots!.Nodes[index])!;

    private static FailureCase Call(string name, Action<World> prepare, Func<World, Errno> act, string failures,
        bool changesAreas = false) =>
        new(name, prepare, world => act(world).ToString(), failures, changesAreas);

    private static FailureCase Access(string name, Action<World> prepare, Func<World, MemoryFault> act, string failures = "OutOfMemory",
        bool changesAreas = false) =>
        new(name, prepare, world => act(world).Kind.ToString(), failures, changesAreas);

    private static Errno Map(World world, int page, int count, MapFlags flags, MemoryProtection protection = Write) =>
        world.Memory.Map(World.At(page), World.Bytes(count), protection, flags, out _);

    private static IEnumerable<FailureCase> Maps()
    {
        yield return Call("map private", static world => world.Map(8, 1, MemoryProtection.Read), static world =>
            Map(world, 0, 2, World.PrivateFixed), "ENOMEM");
        yield return Call("map shared anonymous", Ten, static world => Map(world, 20, 2, World.SharedFixed), "ENOMEM");
        yield return Call("map over the middle of an area", Ten, static world =>
            Map(world, 3, 2, World.PrivateFixed, MemoryProtection.Read), "ENOMEM", changesAreas: true);
        yield return Call("map over the middle of a child's area", TenWithAChild, static world =>
            Map(world, 3, 2, World.SharedFixed), "ENOMEM", changesAreas: true);
        yield return Call("map between two histories", static world =>
        {
            world.Map(0, 2);
            world.Map(6, 2);
            world.Touch(0, 0x40);
            world.Touch(6, 0x46);
            world.Map(10, 2, MemoryProtection.Read);
        }, static world => Map(world, 12, 2, World.PrivateFixed), "ENOMEM");
        yield return Call("map that joins both and takes a history over", static world =>
        {
            world.Map(0, 2);
            world.Map(4, 2);
            world.Touch(4, 0x44);
            world.Map(10, 1, MemoryProtection.Read);
        }, static world => Map(world, 2, 2, World.PrivateFixed), "ENOMEM None");    // it stays itself instead
        yield return Call("map a file", static world => world.OpenFile("f", 4),
            static world => world.Memory.Map(World.At(0), 8192, Write, MapFlags.Private | MapFlags.Fixed, 3, 0, out _), "ENOMEM");
        yield return Call("break", Ten, static world =>
        {
            VirtualAddress wanted = new(0x0804_C000);
            return world.Memory.SetBreak(wanted) == wanted ? Errno.None : Errno.ENOMEM;
        }, "ENOMEM");
        yield return Call("reserve", Ten, static world =>
        {
            Errno error = world.Memory.Reserve(new(World.At(20).Page, new(2)));
            return error == Errno.EEXIST ? Errno.None : error;
        }, "ENOMEM");
    }

    private static IEnumerable<FailureCase> Cuts()
    {
        foreach ((string who, Action<World> prepare) in new (string, Action<World>)[] { ("an area", Ten),
            ("a forked area", TenWithAChild) })
        {
            yield return Call($"unmap the middle of {who}", prepare, static world =>
                world.Memory.Unmap(World.At(3), 8192), "ENOMEM", changesAreas: true);
            yield return Call($"protect the middle of {who}", prepare, static world =>
                world.Memory.Protect(World.At(3), 8192, MemoryProtection.Read), "ENOMEM", changesAreas: true);
            yield return Call($"advise the middle of {who}", prepare, static world =>
                world.Memory.Advise(World.At(3), 8192, MemoryAdvice.DontFork), "EAGAIN", changesAreas: true);
            yield return Call($"lock the middle of {who}", prepare, static world =>
                world.Memory.Lock(World.At(3), 8192), "ENOMEM EAGAIN", changesAreas: true);
        }

        yield return Call("protect that joins and takes a history over", static world =>
        {
            world.Map(0, 2);
            world.Map(2, 2, MemoryProtection.None);
            World.Succeeds(world.Memory.Protect(World.At(2), 8192, MemoryProtection.Execute));
            world.Map(4, 2);
            world.Touch(4, 0x44);
        }, static world => world.Memory.Protect(World.At(0), World.Bytes(4), MemoryProtection.ReadWrite), "ENOMEM", changesAreas: true);
        yield return Call("unmap what two areas begin and end", static world =>
        {
            Ten(world);
            world.MapShared(12, 4);
        }, static world => world.Memory.Unmap(World.At(5), World.Bytes(9)), "ENOMEM", changesAreas: true);
    }

    private static IEnumerable<FailureCase> Moves()
    {
        yield return Call("move to another table", Ten, static world =>
            Retried(world, 5000, world.Memory.Remap(World.At(0), World.Bytes(10), World.Bytes(10), ToPlace, World.At(5000), out _)),
            "ENOMEM");
        // Linux: without a record for the cut the old area stays, empty
        yield return Call("move a part", Ten, static world =>
            Retried(world, 5000, world.Memory.Remap(World.At(2), World.Bytes(3), World.Bytes(3), ToPlace, World.At(5000), out _)),
            "ENOMEM None", changesAreas: true);
        yield return Call("move a child's area and grow it", TenWithAChild, static world =>
            Retried(world, 5000, world.Memory.Remap(World.At(0), World.Bytes(10), World.Bytes(20), ToPlace, World.At(5000), out _)),
            "ENOMEM");
        yield return Call("move and leave", Ten, static world =>
            world.Memory.Remap(World.At(2), World.Bytes(3), World.Bytes(3), RemapFlags.MayMove | RemapFlags.DontUnmap, World.At(5000),
            out _), "ENOMEM");
        yield return Call("move across the borders of tables", static world =>
        {
            world.Map(1020, 8);
            for (int page = 1020; page < 1028; page++) world.Touch(page, 7);
        }, static world =>
            Retried(world, 5110, world.Memory.Remap(World.At(1020), World.Bytes(8), World.Bytes(8), ToPlace, World.At(5110), out _)),
            "ENOMEM");
        yield return Call("map shared memory again", static world =>
        {
            world.MapShared(0, 4);
            world.Touch(1);
        }, static world => world.Memory.Remap(World.At(0), 0, 8192, RemapFlags.MayMove, out _), "ENOMEM");
        yield return Call("grow in place and take a history over", static world =>
        {
            world.Map(0, 2);
            world.Map(4, 2);
            world.Touch(4, 0x44);
        }, static world => world.Memory.Remap(World.At(0), 8192, 16384, RemapFlags.None, out _), "ENOMEM");
    }

    /// <summary>A move that has been made cannot be made again.</summary>
    private static Errno Retried(World world, int target, Errno error) =>
        error == Errno.EFAULT && world.Memory.Areas.Snapshot().Any(area => area.Range.Contains(World.At(target).Page)) ? Errno.None : error;

    private static IEnumerable<FailureCase> Fills()
    {
        yield return Call("map and populate", static _ => { }, static world =>
            Map(world, 1022, 4, World.PrivateFixed | MapFlags.Populate), "ENOMEM None", changesAreas: true);
        yield return Call("map locked", static _ => { }, static world =>
            Map(world, 0, 4, World.PrivateFixed | MapFlags.Locked), "ENOMEM None", changesAreas: true);
        yield return Call("populate for writing", static world => world.Map(1022, 4), static world =>
            world.Memory.Advise(World.At(1022), World.Bytes(4), MemoryAdvice.PopulateWrite), "ENOMEM");
        yield return Call("populate for reading", static world => world.Map(1022, 4), static world =>
            world.Memory.Advise(World.At(1022), World.Bytes(4), MemoryAdvice.PopulateRead), "ENOMEM");
        yield return Call("lock and fill", static world => world.Map(1022, 4), static world =>
            world.Memory.Lock(World.At(1022), World.Bytes(4)), "EAGAIN", changesAreas: true);
        yield return Call("lock all", static world => world.Map(1022, 4), static world =>
            world.Memory.LockAll(LockAllFlags.Current), "None", changesAreas: true);
        yield return Call("make locked memory writable", static world => world.Map(0, 4, MemoryProtection.Read, MapFlags.Locked),
            static world => world.Memory.Protect(World.At(0), World.Bytes(4), Write), "None", changesAreas: true);
        yield return Call("grow locked memory", static world => world.Map(0, 2, more: MapFlags.Locked),
            static world => world.Memory.Remap(World.At(0), 8192, 24576, RemapFlags.MayMove, out _), "None", changesAreas: true);
    }

    private static IEnumerable<FailureCase> Faults()
    {
        static MemoryFault Store(UserProcess process, int page)
        {
            process.Memory.Mmu.TryWrite(World.At(page, 4094), 0x0101_0101u, out MemoryFault fault);    // across a border
            return fault;
        }

        static MemoryFault Load(UserProcess process, int page)
        {
            process.Memory.Mmu.TryRead(World.At(page, 4094), out uint _, out MemoryFault fault);
            return fault;
        }

        yield return Access("write to fresh pages", static world => world.Map(0, 2048), static world => Store(world.First, 1023));
        yield return Access("read of fresh pages", static world => world.Map(0, 2048), static world => Load(world.First, 1023));
        yield return Access("write to the zero page", static world => { world.Map(0, 2); Load(world.First, 0); }, static world =>
            Store(world.First, 0));
        yield return Access("copy on write", TenWithAChild, static world => Store(world.Engine.Processes.Last(), 3));
        yield return Access("write of a child to fresh pages", static world =>
            { world.Map(0, 4); world.Touch(0); world.First.Fork(); }, static world => Store(world.Engine.Processes.Last(), 2));
        // grown first, then without a frame
        yield return Access("growth to a write", static world => world.Map(600, 1, more: MapFlags.GrowsDown), static world =>
            Store(world.First, 598), "NotMapped OutOfMemory", changesAreas: true);
        // with less read ahead
        yield return Access("read of a file", static world => world.MapFile(HollowFile(world), 0, 4), static world =>
            Load(world.First, 1), "OutOfMemory None");
        yield return Access("write to a private file", static world => world.MapFile(HollowFile(world), 0, 4), static world =>
            Store(world.First, 1));
        yield return Access("write to a shared file", static world =>
            world.MapFile(HollowFile(world), 0, 4, type: MapFlags.Shared), static world => Store(world.First, 1));
        yield return Access("write to a cached page of a private file", static world =>
            { world.MapFile(HollowFile(world), 0, 4); Load(world.First, 1); }, static world => Store(world.First, 1));
        yield return Access("write to shared anonymous memory", static world => world.MapShared(1020, 8), static world =>
            Store(world.First, 1023));
        yield return Access("copy by the kernel", static world => world.Map(0, 8), static world =>
        {
            world.Mmu.CopyIn(World.At(1), new byte[20_000], out MemoryFault fault);
            return fault;
        });
    }

    // 300 pages long, none of them there: the radix tree needs two levels.
    private static int HollowFile(World world)
    {
        int file = world.OpenFile("f", 0);
        World.Succeeds(world.First.FileDescriptors.SetLength(file, 300 * 4096));
        return file;
    }

    private static IEnumerable<FailureCase> Files()
    {
        yield return new("write to a file", static world => HollowFile(world), static world =>
        {
            byte[] bytes = new byte[3 * 4096];
            Errno error = world.First.FileDescriptors.Write(3, 299 * 4096, bytes, out int count);
            return count == bytes.Length || error != Errno.None ? error.ToString() : "fewer";
        }, "ENOMEM fewer");
        yield return Call("open", static world => world.CreateFile("f", 1), static world =>
        {
            using GuestFile file = world.Engine.Files.CreateMemoryFile("g");
            Errno error = file.Open(world.First, FileRights.ReadWrite, out int descriptor);
            if (error == Errno.None) World.Succeeds(world.First.FileDescriptors.Close(descriptor));
            return error;
        }, "ENFILE");
    }

    private static IEnumerable<FailureCase> Processes()
    {
        static void Everything(World world)
        {
            Ten(world);
            world.Map(20, 2, MemoryProtection.Read);
            world.MapShared(24, 2);
            world.MapFile(world.OpenFile("f", 4), 30, 4);
            world.Touch(31, 9);
            world.Map(1500, 2);
            world.Touch(1500);
            world.Map(2000, 3, more: MapFlags.GrowsDown);
            world.Touch(2000);
            world.Map(40, 1);
            World.Succeeds(world.Memory.Advise(World.At(40), 4096, MemoryAdvice.WipeOnFork));
        }

        yield return Call("take a snapshot", Everything, static world =>
            world.First.TryTakeSnapshot(out _, out Errno error) ? Errno.None : error, "ENOMEM");
        yield return Call("take a snapshot of the engine", static world =>
        {
            Everything(world);
            world.First.Fork();
        }, static world =>
        {
            if (world.Engine.TryTakeSnapshot(out EngineSnapshot? snapshot, out Errno error)) snapshot.Dispose();
            return error;
        }, "ENOMEM");
        yield return Call("unmap the end of an area of a snapshot", TenAndASnapshot, static world =>
            world.Memory.Unmap(World.At(8), World.Bytes(2)), "ENOMEM");
        foreach (int count in (int[])[1, 2])    // a part of the changed area, or all of it
        {
            yield return Call($"protect {count} pages that join an area of a snapshot", static world =>
            {
                Ten(world);
                World.Succeeds(world.Memory.Protect(World.At(2), World.Bytes(2), MemoryProtection.Read));
                world.First.TakeSnapshot();
            }, world => world.Memory.Protect(World.At(2), World.Bytes(count), MemoryProtection.ReadWrite), "ENOMEM");
        }

        yield return Call("map beside an area of a snapshot", TenAndASnapshot, static world =>
            Map(world, 10, 2, World.PrivateFixed), "ENOMEM None");
        yield return Call("protect the middle of an area of a snapshot", TenAndASnapshot, static world =>
            world.Memory.Protect(World.At(3), World.Bytes(2), MemoryProtection.Read), "ENOMEM", changesAreas: true);
        yield return Call("unmap the middle of an area of a snapshot", TenAndASnapshot, static world =>
            world.Memory.Unmap(World.At(3), World.Bytes(2)), "ENOMEM", changesAreas: true);
        yield return Access("write to a page of a snapshot", TenAndASnapshot, static world =>
        {
            _ = world.Mmu.TryWrite(World.At(2), (byte)1, out MemoryFault fault);
            return fault;
        });
        yield return Call("go down to a snapshot whose tables are gone", static world =>
        {
            world.First.TakeSnapshot();
            world.Map(2000, 2);
            world.Touch(2000);
            world.First.TakeSnapshot();
            World.Succeeds(SnapshotOf(world, 0).Restore());
        }, static world => SnapshotOf(world, 1).Restore(), "ENOMEM None");
        yield return Call("fork", Everything, static world => world.First.Fork(out _), "ENOMEM");
        yield return Call("fork of a child", static world => { Everything(world); world.First.Fork(); }, static world =>
            world.Engine.Processes.Last().Fork(out _), "ENOMEM");
        yield return new("create a process", Ten, static world => Refused(() => world.Engine.CreateProcess("more")), "refused");
        byte[]? saved = null;
        ProcessImage? image = null;
        static void Shared(World world)
        {
            Everything(world);
            world.Touch(24, 5);
            world.MapFile(world.OpenFile("m", 3), 44, 3, type: MapFlags.Shared);
        }

        yield return new("load a process with the memory that it shares", world =>
        {
            Shared(world);
            using Snapshot snapshot = world.First.TakeSnapshot();
            saved = SavedStream.Of(snapshot).ToBytes();
        }, world => Refused(() => world.Engine.SavedProcesses.Load(new MemoryStream(saved!))), "refused");
        foreach (bool isFirst in (bool[])[true, false])
        {
            yield return new(isFirst ? "clone an image with shared memory" : "clone it again", world =>
            {
                Shared(world);
                using Snapshot snapshot = world.First.TakeSnapshot();
                image = ProcessImage.Of(snapshot);
                if (!isFirst) world.Engine.CloneProcess(image).Dispose();
            }, world => Refused(() => world.Engine.CloneProcess(image!)), "refused");
        }

        yield return new("make a delta and clone it", world =>
        {
            Shared(world);
            using (Snapshot before = world.First.TakeSnapshot()) image = ProcessImage.Of(before);
            world.Touch(24, 6);
        }, world => Refused(() =>
        {
            Snapshot snapshot = world.First.TakeSnapshot();
            using (snapshot) world.Engine.CloneProcess(ProcessImage.DeltaOf(snapshot, image!));
        }), "refused");
        byte[]? all = null;
        EngineImage? set = null;
        static void Family(World world)
        {
            Shared(world);
            world.First.Fork().Memory.Mmu.Write(World.At(24), (byte)6);
        }

        yield return new("load processes with what they share", world =>
        {
            Family(world);
            using EngineSnapshot snapshot = world.Engine.TakeSnapshot();
            using MemoryStream stream = new();
            snapshot.Save(stream);
            all = stream.ToArray();
        }, world => Refused(() => world.Engine.SavedProcesses.LoadAll(new MemoryStream(all!))), "refused");
        foreach (bool isFirst in (bool[])[true, false])
        {
            yield return new(isFirst ? "clone an image of an engine" : "clone the engine again", world =>
            {
                Family(world);
                using EngineSnapshot snapshot = world.Engine.TakeSnapshot();
                set = EngineImage.Of(snapshot);
                if (!isFirst) foreach (UserProcess process in world.Engine.CloneProcesses(set)) process.Dispose();
            }, world => Refused(() => world.Engine.CloneProcesses(set!)), "refused");
        }
    }

    private static string Refused(Action act)
    {
        try
        {
            act();
            return "None";
        }
        catch (NoMemoryException)
        {
            return "refused";
        }
    }
}
