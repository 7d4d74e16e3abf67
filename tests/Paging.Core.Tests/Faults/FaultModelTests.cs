using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// Four processes of two groups touch memory of all kinds; after each access every counter, the entry, and its frame are as
/// <see cref="FaultModel"/> predicted.
/// </summary>
public sealed class FaultModelTests
{
    private const int StepCount = 350;
    private const int GrowingPage = 2000;

    /// <summary>Where each kind of memory begins, and how long it is.</summary>
    private static readonly (int First, int Count)[] Places =
        [(0, 8), (10, 8), (20, 8), (30, 8), (40, 8), (50, 8), (60, 4), (70, 4), (80, 3), (GrowingPage - 6, 8)];

    public static TheoryData<TableFormat, int> Cases
    {
        get
        {
            TheoryData<TableFormat, int> cases = [];
            for (int seed = 1; seed <= 6; seed++) cases.Add(seed % 2 == 0 ? TableFormat.Pae : TableFormat.Classic, seed);
            return cases;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void EachAccessDoesExactlyThePredictedWork(TableFormat tables, int seed)
    {
        EngineOptions options = World.Options(8) with
        {
            Tables = tables,
            FaultAroundPages = 1,
            ReadAheadPages = 0,
            SwapReadAheadPages = 1,
            AttachedSpacesMax = 4,
        };
        using World world = new(options);
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(8 << 20), out _));
        new Story(world, new Random(seed)).Run();
    }

    private sealed class Story
    {
        private readonly World _world;
        private readonly Random _random;
        private readonly GuestFile _memoryFile, _diskFile;
        private readonly List<UserProcess> _processes = [];

        public Story(World world, Random random)
        {
            (_world, _random) = (world, random);
            _memoryFile = world.CreateFile("memory", 20);
            _diskFile = world.CreateBacked(new(20 * 4096));
            for (int number = 0; number < 2; number++)
            {
                World.Succeeds(world.Engine.Groups.Create(new() { Limit = FrameCount.MiB(6) }, out MemoryGroup? group));
                _processes.Add(Start(world.Engine.CreateProcess($"p{number}", ProcessOptions.Default with { Group = group })));
            }

            foreach (UserProcess parent in _processes.ToArray()) _processes.Add(parent.Fork());
        }

        public void Run()
        {
            for (int step = 0; step < StepCount; step++)
            {
                UserProcess process = _processes[_random.Next(_processes.Count)];
                (int first, int count) = Places[_random.Next(Places.Length)];
                if (_random.Next(5) == 0) Change(process, first, count);
                else Access(process, first + _random.Next(count), _random.Next(2) == 0);
                if (step % 50 == 49) _world.Verify();
            }
        }

        /// <summary>Memory of all kinds at the places, some of it with a page in the way.</summary>
        private UserProcess Start(UserProcess process)
        {
            const MemoryProtection all = MemoryProtection.ReadWrite | MemoryProtection.Execute;
            const MapFlags here = MapFlags.Fixed;
            const MapFlags anonymous = MapFlags.Private | MapFlags.Anonymous | here;
            Succeeds(_memoryFile.Open(process, FileRights.ReadWrite, out int memory));
            Succeeds(_diskFile.Open(process, FileRights.ReadWrite, out int disk));
            World.MapAs(process, 0, 8, MemoryProtection.ReadWrite, anonymous);
            World.MapAs(process, 10, 8, all, anonymous);
            MapFile(process, memory, 20, 8, MapFlags.Shared, MemoryProtection.ReadWrite);
            MapFile(process, memory, 30, 8, MapFlags.Private, MemoryProtection.ReadWrite);
            MapFile(process, disk, 40, 8, MapFlags.Shared, MemoryProtection.ReadWrite);
            MapFile(process, disk, 50, 8, MapFlags.Private, all);
            World.MapAs(process, 60, 4, MemoryProtection.ReadWrite, World.SharedFixed);
            MapFile(process, disk, 70, 4, MapFlags.Shared, MemoryProtection.Read, filePage: 18);    // two pages are beyond the end
            World.MapAs(process, 80, 2, MemoryProtection.Write, anonymous);    // and nothing after it
            World.MapAs(process, GrowingPage, 2, MemoryProtection.ReadWrite, anonymous | MapFlags.GrowsDown);
            return process;
        }

