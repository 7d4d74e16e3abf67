using System.Runtime.CompilerServices;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Tables;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A fetch through a window has the result of a fetch without one, even if the memory changes in between.</summary>
public sealed class FetchWindowTests
{
    private const int PageCountOfWorld = 6;
    private const MemoryProtection Code = MemoryProtection.Read | MemoryProtection.Write | MemoryProtection.Execute;

    /// <summary>Every call that takes memory or the right to execute away, between fetches: in both formats of the tables.</summary>
    [Theory]
    [InlineData(TableFormat.Classic, FetchRights.Tables)]
    [InlineData(TableFormat.Classic, FetchRights.Areas)]
    [InlineData(TableFormat.Pae, FetchRights.Tables)]
    public void EveryFetchIsAsOneWithoutTheWindow(TableFormat format, FetchRights rights) => Property.ForScripts(200, 120, script =>
    {
        using World world = new(World.Options() with { Tables = format, FetchRights = rights });
        world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _);
        Story story = new(world);
        foreach (uint word in script) story.Go(word);
    });

    [Fact]
    public void AWindowNeedsAMemory() => Assert.Throws<ArgumentNullException>(static () => new FetchWindow(null!));

    /// <summary>A value longer than a page is never the window's, even if its first byte lies in it.</summary>
    [Fact]
    public void AValueLongerThanAPageIsReadPageByPage()
    {
        using World world = new();
        FetchWindow window = new(world.Mmu);
        world.Map(0, 2, Code);
        world.Mmu.Write(World.At(0) + 4999, (byte)7);
        Assert.True(window.TryFetch(World.At(0), out byte _, out _));    // chooses the page
        Assert.True(window.TryFetch(World.At(0), out LongValue value, out _));
        Assert.Equal(7, value[4999]);
        Assert.False(window.TryFetch(World.At(1), out LongValue _, out MemoryFault fault));    // no third page
        Assert.Equal(World.At(2), fault.Address);
    }

    [InlineArray(5000)]
    private struct LongValue
    {
        private byte _first;
    }

    [Fact]
    public void AWindowOfAProcessThatHasEndedThrowsAsAnyAccess()
    {
        using World world = new();
        FetchWindow window = new(world.Mmu);
        world.Map(0, 1, Code);
        Assert.True(window.TryFetch(World.At(0), out uint _, out _));
        world.First.Dispose();
        Assert.Throws<ObjectDisposedException>(() => window.TryFetch(World.At(0), out uint _, out _));
    }

    /// <summary>After the engine has ended, its RAM is gone; the window must not touch it.</summary>
    [Fact]
    public void AWindowOfAnEngineThatHasEndedThrows()
    {
        World world = new();
        FetchWindow window = new(world.Mmu);
        world.Map(0, 1, Code);
        Assert.True(window.TryFetch(World.At(0), out uint _, out _));
        world.Dispose();
        Assert.Throws<ObjectDisposedException>(() => window.TryFetch(World.At(0), out uint _, out _));
    }

    [Fact]
    public void FetchesAllocateNothing()
    {
        using World world = new();
        world.Map(0, 8, Code);
        FetchWindow window = new(world.Mmu);
        Assert.Equal(0, ManagedMemory.BytesAllocatedBy(() =>
        {
            for (int i = 0; i < 10_000; i++)
                if (!window.TryFetch(World.At(i / 10 % 8), out uint _, out _)) Assert.Fail("Not fetched.");
        }));
    }

    /// <summary>Another thread takes the right to execute away: after its poll, the processor's thread sees that.</summary>
    [Fact]
    public void AnotherThreadsCallEndsTheWindow()
    {
        using ThreadedEngine world = new(new EngineOptions { RamBytes = 16 << 20, FetchRights = FetchRights.Areas });
        Assert.Equal(Errno.None, world.Memory.Map(default, 4096, Code, ThreadedEngine.Private, out VirtualAddress at));
        using Barrier together = new(2);
        world.Run(2, (number, processor) =>
        {
            FetchWindow window = new(world.Mmu);
            if (number == 0) Assert.True(window.TryFetch(at, out uint _, out _));
            processor.Rest();
            together.SignalAndWait();
            if (number == 1) Assert.Equal(Errno.None, world.Memory.Protect(at, 4096, MemoryProtection.Read));
            together.SignalAndWait();
            processor.Run(world.Process);
            Assert.False(window.TryFetch(at, out uint _, out MemoryFault fault));
            Assert.Equal(MemoryFaultKind.NotAllowed, fault.Kind);
        });
    }

    private sealed class Story(World world)
    {
        private readonly FetchWindow _window = new(world.Mmu);
        private Snapshot? _snapshot;
        private Watchpoint? _watch;
        private uint _seen;

        public void Go(uint word)
        {
            int page = (int)(word >> 8) % PageCountOfWorld, count = 1 + (int)(word >> 16) % 2;
            VirtualAddress at = World.At(page);
            switch (word % 14)
            {
                case 0: world.Map(page, count, Code); break;
                case 1: world.Memory.Unmap(at, World.Bytes(count)); break;
                case 2: world.Memory.Protect(at, World.Bytes(count), Code); break;
                case 3: world.Memory.Protect(at, World.Bytes(count), MemoryProtection.ReadWrite); break;
                case 4: world.Memory.Protect(at, World.Bytes(count), MemoryProtection.Execute | MemoryProtection.Read); break;
                case 5: world.Memory.Protect(at, World.Bytes(count), MemoryProtection.None); break;
                case 6: world.Memory.Advise(at, World.Bytes(count), MemoryAdvice.DontNeed); break;
                case 7: world.Memory.Advise(at, World.Bytes(count), MemoryAdvice.PageOut); break;
                case 8:
                    using (UserProcess child = world.First.Fork()) child.Memory.Mmu.TryWrite(at, word, out _);
                    break;
                case 9:
                    VirtualAddress to = World.At((page + 1) % PageCountOfWorld);
                    world.Memory.Remap(at, 4096, 4096, RemapFlags.MayMove | RemapFlags.Fixed, to, out _);
                    break;
                case 10: world.Mmu.TryWrite(at + (word >> 20), word, out _); break;
                case 11: Iteration(); break;
                case 12: Watch(at); break;
                default: Fetch(World.At(page, (int)(word >> 20))); break;
            }

            Fetch(at + (word >> 24));
        }

        private void Iteration()
        {
            if (_snapshot is null)
            {
                _snapshot = world.First.TakeSnapshot();
                return;
            }

            _snapshot.Restore();
            _snapshot.Dispose();
            _snapshot = null;
        }

        private void Watch(VirtualAddress at)
        {
            if (_watch is null)
            {
                _watch = world.Mmu.Watch(at, 4096, WatchedAccesses.Fetch, _ => _seen++);
                return;
            }

            _watch.Dispose();
            _watch = null;
        }

        /// <summary>Twice each, so that the first fetch moves the window and the second goes through it.</summary>
        private void Fetch(VirtualAddress at)
        {
            for (int i = 0; i < 2; i++)
            {
                _seen = 0;
                bool isDone = _window.TryFetch(at, out uint word, out MemoryFault fault);
                uint seen = _seen;
                _seen = 0;
                bool isExpected = world.Mmu.TryFetch(at, out uint expected, out MemoryFault expectedFault);
                Assert.Equal((isExpected, expected, expectedFault, _seen), (isDone, word, fault, seen));
            }
        }
    }
}
