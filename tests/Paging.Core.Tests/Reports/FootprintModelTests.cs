using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Tables;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// Figures of smaps and words of pagemap beside ones recounted from the tables of all processes, which give the mappings of a frame,
/// and from its file, which records whether a page is dirty.
/// </summary>
public sealed class FootprintModelTests
{
    private const int Private = 0, Shared = 8, Backed = 16, BackedPrivate = 24, Memory = 32, Pages = 8, Areas = 5;

    [Fact]
    public void FiguresAndWordsAgreeWithTheTables() => Property.ForSeeds(12, static seed =>
    {
        using Story story = new(new Random((int)seed));
        story.Run();
    });

    private sealed class Story(Random random) : IDisposable
    {
        private readonly World _world = new();
        private readonly List<UserProcess> _processes = [];
        private GuestFile? _backed;

        public void Run()
        {
            World world = _world;
            World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
            World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
            _backed = world.CreateBacked(new(Pages * 4096));
            world.Map(Private, Pages);
            world.MapShared(Shared, Pages);
            world.MapFile(world.Open(_backed), Backed, Pages, type: MapFlags.Shared);
            world.MapFile(world.Open(_backed), BackedPrivate, Pages);
            world.MapFile(world.OpenFile("memory", Pages), Memory, Pages, type: MapFlags.Shared);
            _processes.Add(world.First);
            for (int step = 0; step < 150; step++)
            {
                Step(_processes[random.Next(_processes.Count)], random.Next(Areas * Pages));
                if (step % 10 == 9) Compare();
            }

            Compare();
            world.Verify();
        }

        public void Dispose() => _world.Dispose();

        private void Step(UserProcess process, int page)
        {
            VirtualAddress at = World.At(page);
            switch (random.Next(16))
            {
                case < 5: process.Memory.Mmu.Write(at, (byte)1); break;
                case < 8: _ = process.Memory.Mmu.Read<byte>(at); break;
                case < 10: process.Memory.Advise(at, 4096, MemoryAdvice.PageOut); break;
                case 10: process.Memory.Advise(at, 4096, MemoryAdvice.DontNeed); break;
                case 11: process.Memory.Advise(at, 4096, MemoryAdvice.Free); break;
                case 12: World.Succeeds(process.Memory.ClearReferences((ReferenceKind)random.Next(1, 5))); break;
                case 13: _world.Engine.Files.SynchronizeAll(); break;
                case 14 when _processes.Count < 3: _processes.Add(process.Fork()); break;
                default: World.Succeeds(random.Next(2) == 0 ? process.Memory.Lock(at, 4096) : process.Memory.Unlock(at, 4096)); break;
            }
        }

        private void Compare()
        {
            Dictionary<uint, uint> mappings = [];
            Dictionary<(int, uint), uint> slots = [];
            foreach ((UserProcess _, int _, PageTableEntry entry) in Entries())
            {
                if (entry.IsPresent) mappings[entry.Frame.Value] = mappings.GetValueOrDefault(entry.Frame.Value) + 1;
                else if (SwapEntry.From(entry) is { IsSwap: true } slot)
                    slots[(slot.Device, slot.Slot)] = slots.GetValueOrDefault((slot.Device, slot.Slot)) + 1;
            }

            foreach (UserProcess process in _processes)
            {
                MemoryFootprint all = default;
                foreach (AreaSnapshot area in process.Memory.Areas.Snapshot())
                {
                    MemoryFootprint expected = default;
                    for (PageNumber page = area.Range.First; page < area.Range.End; page++)
                        expected += Of(process, (int)(page.Value - World.Base.Page.Value), mappings, slots);
                    Assert.Equal(expected, process.Memory.Areas.FootprintAt(area.Range.First));
                    all += expected;
                }

                Assert.Equal(all, process.Memory.Footprint);
            }
        }

