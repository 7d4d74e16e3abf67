using Paging.Bench.Harness;
using Paging.Core;
using Paging.Native;
using Paging.Windows;
using Paging.Windows.Sections;

namespace Paging.Bench.Operations.Windows;

/// <summary>
/// What do Windows' calls and faults cost beside their Linux siblings, on the same engine? Expected: at most 1.5 times as much.
/// </summary>
/// <remarks>The reference of each race is the sibling; the host has no Windows to compare with.</remarks>
internal static class WindowsRaces
{
    private const string OfPage = "page", OfCall = "call", OfPair = "pair of calls";
    private const int TouchedPages = 4096, CallCount = 512;

    public static IEnumerable<RaceDefinition> All =>
    [
        new("windows-first-touch", "16MiB", OfPage, static scale => FirstTouch(scale.Pick(TouchedPages, tiny: 32))),
        Query("10-areas", 10),
        Query("1000-areas", 1_000),
        Query("60000-areas", 60_000),
        new("windows-view", "64KiB", OfPair, static scale => Views(scale.Pick(CallCount, tiny: 8))) { IsPrepared = false },
        new("windows-soft-fault", "16MiB", OfPage, static scale => SoftFault(scale.Pick(TouchedPages, tiny: 32))),
        new("windows-write-watch", "16MiB", OfPage, static scale => WriteWatch(scale.Pick(TouchedPages, tiny: 32))),
    ];

    private static RaceDefinition Query(string size, int areas) =>
        new("windows-query", size, OfCall, scale =>
        {
            WindowsWorld world = new(32 << 20);
            int count = scale.Pick(areas, tiny: Math.Min(areas, 50));
            (VirtualAddress windows, VirtualAddress linux) = world.MakeCombs(count);
            int calls = scale.Pick(CallCount, tiny: 8);
            return new Race(calls, 64, [new QueryContender(world, windows, count), new ProtectContender(world, linux, count)], world);
        })
        { IsPrepared = false };

    private static Race FirstTouch(int pages)
    {
        WindowsWorld world = new(((ulong)pages << 14) + (32 << 20));
        return new(pages, Math.Min(pages, 256), [new TouchContender(world), new LinuxTouchContender(world)], world);
    }

    private static Race Views(int pairs)
    {
        WindowsWorld world = new(32 << 20);
        return new(pairs, 64, [new ViewContender(world), new LinuxMapContender(world)], world);
    }

    private static Race SoftFault(int pages)
    {
        WindowsWorld world = new(((ulong)pages << 14) + (32 << 20));
        return new(pages, Math.Min(pages, 256), [new SoftFaultContender(world, pages), new SwapCacheContender(world, pages)], world);
    }

    private static Race WriteWatch(int pages)
    {
        WindowsWorld world = new(((ulong)pages << 14) + (32 << 20));
        return new(pages, Math.Min(pages, 256), [new WatchContender(world, pages), new SoftDirtyContender(world, pages)], world);
    }

    private sealed class TouchContender(WindowsWorld world) : Contender(Role.Engine, "VirtualAlloc, then a write to each page")
    {
        private VirtualAddress _at;

        public override void Prepare(int count)
        {
            if (_at.Value != 0) WindowsWorld.Require(world.Process.Memory.VirtualFree(_at, 0, AllocationTypes.Release), "VirtualFree");
            _at = default;
        }

        public override void Run(int count)
        {
            _at = world.Allocate((uint)count << 12);
            Mmu mmu = world.Process.Mmu;
            for (int i = 0; i < count; i++) mmu.Write(_at + ((uint)i << 12), 1);
        }

        public override void Verify(int count) =>
            BrokenBenchmarkException.ThrowUnlessEqual("pages in the working set", count, world.Process.WorkingSet.PageCount);
    }

    private sealed class LinuxTouchContender(WindowsWorld world) : Contender(Role.Reference, "mmap, then a write to each page")
    {
        private VirtualAddress _at;
        private uint _length;

        public override void Prepare(int count)
        {
            if (_length != 0) WindowsWorld.Require(world.Linux.Memory.Unmap(_at, _length), "munmap");
            _length = 0;
        }

        public override void Run(int count)
        {
            _length = (uint)count << 12;
            _at = world.Map(_length);
            Mmu mmu = world.Linux.Memory.Mmu;
            for (int i = 0; i < count; i++) mmu.Write(_at + ((uint)i << 12), 1);
        }
    }

    /// <summary>The allocations in an order that no processor foresees: each is asked for somewhere else.</summary>
    private static uint Next(ref uint state, int areas)
    {
        state = (state * 1_664_525) + 1_013_904_223;
        return (uint)(((ulong)state * (uint)areas) >> 32) << 13;
    }

    private sealed class QueryContender(WindowsWorld world, VirtualAddress first, int areas) : Contender(Role.Engine, "VirtualQuery")
    {
        private uint _state = 1;

        public override void Run(int count)
        {
            VirtualMemory memory = world.Process.Memory;
            for (int i = 0; i < count; i++)
                WindowsWorld.Require(memory.VirtualQuery(first + Next(ref _state, areas), out _), "VirtualQuery");
        }
    }

