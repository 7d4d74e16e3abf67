using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Native;

namespace Paging.Core.Tests;

/// <summary>A trial for each part of <c>KeptParts</c> that a process or its host can see.</summary>
internal static class KeptPartTrials
{
    private static readonly VirtualAddress Place = new(0x5000_0000);

    public static IReadOnlyDictionary<string, Func<World, KeptPartTrial>> All { get; } =
        new Dictionary<string, Func<World, KeptPartTrial>>(StringComparer.Ordinal)
        {
            ["names, preferences for being ended"] = static world =>
            {
                (world.First.Name, world.First.OutOfMemoryScore) = ("one", 5);
                return new()
                {
                    Change = () => (world.First.Name, world.First.OutOfMemoryScore) = ("two", 6),
                    Probe = static (_, all) => $"{all[0].Name} {all[0].OutOfMemoryScore}",
                };
            },
            ["which processes there are; parents, zombies and exit codes"] = static world =>
            {
                UserProcess child = world.First.Fork();
                world.First.Fork().Exit(7);
                return new()
                {
                    IsOfEngine = true,
                    Change = () =>
                    {
                        child.Exit(3);
                        world.First.Fork();
                    },
                    Probe = static (_, all) => string.Join(' ', all.Select(one =>
                        $"{all.ToList().FindIndex(other => other.Id == one.ParentId)}:{(one.HasExited ? one.ExitCode : "runs")}")),
                };
            },
            ["areas"] = static world =>
            {
                world.Map(0, 4);
                return new()
                {
                    Change = () => World.Succeeds(world.Memory.Protect(World.At(1), 4096, MemoryProtection.Read)),
                    Probe = static (_, all) => World.AreasOf(all[0]),
                };
            },
            ["break, layout, bounds, limits, settings of prctl"] = static world =>
            {
                world.Memory.SetLimit(ResourceLimit.Data, 1 << 20);
                return new()
                {
                    Change = () => world.Memory.SetLimit(ResourceLimit.Data, 2 << 20),
                    Probe = static (_, all) => $"{all[0].Memory.GetLimit(ResourceLimit.Data)} {all[0].Memory.Space.Layout.MmapBase}",
                };
            },
            ["private pages, guards, their marks (accessed, dirty, soft-dirty)"] = static world =>
            {
                world.Map(0, 4);
                world.Touch(0, 7);
                World.Succeeds(world.Memory.Advise(World.At(3), 4096, MemoryAdvice.GuardInstall));
                return new()
                {
                    Change = () =>
                    {
                        world.Touch(0, 8);
                        World.Succeeds(world.Memory.Advise(World.At(3), 4096, MemoryAdvice.GuardRemove));
                    },
                    Probe = static (_, all) =>
                        $"{Peek(all, World.At(0))} {all[0].Memory.Mmu.TryRead(World.At(3), out byte _, out MemoryFault _)}",
                };
            },
            ["transparent huge pages"] = static world =>
            {
                World.Succeeds(world.Memory.Map(new(0x4000_0000), 4 << 20, MemoryProtection.ReadWrite, World.PrivateFixed, out _));
                World.Succeeds(world.Memory.Advise(new(0x4000_0000), 4 << 20, MemoryAdvice.HugePage));
                world.Mmu.Write(new(0x4000_0000), (byte)7);
                if (world.Memory.Space.HugeLines.Count == 0) throw new InvalidOperationException("There is no huge page.");
                return new()
                {
                    Change = () => world.Mmu.Write(new(0x4000_0000), (byte)8),
                    Probe = static (_, all) => Peek(all, new(0x4000_0000)),
                };
            },
            ["counts of faults and peaks of a process's usage"] = static world =>
            {
                world.Map(0, 4);
                world.Touch(0);
                return new()
                {
                    Change = () => world.Touch(1),
                    Probe = static (_, all) => $"{all[0].Space.Faults.Anonymous} {all[0].Space.Statistics.PeakTotal}",
                };
            },
            ["shared anonymous memory"] = static world =>
            {
                world.MapShared(0, 4);
                return Bytes(world, World.At(0));
            },
            ["memory files: bytes, length, seals"] = static world =>
            {
                world.Memory.MapFile(Place, world.CreateFile("ram", 2), 2 << 12);
                return Bytes(world, Place);
            },
            ["segments of System V"] = static world =>
            {
                GuestFile segment = world.Engine.Files.CreateMemoryFile("SYSV00000000", 2 << 12);
                segment.IsSegment = true;
                world.Memory.MapFile(Place, segment, 2 << 12);
                return Bytes(world, Place, static (engine, all) =>
                    engine.Files.Find(all[0].Memory.Areas.Snapshot().Single(static area => area.Range.First == Place.Page).ObjectId)!
                        .IsSegment);
            },
            ["files with a backing, of the host too"] = static world =>
            {
                world.Memory.MapFile(Place, world.CreateBacked(new(4096)), 4096);
                return Bytes(world, Place, name: "disk", find: static other => other.CreateBacked(new(4096)));
            },
            ["pagers, requested pages"] = static world =>
            {
                world.Memory.MapFile(Place, world.Engine.Files.CreatePager("paged", new(2), new CallingSource()).File, 2 << 12);
                return Bytes(world, Place, name: "paged",
                    find: static other => other.Engine.Files.CreatePager("paged", new(2), new CallingSource()).File);
            },
            ["devices"] = static world =>
            {
                world.Memory.MapFile(Place, world.Engine.Files.CreateDevice("device", new Register(), 4096), 4096);
                return Bytes(world, Place, name: "device",
                    find: static other => other.Engine.Files.CreateDevice("x", new Register(), 4096));
            },
            ["memory of the host, ROM"] = static world =>
            {
                world.Memory.MapFile(Place, world.Engine.Files.CreateHostMemoryFile("host", new byte[4096]), 4096);
                return Bytes(world, Place, name: "host",
                    find: static other => other.Engine.Files.CreateHostMemoryFile("x", new byte[4096]));
            },
            ["frames that the host took"] = static world =>
            {
                world.Memory.MapFile(Place, Frames(world), 4096);
                return Bytes(world, Place, name: "frames", find: Frames);
            },
            ["private huge pages of the pool"] = static world =>
            {
                World.Succeeds(world.Memory.Map(new(0x4000_0000), 4 << 20, MemoryProtection.ReadWrite,
                    World.PrivateFixed | MapFlags.HugeTlb, out _));
                world.Mmu.Write(new(0x4000_0000), (byte)7);
                return new()
                {
                    Change = () => world.Mmu.Write(new(0x4000_0000), (byte)8),
                    Probe = static (_, all) => Peek(all, new(0x4000_0000)),
                };
            },
            ["shared huge pages of the pool"] = static world =>
            {
                World.Succeeds(world.Memory.Map(new(0x4000_0000), 4 << 20, MemoryProtection.ReadWrite,
                    MapFlags.Shared | MapFlags.Anonymous | MapFlags.Fixed | MapFlags.HugeTlb, out VirtualAddress at));
                return new()
                {
                    Change = () => world.First.Memory.Mmu.Write(at, 7u),
                    Probe = (_, all) => $"{all[0].Memory.Mmu.Read<uint>(at)}",
                };
            },
            ["files of huge pages"] = static world =>
            {
                World.Succeeds(world.Engine.HugePages.CreateFile("huge", 0, out GuestFile? huge));
                World.Succeeds(huge!.SetLength(4 << 20));
                World.Succeeds(huge.Open(world.First, FileRights.ReadWrite, out _));
                return new()
                {
                    Change = () => World.Succeeds(huge.SetLength(8 << 20)),
                    Probe = (engine, _) => string.Join(' ', engine.Parts.Files.OpenFiles.Objects
                        .Where(static file => file.IsHuge).Select(static file => $"{file.Name} {file.ByteLength}")),
                };
            },
            ["descriptors: numbers, rights, flags, positions"] = static world =>
            {
                GuestFile file = world.CreateFile("ram", 2);
                int descriptor = world.Open(file);
                World.Succeeds(world.First.FileDescriptors.Seek(descriptor, 5, SeekOrigin.Begin, out _));
                return new()
                {
                    Change = () => World.Succeeds(world.First.FileDescriptors.Close(descriptor)),
                    Probe = (_, all) => all[0].FileDescriptors.Seek(descriptor, 0, SeekOrigin.Current, out long at) == Errno.None
                        ? $"{descriptor} at {at}" : "closed",
                };
            },
            ["open files that the host holds"] = static world =>
            {
                GuestFile file = world.CreateFile("ram", 2);
                World.Succeeds(file.Open(FileRights.ReadWrite, OpenFlags.None, out OpenFileDescription? open));
                return new()
                {
                    Held = open,
                    Change = () => open!.Position = 9,
                    Probe = (engine, _) => engine.Parts.Files.OpenFiles.HeldByHost.Any() ? $"{open!.Position}" : "none",
                    None = "none",
                };
            },
            ["marks of a byte shadow"] = static world =>
            {
                world.Map(0, 1);
                ByteShadow shadow = world.Memory.OpenByteShadow();
                shadow.Mark(World.At(0), 4, ByteState.Uninitialized);
                return new()
                {
                    Change = () => shadow.Mark(World.At(0), 4, ByteState.Unaddressable),
                    Probe = static (_, all) => all[0].Space.Shadow is null ? "none" : $"{all[0].Memory.OpenByteShadow()[World.At(0)]}",
                };
            },
            ["settings of a byte shadow"] = static world =>
            {
                ByteShadow shadow = world.Memory.OpenByteShadow();
                shadow.RefusesUninitialized = false;
                return new()
                {
                    Change = () => shadow.IsEnforced = false,
                    Probe = static (_, all) => all[0].Space.Shadow is not { } tree ? "none"
                        : $"{tree.IsEnforced} {tree.RefusesUninitialized}",
                };
            },
            ["registrations with a userfaultfd, its write protection"] = static world =>
            {
                world.Map(0, 4);
                Userfaultfd descriptor = world.Memory.Userfaultfds.Open();
                World.Succeeds(descriptor.Register(World.At(0), 2 << 12, UserfaultModes.Missing));
                return new()
                {
                    Held = descriptor,
                    Refusal = "with a userfaultfd",
                    Change = () => World.Succeeds(descriptor.Unregister(World.At(0), 2 << 12)),
                    Probe = static (_, all) => string.Join(' ', all[0].Memory.Areas.Snapshot().Select(static area => area.Flags)),
                };
            },
            ["the host's state (`IHostState`)"] = static world =>
            {
                Registers registers = new();
                world.First.HostState = registers;
                return new()
                {
                    Change = () => registers.Value = 9,
                    Probe = (engine, all) =>
                    {
                        if (engine == world.Engine) return $"{registers.Value}";
                        Registers made = new() { Value = 0 };
                        all[0].HostState = made;
                        return $"{made.Value}";
                    },
                };
            },
            ["groups and their limits"] = static world =>
            {
                World.Succeeds(world.Engine.Groups.Create(new() { Name = "guests", Limit = new(100) }, out MemoryGroup? group));
                world.Engine.CreateProcess("in", new() { Group = group });
                return new()
                {
                    IsOfEngine = true,
                    Change = () => World.Succeeds(group!.SetLimit(new FrameCount(90))),
                    Probe = static (_, all) => string.Join(' ', all.Select(static one => $"{one.Group.Name} {one.Group.Limit?.Value}")),
                };
            },
            ["policies of groups"] = static world =>
            {
                MemoryGroup? group = WithPolicy(world);
                world.Engine.CreateProcess("in", new() { Group = group });
                return new()
                {
                    IsOfEngine = true,
                    Name = "policed",
                    Change = () => World.Succeeds(group!.SetLimit(new FrameCount(90))),
                    Probe = (_, _) => $"{group!.Reclaim.Policy is not null} {group.Limit?.Value}",
                    FindGroup = WithPolicy,
                };
            },
            ["swap devices"] = static world => new()
            {
                Change = () => World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _)),
                Probe = static (engine, _) => $"{engine.Swap.Devices.Count}",
                None = "0",
            },
            ["pinned memory"] = static world =>
            {
                world.Map(0, 1);
                return new()
                {
                    Held = world.First.PinForWriting(World.At(0), 1),
                    Change = () => world.First.Memory.Mmu.Write(World.At(0), 7u),
                    Probe = static (_, all) => $"{all[0].Memory.Mmu.Read<uint>(World.At(0))}",
                };
            },
            ["dirty logs, of pages and frames"] = static world =>
            {
                world.Map(0, 1);
                DirtyLog log = world.Memory.OpenDirtyLog();
                return new()
                {
                    Held = log,
                    Change = () => world.Touch(0),
                    Probe = (engine, all) => engine == world.Engine ? $"{log.Count}" : $"{all[0].Space.Observers.Logs.IsEmpty}",
                    None = "True",
                };
            },
            ["watchpoints"] = static world =>
            {
                world.Map(0, 1);
                Watchpoint watch = world.Mmu.Watch(World.At(0), 4, WatchedAccesses.Write, static _ => { });
                return new()
                {
                    Held = watch,
                    Change = () => world.Touch(0),
                    Probe = (engine, all) => engine == world.Engine ? $"{watch.HitCount}" : $"{all[0].Space.Watched is null}",
                    None = "True",
                };
            },
            ["counters, events, metrics"] = static world =>
            {
                world.Map(0, 1);
                return new()
                {
                    Change = () => world.Touch(0),
                    Probe = static (_, all) => $"{all[0].Memory.Faults.Anonymous}",
                    None = "0",
                };
            },
            ["other snapshots"] = static world =>
            {
                List<Snapshot> all = [];
                return new()
                {
                    Change = () => all.Add(world.First.TakeSnapshot()),
                    Probe = (engine, _) => engine == world.Engine ? $"{all.Count(static one => one.IsValid)}"
                        : $"{engine.ProcessTable.ProcessSnapshots.Count}",
                    None = "0",
                };
            },
            ["options and settings of the engine"] = static world => new()
            {
                Change = () => world.Engine.MaxMapCount = 77,
                Probe = static (engine, _) => $"{engine.MaxMapCount}",
                None = "65530",
            },
            ["processes of Windows"] = static world =>
            {
                world.First.Space.Foreign = new EmptyForeignSpace();
                return new()
                {
                    Refusal = "of another system",
                    IsOfOne = true,    // the engine's form is of the others
                    Change = () => world.First.OutOfMemoryScore = 7,
                    Probe = (_, _) => $"{world.First.OutOfMemoryScore}",
                    Undo = () => world.First.Space.Foreign = null,
                };
            },
        };

    private static string Peek(IReadOnlyList<UserProcess> all, VirtualAddress at) => $"{all[0].Memory.Mmu.Read<byte>(at)}";

    private static KeptPartTrial Bytes(World world, VirtualAddress at,
        Func<PagingEngine, IReadOnlyList<UserProcess>, bool>? more = null, string name = "", Func<World, GuestFile?>? find = null)
    {
        world.Mmu.Write(at, (byte)7);
        return new()
        {
            Change = () => world.Mmu.Write(at, (byte)8),
            Probe = (engine, all) => $"{Peek(all, at)} {more?.Invoke(engine, all)}",
            Name = name,
            Find = find ?? (static _ => null),
        };
    }

    private static GuestFile Frames(World world)
    {
        if (!world.Engine.Frames.TryTake(0, out FrameNumber frame)) throw new InvalidOperationException("There is no frame.");
        return world.Engine.Files.CreateFrameFile("frames", frame, new(1));
    }

    private static MemoryGroup? WithPolicy(World world)
    {
        MemoryGroupOptions options = new() { Name = "policed", Policy = ReclaimPolicy.Of(static _ => new RecordedPolicy(new())) };
        World.Succeeds(world.Engine.Groups.Create(options, out MemoryGroup? group));
        return group;
    }

    private sealed class Register : IMemoryDevice
    {
        private ulong _value;

        public ulong Load(ulong offset, int byteLength) => offset == 0 ? _value : 0;

        public void Store(ulong offset, int byteLength, ulong value) => _value = value;
    }

    private sealed class Registers : IHostState
    {
        public byte Value { get; set; } = 5;

        public ReadOnlySpan<byte> Save() => new byte[] { Value };

        public void Restore(ReadOnlySpan<byte> state) => Value = state[0];
    }
}
