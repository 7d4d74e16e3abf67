using System.Runtime.InteropServices;
using Paging.Bench.Harness;
using Paging.Bench.Host;
using Paging.Bench.Peers;
using Paging.Bench.Worlds;
using Paging.Native;

namespace Paging.Bench.Operations.Bulk;

/// <summary>Do bulk copies run at the speed of memory, though each page is translated? Expected: at most 1.4 times one memcpy.</summary>
internal static class CopyRaces
{
    private const int ChunksOfRun = 16;

    public static IEnumerable<RaceDefinition> All =>
    [
        Define("copy-out", "64KiB", 16, isWrite: false),
        Define("copy-out", "1MiB", 256, isWrite: false),
        Define("copy-in", "64KiB", 16, isWrite: true),
        Define("copy-in", "1MiB", 256, isWrite: true),
    ];

    private static RaceDefinition Define(string operation, string size, int pages, bool isWrite) =>
        new(operation, size, "4 KiB", scale => Start(scale.Pick(pages, tiny: 2), isWrite)) { IsPrepared = false };

    private static Race Start(int pages, bool isWrite)
    {
        uint byteLength = (uint)pages << 12;
        EngineWorld world = new(byteLength);
        VirtualAddress start = world.Map(byteLength);
        world.Fill(start, byteLength);
        HostRegion region = new(byteLength, hugePages: true);
        region.Fill(EngineWorld.FilledByte);
        DictionaryMemory dictionary = new();
        dictionary.Fill(start.Value, byteLength, EngineWorld.FilledByte);

        List<Contender> contenders =
        [
            new Ours(world, start, pages, isWrite),
            new BareCopy(region, pages, isWrite),
            new CSharp(dictionary, start.Value, pages, isWrite),
        ];
        List<IDisposable> worlds = [world, region, dictionary];
        if (HostKernel.IsAvailable) contenders.Add(new Kernel(region, pages, isWrite));
        if (PeerLibrary.Unicorn.IsAvailable)
        {
            EmulatedMemory memory = EmulatedMemory.WithRegion(byteLength);
            worlds.Add(memory);
            contenders.Add(new Emulator(memory, pages, isWrite));
        }

        return new(ChunksOfRun * pages, pages, contenders, worlds);
    }

    /// <summary>Copies all pages between the memory and a buffer of its own, as often as the count asks for.</summary>
    private abstract class CopyContender(Role role, string description, int pages, bool isWrite) : Contender(role, description)
    {
        private readonly unsafe byte* _buffer = (byte*)NativeMemory.AlignedAlloc((nuint)pages << 12, 4096);

        // Unsafe: buffer and region are as long as the race has pages.
        protected unsafe Span<byte> Buffer => new(_buffer, pages << 12);

        protected unsafe byte* BufferAddress => _buffer;

        protected bool IsWrite => isWrite;

        public override void Prepare(int count) => Buffer.Fill(isWrite ? EngineWorld.FilledByte : (byte)0);

        public sealed override void Run(int count)
        {
            for (int done = 0; done < count; done += pages) CopyAll();
        }

        /// <summary>Copies out, the bytes are there; copies in, they were the same before, so that the next contender finds them.</summary>
        public override void Verify(int count) =>
            BrokenBenchmarkException.ThrowUnless(!Buffer.ContainsAnyExcept(EngineWorld.FilledByte),
                $"{Description} has copied other bytes.");

        protected abstract void CopyAll();

        // Unsafe: the buffer is used no more.
        protected override unsafe void Dispose(bool disposing)
        {
            NativeMemory.AlignedFree(_buffer);
            base.Dispose(disposing);
        }
    }

    private sealed class Ours(EngineWorld world, VirtualAddress start, int pages, bool isWrite)
        : CopyContender(Role.Engine, isWrite ? "Mmu.CopyIn" : "Mmu.CopyOut", pages, isWrite)
    {
        private int _copied;

        protected override void CopyAll() =>
            _copied = IsWrite ? world.Mmu.CopyIn(start, Buffer, out _) : world.Mmu.CopyOut(start, Buffer, out _);

        public override void Verify(int count)
        {
            base.Verify(count);
            BrokenBenchmarkException.ThrowUnlessEqual("bytes copied", Buffer.Length, _copied);
        }
    }

    private sealed class BareCopy(HostRegion region, int pages, bool isWrite) : CopyContender(Role.Reference, "one memcpy", pages, isWrite)
    {
        // Unsafe: buffer and region are as long as the race has pages.
        protected override unsafe void CopyAll()
        {
            byte* source = IsWrite ? BufferAddress : region.Address, target = IsWrite ? region.Address : BufferAddress;
            System.Buffer.MemoryCopy(source, target, Buffer.Length, Buffer.Length);
        }
    }

    private sealed class CSharp(DictionaryMemory memory, uint start, int pages, bool isWrite)
        : CopyContender(Role.CSharp, "Dictionary, page by page", pages, isWrite)
    {
        protected override void CopyAll()
        {
            if (IsWrite) memory.CopyIn(start, Buffer);
            else memory.CopyOut(start, Buffer);
        }
    }

    private sealed class Kernel(HostRegion region, int pages, bool isWrite)
        : CopyContender(Role.Kernel, isWrite ? "process_vm_writev" : "process_vm_readv", pages, isWrite)
    {
        private nint _copied;

        // Unsafe: buffer and region are as long as the race has pages.
        protected override unsafe void CopyAll()
        {
            HostRange local = new((nint)BufferAddress, (nuint)Buffer.Length), remote = new((nint)region.Address, (nuint)Buffer.Length);
            _copied = IsWrite
                ? HostCalls.WriteMemoryOf(HostKernel.ProcessId, &local, 1, &remote, 1, 0)
                : HostCalls.ReadMemoryOf(HostKernel.ProcessId, &local, 1, &remote, 1, 0);
        }

        public override void Verify(int count)
        {
            base.Verify(count);
            BrokenBenchmarkException.ThrowUnlessEqual("bytes copied by the kernel", Buffer.Length, _copied);
        }
    }

    private sealed class Emulator(EmulatedMemory memory, int pages, bool isWrite)
        : CopyContender(Role.Unicorn, isWrite ? "one uc_mem_write" : "one uc_mem_read", pages, isWrite)
    {
        protected override void CopyAll()
        {
            if (IsWrite) memory.Write(EmulatedMemory.Start, Buffer);
            else memory.Read(EmulatedMemory.Start, Buffer);
        }
    }
}