    /// <summary>Linux has no call that asks for one address; this one finds the area, and has nothing to do there.</summary>
    private sealed class ProtectContender(WindowsWorld world, VirtualAddress first, int areas)
        : Contender(Role.Reference, "mprotect that changes nothing")
    {
        private uint _state = 1;

        public override void Run(int count)
        {
            AddressSpace space = world.Linux.Memory;
            for (int i = 0; i < count; i++)
                WindowsWorld.Require(space.Protect(first + Next(ref _state, areas), 0x1000, WindowsWorld.Both), "mprotect");
        }
    }

    private sealed class ViewContender : Contender
    {
        private readonly WindowsWorld _world;
        private readonly SectionHandle _section;

        public ViewContender(WindowsWorld world) : base(Role.Engine, "MapViewOfFile and UnmapViewOfFile")
        {
            _world = world;
            WindowsWorld.Require(world.Process.Sections.CreateFileMapping(
                null, PageProtection.ReadWrite, SectionFlags.Commit, 0x1_0000, null, out _section), "CreateFileMapping");
        }

        public override void Run(int count)
        {
            FileMappingCalls calls = _world.Process.Sections;
            for (int i = 0; i < count; i++)
            {
                WindowsWorld.Require(calls.MapViewOfFileEx(_section, SectionAccess.MapWrite, 0, 0, default, out VirtualAddress at), "map");
                WindowsWorld.Require(calls.UnmapViewOfFile(at), "unmap");
            }
        }
    }

    private sealed class LinuxMapContender : Contender
    {
        private readonly WindowsWorld _world;
        private readonly GuestFile _file;
        private readonly int _descriptor;

        public LinuxMapContender(WindowsWorld world) : base(Role.Reference, "mmap and munmap of a file in memory")
        {
            _world = world;
            _file = world.Engine.Files.CreateMemoryFile("shared", 0x1_0000);
            WindowsWorld.Require(_file.Open(world.Linux, FileRights.ReadWrite, out _descriptor), "open");
        }

        public override void Run(int count)
        {
            AddressSpace space = _world.Linux.Memory;
            for (int i = 0; i < count; i++)
            {
                WindowsWorld.Require(space.Map(
                    default, 0x1_0000, WindowsWorld.Both, MapFlags.Shared, _descriptor, 0, out VirtualAddress at), "mmap");
                WindowsWorld.Require(space.Unmap(at, 0x1_0000), "munmap");
            }
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) _file.Dispose();
            base.Dispose(disposing);
        }
    }

    private sealed class SoftFaultContender : Contender
    {
        private readonly WindowsWorld _world;
        private readonly VirtualAddress _at;

        public SoftFaultContender(WindowsWorld world, int pages) : base(Role.Engine, "read of a page on standby")
        {
            _world = world;
            _at = world.Allocate((uint)pages << 12);
            for (int i = 0; i < pages; i++) world.Process.Mmu.Write(_at + ((uint)i << 12), 1);
        }

        public override void Prepare(int count)
        {
            WindowsWorld.Require(_world.Process.WorkingSet.Empty(), "EmptyWorkingSet");
            while (_world.Machine.Threads.RunModifiedPageWriter(1 << 16) != 0) { }
        }

        public override void Run(int count)
        {
            Mmu mmu = _world.Process.Mmu;
            for (int i = 0; i < count; i++) _ = mmu.Read<int>(_at + ((uint)i << 12));
        }

        public override void Verify(int count) =>
            BrokenBenchmarkException.ThrowUnlessEqual("pages in the working set", count, _world.Process.WorkingSet.PageCount);
    }

    private sealed class WatchContender : Contender
    {
        private readonly WindowsWorld _world;
        private readonly VirtualAddress _at;
        private readonly PageNumber[] _found;
        private int _count;

        public WatchContender(WindowsWorld world, int pages) : base(Role.Engine, "GetWriteWatch with reset")
        {
            _world = world;
            _found = new PageNumber[pages];
            _at = world.Allocate((uint)pages << 12, WindowsWorld.ReserveAndCommit | AllocationTypes.WriteWatch);
        }

        public override void Prepare(int count)
        {
            WindowsWorld.Require(_world.Process.Memory.ResetWriteWatch(_at, (uint)_found.Length << 12), "ResetWriteWatch");
            for (int i = 0; i < count; i++) _world.Process.Mmu.Write(_at + ((uint)i << 12), i);
        }

        public override void Run(int count) => WindowsWorld.Require(
            _world.Process.Memory.GetWriteWatch(_at, (uint)count << 12, resets: true, _found, out _count), "GetWriteWatch");

        public override void Verify(int count) => BrokenBenchmarkException.ThrowUnlessEqual("pages found", count, _count);
    }

    /// <summary>The sibling: the soft-dirty bits of as many pages are cleared, which is the half that has a call.</summary>
    private sealed class SoftDirtyContender : Contender
    {
        private readonly WindowsWorld _world;
        private readonly VirtualAddress _at;

        public SoftDirtyContender(WindowsWorld world, int pages) : base(Role.Reference, "clear_refs of as many pages")
        {
            _world = world;
            _at = world.Map((uint)pages << 12);
        }

        public override void Prepare(int count)
        {
            for (int i = 0; i < count; i++) _world.Linux.Memory.Mmu.Write(_at + ((uint)i << 12), i);
        }

        public override void Run(int count) => _world.Linux.Memory.ClearReferences(ReferenceKind.SoftDirty);
    }
}
