using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// Two processes of one group use private pages and a file in any order, and each pass of reclaim does to every list, mark and counter what
/// <see cref="ReclaimModel"/> works out: which pages go, in which order the others wait, and which that come back begin as active.
/// </summary>
public sealed class ReclaimModelTests
{
    private const int PrivateCount = 48, FileFirst = 64, FileCount = 40, CodeCount = 8, PageCount = FileFirst + FileCount;

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData(60, true)]
    [InlineData(0, true)]
    [InlineData(150, true)]
    [InlineData(60, false)]
    public void EachPassAgreesWithTheModel(int swappiness, bool hasSwap) =>
        Property.ForSeeds(Soak.Of(3, 1), seed =>
        {
            // The history is a table by hash with an entry for each frame: in large RAM no eviction displaces another one.
            using World world = new(World.Options(512) with
            {
                SwapReadAheadPages = 1,
                ReadAheadPages = 0,
                FaultAroundPages = 1,
                Swappiness = swappiness
            });
            new Story(world, new Random((int)seed), swappiness, hasSwap).Run();
        });

    private sealed class Story(World world, Random random, int swappiness, bool hasSwap)
    {
        private readonly World _world = world;
        private MemoryGroup _group = null!;
        private ReclaimModel _model = null!;
        private UserProcess[] _processes = null!;
        private FileObject _file = null!;

        public void Run()
        {
            Begin();
            for (int step = 0; step < 600; step++)
            {
                Step();
                _model.Load();
                Assert.Equal(_model.Tally, ReclaimTally.Of(_world.Engine.Reclaimed));
                Assert.Equal(_model.FrameCount, _group.Usage.Value);
            }

            _world.Verify();
        }

        private void Begin()
        {
            if (hasSwap) World.Succeeds(_world.Engine.Swap.SwitchOn(new SmallSwapStore(128), out _));
            World.Succeeds(_world.Engine.Groups.Create(new() { Name = "modelled", CountsTables = false }, out MemoryGroup? group));
            _group = group!;
            UserProcess parent = _world.Engine.CreateProcess("parent", ProcessOptions.Default with { Group = group });
            World.MapAs(parent, 0, CodeCount, MemoryProtection.ReadWrite | MemoryProtection.Execute, World.PrivateFixed);
            World.MapAs(parent, CodeCount, PrivateCount - CodeCount, MemoryProtection.ReadWrite, World.PrivateFixed);
            GuestFile file = _world.CreateBacked(new(FileCount * 4096));
            World.Succeeds(file.Open(parent, FileRights.Read, out int descriptor));
            MapFile(parent, descriptor, 0, CodeCount, MemoryProtection.Read | MemoryProtection.Execute);
            MapFile(parent, descriptor, CodeCount, FileCount - CodeCount, MemoryProtection.Read);
            World.Succeeds(parent.Memory.Lock(World.At(PrivateCount - 1), 4096, LockFlags.OnFault));
            World.Succeeds(parent.Memory.Advise(World.At(FileFirst + 30), 4 * 4096, MemoryAdvice.Sequential));
            for (int page = 0; page < PrivateCount / 2; page++) parent.Memory.Mmu.Write(World.At(page), page + 1);
            _processes = [parent, parent.Fork()];
            _file = _world.Engine.Parts.Files.OpenFiles.Object(ObjectNumberOf(parent));
            _model = new(_world, group!.Number, swappiness, hasSwap, new(_world, _processes, PageCount));
        }

        private static void MapFile(UserProcess process, int descriptor, int page, int pageCount, MemoryProtection rights) =>
            World.Succeeds(process.Memory.Map(World.At(FileFirst + page), World.Bytes(pageCount), rights, MapFlags.Shared | MapFlags.Fixed,
                descriptor, World.Bytes(page), out _));

        private uint ObjectNumberOf(UserProcess process)
        {
            process.Memory.Mmu.Read<byte>(World.At(FileFirst));
            FrameNumber frame = process.Memory.Space.Tables.Read(World.At(FileFirst).Page).Frame;
            return _world.Machine.Frames[frame].Owner;
        }

        private void Step()
        {
            int kind = random.Next(100);
            UserProcess process = _processes[random.Next(2)];
            if (kind < 80) Use(process, AnyPage(), isWrite: random.Next(3) == 0);
            else if (kind < 83) Advise(process, random.Next(PrivateCount - 1), MemoryAdvice.Cold);
            else if (kind < 85) Advise(process, random.Next(PrivateCount - 1), MemoryAdvice.Free);
            else if (kind < 87) PageOut(process, random.Next(PrivateCount - 1));
            else if (kind < 97) Compare(random.Next(13) - 6, random.Next(1, 40));
            else Compare(null, random.Next(1, 12));
        }

        /// <summary>Half of the uses fall on a few pages, which become the working set.</summary>
        private int AnyPage()
        {
            bool isHot = random.Next(2) == 0;
            return random.Next(2) == 0 ? random.Next(isHot ? 10 : PrivateCount) : FileFirst + random.Next(isHot ? 10 : FileCount);
        }

        private void Use(UserProcess process, int page, bool isWrite)
        {
            _model.Load();
            (bool IsFile, uint Index)? missing = Missing(process, page);
            bool becomesActive = missing is { } place && _model.ComesBack(place.IsFile, place.Index);
            if (isWrite && page < FileFirst) process.Memory.Mmu.Write(World.At(page), random.Next(1, int.MaxValue));
            else process.Memory.Mmu.Read<byte>(World.At(page));
            if (missing is null || isWrite) return;    // what a write copies begins anew
            FrameNumber frame = process.Memory.Space.Tables.Read(World.At(page).Page).Frame;
            Assert.Equal(becomesActive, (_world.Machine.Frames[frame].Flags & PageFlags.Active) != FrameFlags.None);
        }

        /// <summary>The page's place in the file or in swap, if it is in no frame.</summary>
        private (bool IsFile, uint Index)? Missing(UserProcess process, int page)
        {
            if (page >= FileFirst)
            {
                FilePage wanted = new((uint)(page - FileFirst));
                return _world.Engine.Parts.Files.Cache.TryFind(_file, wanted, out _) ? null : (true, wanted.Value);
            }

            if (ReclaimModelPages.SlotOf(process, World.At(page).Page) is not { } slot) return null;
            return _world.Engine.Parts.Files.Swap.TryFind(SwapEntry.ForSlot(0, slot), out _) ? null : (false, slot);
        }

        private void Advise(UserProcess process, int page, MemoryAdvice advice) =>
            World.Succeeds(process.Memory.Advise(World.At(page), 4096, advice));

        private void PageOut(UserProcess process, int page)
        {
            ReclaimCounters before = _world.Engine.Reclaimed;
            Advise(process, page, MemoryAdvice.PageOut);
            ReclaimCounters after = _world.Engine.Reclaimed;
            _model.Tally.Reclaimed += after.Reclaimed - before.Reclaimed;
            _model.Tally.SwapWrites += after.SwapWrites - before.SwapWrites;
            _model.Tally.CleanDrops += after.CleanDrops - before.CleanDrops;
            _model.Tally.LazyFreed += after.LazyFreed - before.LazyFreed;
            if (after.Reclaimed != before.Reclaimed && ReclaimModelPages.SlotOf(process, World.At(page).Page) is { } slot)
                _model.RememberPageOut(slot);
        }

        /// <summary>One pass, or without a priority as many as an allocation at the limit makes.</summary>
        private void Compare(int? priority, int target)
        {
            _model.Load();
            long expected = priority is { } pass ? _model.Pass(Math.Max(pass, 0), target) : _model.Free(target);
            uint freed = priority is { } same
                ? _group.Reclaim.ShrinkOnce(Math.Max(same, 0), (uint)target)
                : _group.Reclaim.Free((uint)target);
            string picture = _model.Picture;
            _model.RememberEvicted();
            _model.Load();
            Assert.Equal(picture, _model.Picture);
            Assert.Equal(expected, freed);
        }
    }
}
