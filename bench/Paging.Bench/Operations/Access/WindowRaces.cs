using Paging.Bench.Harness;
using Paging.Bench.Host;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;

namespace Paging.Bench.Operations.Access;

/// <summary>What do accesses through a window of the host cost, and what does a page that is shown or taken away?</summary>
/// <remarks>
/// Expected: an access costs what it costs in an array of 4 KiB pages; a page costs a call of the host or two, some µs, without the
/// signal that a program of its own adds.
/// </remarks>
internal static class WindowRaces
{
    private const uint ByteLength = 64 << 20;
    private const int AccessCount = 1 << 17;

    public static IEnumerable<RaceDefinition> All => !HostKernel.IsAvailable ? [] :
    [
        Access<Sequential>("window-read", "in order", isWrite: false),
        Access<Scattered>("window-read", "anywhere", isWrite: false),
        Access<Sequential>("window-write", "in order", isWrite: true),
        Access<Scattered>("window-write", "anywhere", isWrite: true),
        new("window-first-touch", "4MiB", "page", StartTouch),
        new("window-snapshot-iteration", "10-pages", "iteration", StartIteration),
    ];

    private static RaceDefinition Access<TPattern>(string operation, string size, bool isWrite)
        where TPattern : struct, IAccessPattern =>
        new(operation, size, "access of 4 bytes", scale => scale == Scale.Full
            ? Start<TPattern, MiB64>(AccessCount, isWrite) : Start<TPattern, KiB64>(1 << 10, isWrite))
        {
            HostBytes = 2L * ByteLength,
            IsPrepared = false,
        };

    private static Race Start<TPattern, TSet>(int count, bool isWrite)
        where TPattern : struct, IAccessPattern
        where TSet : struct, IWorkingSet
    {
        uint length = 1u << TSet.Bits;
        EngineWorld world = new(length, sharesRam: true);
        VirtualAddress start = world.Map(length);
        world.Fill(start, length);
        MemoryWindow window = world.Process.OpenWindow();
        for (uint at = 0; at < length; at += 4096) Show(window, start + at, AccessKind.Write);
        HostRegion region = new(length, hugePages: false);
        region.Fill(EngineWorld.FilledByte);
        List<Contender> contenders = isWrite
            ? [new WindowWrite<TPattern, TSet>(window, start), new RawWrite<TPattern, TSet>(region)]
            : [new WindowRead<TPattern, TSet>(window, start), new RawRead<TPattern, TSet>(region)];
        return new(count, 1 << 10, contenders, window, world, region);
    }

    private static Race StartTouch(Scale scale)
    {
        int pages = scale.Pick(1024, tiny: 32);
        EngineWorld world = new((ulong)pages << 12, sharesRam: true);
        MemoryWindow window = world.Process.OpenWindow();
        VirtualAddress start = world.Map((uint)pages << 12);
        world.Fill(start, (uint)pages << 12);    // the host commits RAM
        return new(pages, pages, [new Touch(world, start, window), new Touch(world, start, null)], window, world);
    }

    private static Race StartIteration(Scale scale)
    {
        EngineWorld ours = new(1 << 20, sharesRam: true), bare = new(1 << 20, sharesRam: true);
        MemoryWindow window = ours.Process.OpenWindow();
        int count = scale.Pick(200, tiny: 5);
        return new(count, count, [new Iteration(ours, window), new Iteration(bare, null)], window, ours, bare);
    }

    private static void Show(MemoryWindow window, VirtualAddress at, AccessKind access)
    {
        WindowOutcome outcome = window.Resolve(window.Start + (nint)at.Value, access, out _);
        if (outcome != WindowOutcome.Shown) throw new BrokenBenchmarkException($"The window should show {at}.");
    }

    private sealed class WindowRead<TPattern, TSet>(MemoryWindow window, VirtualAddress start) : ReadContender(Role.Engine, "MemoryWindow")
        where TPattern : struct, IAccessPattern
        where TSet : struct, IWorkingSet
    {
        // Unsafe: all pages of the set are shown.
        public override unsafe void Run(int count) =>
            (State, Sum) = RawRead<TPattern, TSet>.Loop((byte*)window.Start + start.Value, State, count);
    }

    private sealed class WindowWrite<TPattern, TSet>(MemoryWindow window, VirtualAddress start)
        : WriteContender(Role.Engine, "MemoryWindow")
        where TPattern : struct, IAccessPattern
        where TSet : struct, IWorkingSet
    {
        // Unsafe: as WindowRead.
        public override unsafe void Run(int count) =>
            State = RawWrite<TPattern, TSet>.Loop((byte*)window.Start + start.Value, State, Value, count);

        // Unsafe: as WindowRead.
        protected override unsafe uint LastWritten() => *(uint*)(window.Start + (nint)start.Value + TPattern.Offset(State, TSet.Bits));
    }

    /// <summary>First writes to pages: through a window, the fault and the mapping; else a store of the MMU.</summary>
    private sealed class Touch(EngineWorld world, VirtualAddress start, MemoryWindow? window)
        : Contender(window is null ? Role.Reference : Role.Engine, window is null ? "Mmu.Write" : "MemoryWindow.Resolve")
    {
        public override void Prepare(int count) => world.Discard(start, (uint)count << 12);

        // Unsafe: Resolve has shown the page.
        public override unsafe void Run(int count)
        {
            VirtualAddress at = start;
            for (int i = 0; i < count; i++, at += 4096)
            {
                if (window is null)
                {
                    world.Mmu.Write(at, EngineWorld.FilledWord);
                    continue;
                }

                Show(window, at, AccessKind.Write);
                *(uint*)(window.Start + (nint)at.Value) = EngineWorld.FilledWord;
            }
        }

        public override void Verify(int count) => BrokenBenchmarkException.ThrowUnlessEqual(
            "the last page", EngineWorld.FilledWord, world.Mmu.Read<uint>(start + ((uint)(count - 1) << 12)));
    }

    /// <summary>Writes to ten pages of one process, and the way back.</summary>
    private sealed class Iteration : Contender
    {
        private const int Pages = 10;
        private readonly EngineWorld _world;
        private readonly MemoryWindow? _window;
        private readonly VirtualAddress _start;
        private readonly Snapshot _snapshot;

        public Iteration(EngineWorld world, MemoryWindow? window)
            : base(window is null ? Role.Reference : Role.Engine, window is null ? "Mmu.Write, Snapshot.Restore" : "the same in a window")
        {
            (_world, _window, _start) = (world, window, world.Map(2 * Pages << 12));
            world.Fill(_start, 2 * Pages << 12);
            _snapshot = world.Process.TakeSnapshot();
        }

        // Unsafe: Resolve has shown the page.
        public override unsafe void Run(int count)
        {
            for (int i = 0; i < count; i++)
            {
                for (uint page = 0; page < Pages; page++)
                {
                    VirtualAddress at = _start + (page << 13);
                    if (_window is null)
                    {
                        _world.Mmu.Write(at, 7u);
                        continue;
                    }

                    Show(_window, at, AccessKind.Write);
                    *(uint*)(_window.Start + (nint)at.Value) = 7;
                }

                EngineWorld.Require(_snapshot.Restore(), "Restore");
            }
        }

        public override void Verify(int count) =>
            BrokenBenchmarkException.ThrowUnlessEqual("a word after the restore", EngineWorld.FilledWord, _world.Mmu.Read<uint>(_start));
    }
}