        private static void MapFile(
            UserProcess process, int descriptor, int page, int count, MapFlags type, MemoryProtection protection, int filePage = 0) =>
            Succeeds(process.Memory.Map(World.At(page), World.Bytes(count), protection, type | MapFlags.Fixed, descriptor,
                World.Bytes(filePage), out _));

        private static void Succeeds(Errno error) => World.Succeeds(error);

        /// <summary>A call that takes pages or rights away, or makes entries read-only.</summary>
        private void Change(UserProcess process, int first, int count)
        {
            AddressSpace memory = process.Memory;
            VirtualAddress at = World.At(first + _random.Next(count));
            MemoryProtection rights = _random.Next(4) switch
            {
                0 => MemoryProtection.Read,
                1 => MemoryProtection.None,
                _ => MemoryProtection.ReadWrite,
            };
            _ = _random.Next(9) switch    // some are refused: a range without an area, a mapping of a file
            {
                0 => memory.ClearReferences(ReferenceKind.SoftDirty),
                1 => memory.Protect(at, 8192, first == 70 ? MemoryProtection.Read : rights),
                2 => memory.Advise(at, 4096, MemoryAdvice.DontNeed),
                3 => memory.Advise(at, 4096, MemoryAdvice.GuardInstall),
                4 => memory.Advise(at, 4096, MemoryAdvice.GuardRemove),
                5 => memory.Lock(at, 4096),
                6 => memory.Unlock(at, 4096),
                7 => memory.Advise(at, 8192, MemoryAdvice.Cold),
                _ => memory.Advise(at, 8192, MemoryAdvice.PageOut),
            };
        }

        private void Access(UserProcess process, int page, bool isWrite)
        {
            Space space = process.Memory.Space;
            PageNumber number = World.At(page).Page;
            FaultModel expected = new(_world, space, number, isWrite);
            FaultCounters before = space.Faults;
            byte read = 0;
            bool succeeded = isWrite
                ? process.Memory.Mmu.TryWrite(World.At(page, 5), (byte)page)
                : process.Memory.Mmu.TryRead(World.At(page, 5), out read);
            string what = $"{process.Name} {(isWrite ? "writes" : "reads")} {page}";
            Assert.True(expected.Succeeds == succeeded, what);
            string counted = string.Join(", ", FaultStory.Between(before, space.Faults).Order(StringComparer.Ordinal));
            bool isCounted = string.Equals(expected.Counted, counted, StringComparison.Ordinal);
            Assert.True(isCounted, $"{what} counts {counted}, not {expected.Counted}");
            Assert.Equivalent(expected.Statistics, space.Statistics, strict: true);
            if (!succeeded) return;
            PageTableEntry entry = space.Tables.Read(number);
            PageTableEntry bits = expected.IsNewFrame ? expected.Entry.WithFrame(entry.Frame) : expected.Entry;
            Assert.True(bits == entry, $"{what}: {entry.Word:x} instead of {bits.Word:x}");
            if (EntryWords.IsSpecial(entry)) return;
            CheckFrame(space, number, entry, expected, isWrite);
            if (isWrite) Assert.Equal((byte)page, _world.Engine.Ram.Bytes(entry.Frame)[5]);
            else Assert.Equal(_world.Engine.Ram.Bytes(entry.Frame)[5], read);
        }

        private void CheckFrame(Space space, PageNumber page, PageTableEntry entry, FaultModel expected, bool isWrite)
        {
            ref FrameDescriptor frame = ref _world.Machine.Frames[entry.Frame];
            Area area = space.Areas[space.Areas.Tree.Covering(page)];
            Assert.Equal(area.OffsetOf(page).Value, frame.Index);
            if (expected.IsNewFrame && frame.State != FrameState.PageCache)
            {
                Assert.Equal((byte)ResidentKind.Anonymous, frame.Kind);
                if (entry.Software1) Assert.Equal(area.Root.Value, frame.Owner);
                Assert.Equal((space.Group.Number, 1u), (frame.Group, frame.MapCount));
            }

            // of memory, a write without a fault is recorded in the entry alone
            bool isFault = expected.Counted.Contains(nameof(FaultCounters.File), StringComparison.Ordinal);
            bool isNoted = frame.State == FrameState.PageCache && (isFault || frame.Kind == (byte)ResidentKind.File);
            if (isNoted && isWrite) Assert.True((frame.Flags & PageFlags.Dirty) != 0);
            if (expected.Left.Frame.Value != 0)
                Assert.Equal(expected.Left.MapCount, _world.Machine.Frames[expected.Left.Frame].MapCount);
        }
    }
}
