using Paging.Core.Swap;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// Shared memory of two processes in little RAM, with a tree of snapshots of the engine, beside copies of plain arrays: pages come into
/// being, change, go to swap, are cut off and punched out. A restore that fails has changed nothing, and works when the device does.
/// </summary>
public sealed class SharedContentModelTests
{
    private const int Pages = 24;

    [Theory]
    [InlineData(16)]
    [InlineData(1)]    // about as much RAM as it takes: reclaim goes on all the time
    public void EveryRestoreGivesBackTheContents(uint ramMiB) => Property.ForSeeds(8, seed =>
    {
        Random random = new((int)seed);
        using World world = new(ramMiB);
        FailingStore store = new();
        World.Succeeds(world.Engine.Swap.SwitchOn(store, out _));
        using GuestFile file = world.Engine.Files.CreateSharedMemory(Pages * 4096, isCommitted: false);
        world.MapFile(world.Open(file), 0, Pages, type: MapFlags.Shared);
        world.Map(40, 120);
        UserProcess child = world.First.Fork();
        byte[] model = new byte[Pages];
        int length = Pages;
        Dictionary<EngineSnapshot, (byte[] Bytes, int Length)> taken = [];
        for (int step = 0; step < 120; step++)
        {
            int page = random.Next(Pages);
            switch (random.Next(12))
            {
                case < 4:
                    Mmu mmu = random.Next(2) == 0 ? world.Mmu : child.Memory.Mmu;
                    Assert.Equal(page < length, mmu.TryWrite(World.At(page, 77), (byte)(step + 1)));
                    if (page < length) model[page] = (byte)(step + 1);
                    break;
                case 4:
                    World.Succeeds(file.Open(FileRights.ReadWrite, OpenFlags.None, out OpenFileDescription? open));
                    using (open) World.Succeeds(open!.PunchHole((long)page * 4096, 8192));
                    model.AsSpan(page, Math.Min(2, Pages - page)).Clear();
                    break;
                case 5:
                    length = random.Next(Pages / 2, Pages + 1);
                    World.Succeeds(file.SetLength(length * 4096));
                    model.AsSpan(length).Clear();
                    break;
                case 6 or 7:
                    _ = world.Memory.Advise(World.At(page), World.Bytes(Math.Min(6, Pages - page)), MemoryAdvice.PageOut);
                    break;
                case 8:
                    for (int own = 40; own < 160; own++) _ = world.Mmu.TryWrite(World.At(own), (byte)step);    // presses
                    break;
                case 9 when taken.Count < 4:
                    taken.Add(world.Engine.TakeSnapshot(), ([.. model], length));
                    break;
                case 10 when taken.Count != 0:
                    (EngineSnapshot target, (byte[] bytes, int then)) = taken.ElementAt(random.Next(taken.Count));
                    store.FailsReads = random.Next(3) == 0;
                    Errno error = target.Restore();
                    store.FailsReads = false;
                    if (error != Errno.None)
                    {
                        Compare();    // as if it had not been tried
                        World.Succeeds(target.Restore());
                    }

                    (model, length) = ([.. bytes], then);
                    Assert.Equal(0, target.DirtyPageCount);
                    break;
                case 11 when taken.Count > 1:
                    EngineSnapshot dropped = taken.Keys.ElementAt(random.Next(taken.Count));
                    dropped.Dispose();
                    taken.Remove(dropped);
                    break;
                default: break;
            }

            Compare();
        }

        foreach (EngineSnapshot snapshot in taken.Keys) snapshot.Dispose();
        world.Verify();
        child.Dispose();
        file.Dispose();
        world.First.Dispose();
        world.Verify();

        void Compare()
        {
            Assert.Equal(length * 4096L, file.ByteLength);
            for (int at = 0; at < Pages; at++)
            {
                Mmu mmu = at % 2 == 0 ? world.Mmu : child.Memory.Mmu;
                Assert.Equal(at < length, mmu.TryRead(World.At(at, 77), out byte found));
                if (at < length) Assert.Equal(model[at], found);
            }
        }
    });

    /// <summary>
    /// Pages that only a snapshot has left are read back before anything changes; a page that cannot be read refuses the restore.
    /// </summary>
    [Fact]
    public void ARestoreThatCannotReadItsPagesChangesNothing()
    {
        using World world = new();
        FailingStore store = new();
        World.Succeeds(world.Engine.Swap.SwitchOn(store, out _));
        using GuestFile file = world.Engine.Files.CreateSharedMemory(8 * 4096, isCommitted: true);
        world.MapFile(world.Open(file), 0, 8, type: MapFlags.Shared);
        for (int page = 0; page < 8; page++) world.Touch(page, (byte)(page + 1));
        World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(8), MemoryAdvice.PageOut));
        Assert.Equal(8u, file.SwappedPages.Value);
        using EngineSnapshot snapshot = world.Engine.TakeSnapshot();
        World.Succeeds(file.SetLength(2 * 4096));
        store.FailsReads = true;
        Assert.NotEqual(Errno.None, snapshot.Restore());
        Assert.Equal(2 * 4096L, file.ByteLength);
        Assert.False(world.Mmu.TryRead(World.At(5), out byte _));
        world.Verify();
        store.FailsReads = false;
        World.Succeeds(snapshot.Restore());
        Assert.Equal(8 * 4096L, file.ByteLength);
        for (int page = 0; page < 8; page++) Assert.Equal(page + 1, world.Peek(page));
        world.Verify();
    }

    private sealed class FailingStore : ISwapStore
    {
        private readonly MemorySwapStore _inner = new(4 << 20);

        public bool FailsReads { get; set; }
        public string Name => "failing";
        public uint SlotCount => _inner.SlotCount;

        public Errno Read(uint slot, Span<byte> page) => FailsReads ? Errno.EIO : _inner.Read(slot, page);

        public Errno Write(uint slot, ReadOnlySpan<byte> page) => _inner.Write(slot, page);

        public void Dispose() => _inner.Dispose();
    }
}
