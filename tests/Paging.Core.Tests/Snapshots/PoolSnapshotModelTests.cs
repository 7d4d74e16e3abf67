using System.Globalization;
using System.Text;
using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Tables;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// Processes with private, shared and file mappings of the pool, forks of them, files that are cut and punched, pins, and snapshots of both
/// kinds beside them. A description of everything that a guest can see is compared with the one of the snapshot after each restore.
/// </summary>
public sealed class PoolSnapshotModelTests
{
    private const int Slots = 6, Pages = 8;

    [Theory]
    [InlineData(TableFormat.Pae, 48)]
    [InlineData(TableFormat.Classic, 8)]
    public void ProcessesAndThePoolGoBack(TableFormat tables, int seeds) => Property.ForSeeds(Soak.Of(seeds, seeds / 8), seed =>
    {
        using World world = new(World.Options(96) with { HugePages = Pages, SurplusHugePages = seed % 3 == 0 ? 2 : 0, Tables = tables });
        Story story = new(world, new((int)seed), isOfEngine: seed % 2 == 0);
        for (int step = 0; step < 120; step++) story.Step();
        story.End();
    });

    private sealed class Story
    {
        private readonly World _world;
        private readonly Random _random;
        private readonly uint _each;
        private readonly GuestFile _file;
        private readonly List<(IDisposable Snapshot, string Text)> _taken = [];
        private readonly List<PinnedMemory> _pins = [];
        private readonly int _descriptor;

        private readonly bool _isOfEngine;

        public Story(World world, Random random, bool isOfEngine)
        {
            _isOfEngine = isOfEngine;
            (_world, _random) = (world, random);
            _each = (uint)world.Engine.HugePages.PageBytes;
            World.Succeeds(world.Engine.HugePages.CreateFile("huge", 0, out GuestFile? file));
            _file = file!;
            World.Succeeds(_file.SetLength(4 * _each));
            _descriptor = world.Open(_file);
        }

        private List<UserProcess> Running => [.. _world.Engine.Processes.Where(static process => !process.HasExited)];

        public void Step()
        {
            List<UserProcess> running = Running;
            UserProcess process = running[_random.Next(running.Count)];
            AddressSpace memory = process.Memory;
            VirtualAddress at = At(_random.Next(Slots));
            uint bytes = _each * (uint)_random.Next(1, 3);
            switch (_random.Next(30))
            {
                case < 3:
                    memory.Map(at, bytes, MemoryProtection.ReadWrite, World.PrivateFixed | MapFlags.HugeTlb | Reserving(), out _);
                    break;
                case 3:
                    memory.Map(at, bytes, MemoryProtection.ReadWrite, World.SharedFixed | MapFlags.HugeTlb | Reserving(), out _);
                    break;
                case 4 or 5:
                    memory.Map(at, bytes, MemoryProtection.ReadWrite, (_random.Next(2) == 0 ? MapFlags.Private : MapFlags.Shared)
                        | MapFlags.Fixed | Reserving(), _descriptor, (ulong)_random.Next(2) * _each, out _);
                    break;
                case 6:
                    memory.Map(at, bytes, MemoryProtection.ReadWrite, World.PrivateFixed, out _);
                    break;
                case 7:
                    memory.Unmap(at, bytes);
                    break;
                case 8:
                    memory.Protect(at, _each, _random.Next(2) == 0 ? MemoryProtection.Read : MemoryProtection.ReadWrite);
                    break;
                case 9:
                    memory.Remap(at, _each, _each, RemapFlags.MayMove | RemapFlags.Fixed, At(_random.Next(Slots)), out _);
                    break;
                case 10:
                    memory.Advise(at, _each, MemoryAdvice.DontNeed);
                    break;
                case 11:
                    _file.SetLength(_random.Next(5) * (long)_each);
                    break;
                case 12:
                    process.FileDescriptors.Allocate(_descriptor, AllocationFlags.PunchHole | AllocationFlags.KeepSize,
                        _random.Next(4) * (long)_each, _each - (_random.Next(2) * 4096));
                    break;
                case 13 when running.Count < 3:
                    process.Fork(out _);
                    break;
                case 14 when running.Count > 1 && process != _world.First:
                    process.Exit(0);
                    if (_random.Next(2) == 0) process.Dispose();
                    break;
                case 15 when _pins.Count < 2:
                    if (process.TryPin(at, 8, _random.Next(2) == 0 ? AccessKind.Read : AccessKind.Write, out PinnedMemory? pin, out _))
                        _pins.Add(pin!);
                    break;
                case 16 when _pins.Count != 0:
                    _pins[0].Dispose();
                    _pins.RemoveAt(0);
                    break;
                case 17 when _taken.Count < 4:
                    Take(process);
                    break;
                case < 21 when _taken.Count != 0:
                    Restore(_random.Next(_taken.Count));
                    break;
                case 21 when _taken.Count != 0:
                    int dropped = _random.Next(_taken.Count);
                    _taken[dropped].Snapshot.Dispose();
                    _taken.RemoveAt(dropped);
                    break;
                case 22:
                    memory.ClearReferences(ReferenceKind.SoftDirty);
                    break;
                case 23 when _pins is [WritablePin writable, ..]:
                    writable.WritableParts[0].Span[0]++;
                    break;
                default:
                    VirtualAddress place = at + ((uint)_random.Next(2) * (_each - 4096));
                    if (_random.Next(3) == 0) memory.Mmu.TryRead(place, out uint _);
                    else memory.Mmu.TryWrite(place, (uint)_random.Next());
                    break;
            }

            _world.Verify();
        }