        private MemoryFootprint Of(UserProcess process, int page, Dictionary<uint, uint> mappings, Dictionary<(int, uint), uint> slots)
        {
            const ulong bytes = 4096;
            PageNumber number = World.At(page).Page;
            PageTableEntry entry = process.Memory.Space.Tables.Read(number);
            ref readonly Area area = ref process.Memory.Space.Areas[process.Memory.Space.Areas.Tree.Covering(number)];
            PagemapWord word = process.Memory.ReadPagemap(number);
            bool isClean = area.Has(AreaFlags.SoftClean);
            if (!entry.IsPresent)
            {
                SwapEntry slot = SwapEntry.From(entry);
                bool isOfObject = page is (>= Shared and < Backed) or >= Memory && IsSwappedOfObject(process, page);
                ulong expected = slot.IsSwap
                    ? (1ul << 62) | (1ul << 55) | (uint)slot.Device | ((ulong)slot.Slot << 5)
                    : isClean ? 0 : 1ul << 55;
                Assert.Equal(expected, word.Word);
                if (!slot.IsSwap) return isOfObject ? new() { Swapped = bytes } : default;
                ulong users = Users(slot, slots);
                return new() { Swapped = bytes, ProportionalSwappedFixedPoint = (bytes << 12) / users };
            }

            ulong present = (1ul << 63) | entry.Frame.Value | (EntryWords.IsSoftDirty(entry) || !isClean ? 1ul << 55 : 0);
            if (entry.Software3)
            {
                Assert.Equal(present, word.Word);    // the page of zeros is neither a file's nor exclusive, and is not counted
                return default;
            }

            ref FrameDescriptor frame = ref _world.Machine.Frames[entry.Frame];
            bool isOwn = frame.State != FrameState.PageCache;
            uint count = mappings[entry.Frame.Value];
            Assert.Equal(present | (isOwn ? 0 : 1ul << 61) | (count == 1 ? 1ul << 56 : 0), word.Word);
            bool isDirty = entry.IsDirty || (isOwn ? (frame.Flags & PageFlags.Dirty) != 0
                : page is < Backed or >= Memory ? (frame.Flags & PageFlags.Dirty) != 0 : _backed!.IsDirty(new((uint)page % Pages)));
            ulong share = (bytes << 12) / count;
            bool isShared = count > 1;
            return new()
            {
                Resident = bytes,
                ProportionalFixedPoint = share,
                ProportionalDirtyFixedPoint = isDirty ? share : 0,
                ProportionalAnonymousFixedPoint = isOwn ? share : 0,
                ProportionalFileFixedPoint = !isOwn && page is >= Backed and < Memory ? share : 0,
                ProportionalSharedFixedPoint = !isOwn && page is < Backed or >= Memory ? share : 0,
                ProportionalLockedFixedPoint = area.Has(AreaFlags.Locked) ? share : 0,
                SharedClean = isShared && !isDirty ? bytes : 0,
                SharedDirty = isShared && isDirty ? bytes : 0,
                PrivateClean = !isShared && !isDirty ? bytes : 0,
                PrivateDirty = !isShared && isDirty ? bytes : 0,
                Referenced = entry.IsAccessed || (frame.Flags & PageFlags.Referenced) != 0 ? bytes : 0,
                Anonymous = isOwn ? bytes : 0,
                LazyFree = frame.State == FrameState.Anonymous && !isDirty ? bytes : 0,
            };
        }

        /// <summary>Counts the entries that name the slot, and the mappings of the page that was read back from it.</summary>
        private ulong Users(SwapEntry slot, Dictionary<(int, uint), uint> slots) =>
            Math.Max(1, Math.Max(slots.GetValueOrDefault((slot.Device, slot.Slot)),
                _world.Engine.Parts.Files.Swap.DeviceOf(slot).UsersOf(slot.Slot)));

        private bool IsSwappedOfObject(UserProcess process, int page)
        {
            PageNumber number = World.At(page).Page;
            ref readonly Area area = ref process.Memory.Space.Areas[process.Memory.Space.Areas.Tree.Covering(number)];
            return _world.Engine.Parts.Files.SharedSwap.EntryOf(_world.Engine.Parts.Files.OpenFiles.ObjectOf(area.File),
                area.OffsetOf(number)).IsSwap;
        }

        private IEnumerable<(UserProcess Process, int Page, PageTableEntry Entry)> Entries()
        {
            foreach (UserProcess process in _processes)
            {
                for (int page = 0; page < Areas * Pages; page++)
                {
                    PageTableEntry entry = process.Memory.Space.Tables.Read(World.At(page).Page);
                    if (!entry.Software3) yield return (process, page, entry);
                }
            }
        }
    }
}
