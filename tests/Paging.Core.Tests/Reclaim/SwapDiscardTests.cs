using Paging.Core.Swap;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// The engine notifies a store of each slot that is no longer needed, as Linux notifies zram (swap_slot_free_notify). The store may throw.
/// </summary>
public sealed class SwapDiscardTests
{
    [Fact]
    public void ASlotIsDiscardedWhenNothingNeedsIt() => Property.ForSeeds(8, seed =>
    {
        Random random = new((int)seed);
        using World world = new();
        DiscardingStore store = new();
        World.Succeeds(world.Engine.Swap.SwitchOn(store, out SwapDevice? device));
        world.Map(0, 40);
        for (int step = 0; step < 200; step++)
        {
            int page = random.Next(40);
            if (random.Next(3) == 0) world.Touch(page, (byte)random.Next(1, 255));
            else if (random.Next(2) == 0) _ = world.Peek(page);
            else if (random.Next(2) == 0) World.Succeeds(world.Memory.Advise(World.At(page), 4096, MemoryAdvice.PageOut));
            else if (random.Next(2) == 0) World.Succeeds(world.Memory.Advise(World.At(page), 4096, MemoryAdvice.DontNeed));
            Assert.Equal((int)device!.UsedSlotCount, store.Held.Count);
        }

        World.Succeeds(world.Memory.Unmap(World.At(0), World.Bytes(40)));
        Assert.Empty(store.Held);
    });

    [Fact]
    public void AnExceptionOfADiscardIsThrownAndTheSlotIsFree()
    {
        using World world = new();
        DiscardingStore store = new();
        World.Succeeds(world.Engine.Swap.SwitchOn(store, out SwapDevice? device));
        world.Map(0, 4);
        world.Touch(0);
        World.Succeeds(world.Memory.Advise(World.At(0), 4096, MemoryAdvice.PageOut));
        store.OnDiscard = () => throw new NotSupportedException();
        Assert.Throws<NotSupportedException>(() => world.Memory.Unmap(World.At(0), World.Bytes(4)));
        Assert.Equal(0u, device!.UsedSlotCount);
        store.OnDiscard = () => world.Engine.Audit();    // may not call the engine
        world.Map(0, 4);
        world.Touch(0);
        World.Succeeds(world.Memory.Advise(World.At(0), 4096, MemoryAdvice.PageOut));
        Assert.Throws<InvalidOperationException>(() => world.Memory.Unmap(World.At(0), World.Bytes(4)));
        store.OnDiscard = static () => { };
        world.AssertNothingIsLeft();
    }

    /// <summary>Tracks the slots that hold a page: written and not discarded.</summary>
    private sealed class DiscardingStore : ISwapStore
    {
        private readonly MemorySwapStore _inner = new(1 << 20);

        public HashSet<uint> Held { get; } = [];
        public Action OnDiscard { get; set; } = static () => { };
        public string Name => "discarding";
        public uint SlotCount => _inner.SlotCount;

        public Errno Read(uint slot, Span<byte> page)
        {
            Assert.Contains(slot, Held);
            return _inner.Read(slot, page);
        }

        public Errno Write(uint slot, ReadOnlySpan<byte> page)
        {
            Held.Add(slot);
            return _inner.Write(slot, page);
        }

        public void Discard(uint slot)
        {
            Assert.True(Held.Remove(slot), "a slot is discarded once");
            OnDiscard();
        }

        public void Dispose() => _inner.Dispose();
    }
}