        public void End()
        {
            foreach ((IDisposable snapshot, _) in _taken) snapshot.Dispose();
            foreach (PinnedMemory pin in _pins) pin.Dispose();
            Assert.True(_world.Machine.HugePool.Kept.IsEmpty);
            _file.Dispose();
            _world.AssertNothingIsLeft();
        }

        private static VirtualAddress At(int slot) => new(0x3000_0000 + ((uint)slot << 22));

        private MapFlags Reserving() => _random.Next(3) == 0 ? MapFlags.NoReserve : 0;

        private void Take(UserProcess process)
        {
            if (_isOfEngine)
            {
                Assert.True(_world.Engine.TryTakeSnapshot(out EngineSnapshot? snapshot, out _));
                _taken.Add((snapshot!, Describe()));
            }
            else
            {
                Assert.True(process.TryTakeSnapshot(out Snapshot? snapshot, out _));
                _taken.Add((snapshot!, Describe(process, isAlone: true)));
            }
        }

        private void Restore(int which)
        {
            (IDisposable taken, string text) = _taken[which];
            string before = Describe();
            if (taken is EngineSnapshot whole)
            {
                Errno result = whole.Restore();
                if (result != Errno.None)
                {
                    Assert.Equal((Errno.ENOMEM, before, true), (result, Describe(), _pins.Count != 0));
                    return;
                }

                string now = Describe();    // a page that the host has pinned stays in use: then the counts may differ
                Assert.Equal(text[text.IndexOf('\n', StringComparison.Ordinal)..], now[now.IndexOf('\n', StringComparison.Ordinal)..]);
                if (_pins.Count == 0 && !text.StartsWith("pinned", StringComparison.Ordinal)) Assert.Equal(text, now);
                if (_pins.Count == 0) Assert.Equal(0, whole.DirtyPageCount);    // the host may have written a pinned one
                _taken.RemoveAll(static other => other.Snapshot is Snapshot { IsValid: false });
                return;
            }

            Snapshot one = (Snapshot)taken;
            if (!one.IsValid)
            {
                _taken.RemoveAt(which);
                return;
            }

            Errno error = one.Restore();
            if (error == Errno.None) Assert.Equal(text, Describe(one.Process, isAlone: true));
            else Assert.Equal((Errno.ENOMEM, before), (error, Describe()));
        }

        private string Describe()
        {
            StringBuilder text = new();
            HugePool pool = _world.Machine.HugePool;
            if (_pins.Count != 0) text.Append("pinned ");
            text.Append(CultureInfo.InvariantCulture, $"total {pool.Total} free {pool.Free} reserved {pool.Reserved} {pool.Surplus}\n");
            foreach (FileObject file in _world.Engine.Parts.Files.OpenFiles.Objects.Where(static file => file.IsHuge))
            {
                bool isEmpty = !_world.Engine.Parts.Files.Huge.TryNext(file, 0, out _, out _);
                if (isEmpty && file != _file.Object) continue;    // another snapshot may hold it
                text.Append(CultureInfo.InvariantCulture, $"file {file.Number} {file.ByteLength}:");
                HugeObjects huge = _world.Engine.Parts.Files.Huge;
                for (uint from = 0; huge.TryNext(file, from, out uint index, out FrameNumber block); from = index + 1)
                    text.Append(CultureInfo.InvariantCulture, $" {index} {(block == default ? "reserved" : WordsOf(block))}");
                text.Append('\n');
            }

            foreach (UserProcess process in _world.Engine.Processes) text.Append(Describe(process, isAlone: false));
            return text.ToString();
        }

        private string Describe(UserProcess process, bool isAlone)
        {
            StringBuilder text = new();
            text.Append(CultureInfo.InvariantCulture, $"process {process.Id} {process.HasExited}");
            if (process.HasExited) return text.Append('\n').ToString();
            Space space = process.Space;
            if (!isAlone) text.Append(CultureInfo.InvariantCulture, $" {space.Statistics.HugePool}");
            text.Append('\n');
            for (AreaIndex index = space.Areas.Tree.First; index.IsSome; index = space.Areas[index].Next)
            {
                ref Area area = ref space.Areas[index];
                text.Append(CultureInfo.InvariantCulture, $"  {area.Range} {area.PageOffset} {area.Flags}");
                if (space.Areas.PoolObject(area) is { } file && area.HasAny(PoolAreas.Owner))
                    text.Append(" used ").AppendJoin(',', _world.Engine.Parts.Files.Pool.UsedIn(area, file));
                text.Append('\n');
                PageNumber from = area.First;
                while (space.Tables.Huge.TryNext(from, area.End, out PageNumber page, out PageTableEntry leaf))
                {
                    from = page + space.Tables.Huge.CountEach;
                    bool isOwn = (_world.Machine.Frames[leaf.Frame].Private & HugePool.InObject) == 0;
                    if (isAlone && !isOwn) continue;    // of a file, which does not go back with it
                    ulong bits = leaf.WithFrame(default).WithoutWritable().WithoutSoftware1().Word;
                    text.Append(CultureInfo.InvariantCulture, $"    {page} {bits:x} {WordsOf(leaf.Frame)}\n");
                }
            }

            return text.ToString();
        }

        private string WordsOf(FrameNumber block) => string.Create(CultureInfo.InvariantCulture,
            $"{_world.Machine.Ram.Words(block)[0]:x}/{_world.Machine.Ram.Words(block + new FrameCount((_each >> 12) - 1))[0]:x}");
    }
}
