using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Paging.Bench.Harness;
using Paging.Bench.Peers;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;
using Paging.Processors.Unicorn;

namespace Paging.Bench.Operations.Embedding;

/// <summary>What does an access to a device cost, beside the call of the device itself? Expected: a walk that ends at no entry.</summary>
internal static class DeviceRaces
{
    private const uint RegisterCount = 256;

    public static IEnumerable<RaceDefinition> All =>
    [
        new("device-access", "load", "load of 4 bytes", static scale => Start(scale.Pick(20_000, tiny: 200), stores: false)),
        new("device-access", "store", "store of 4 bytes", static scale => Start(scale.Pick(20_000, tiny: 200), stores: true)),
        PollRaces.Definition,
    ];

    private static Race Start(int count, bool stores)
    {
        EngineWorld world = new(1 << 20);
        List<Contender> contenders = [new Ours(world, stores), new BareCall(stores)];
        if (PeerLibrary.Unicorn.IsAvailable) contenders.Add(new Emulator(stores));
        return new(count, 1000, contenders, world);
    }

    /// <summary>A device that counts its accesses and returns their offset.</summary>
    private sealed class Registers : IMemoryDevice
    {
        public long Accesses { get; set; }

        public ulong Load(ulong offset, int byteLength)
        {
            Accesses++;
            return offset;
        }

        public void Store(ulong offset, int byteLength, ulong value) => Accesses++;
    }

    private static long SumOf(int count, bool stores)
    {
        long sum = 0;
        for (int i = 0; i < count && !stores; i++) sum += OffsetOf(i);
        return sum;
    }

    private static uint OffsetOf(int index) => (uint)index % RegisterCount * sizeof(uint);

    private sealed class Ours : Contender
    {
        private readonly Registers _device = new();
        private readonly EngineWorld _world;
        private readonly GuestFile _file;
        private readonly VirtualAddress _start;
        private readonly bool _stores;
        private long _sum;

        public Ours(EngineWorld world, bool stores)
            : base(Role.Engine, stores ? "Mmu.Write, IMemoryDevice.Store" : "Mmu.Read, IMemoryDevice.Load")
        {
            (_world, _stores) = (world, stores);
            _file = world.Engine.Files.CreateDevice("registers", _device, 4096);
            EngineWorld.Require(_file.Open(world.Process, FileRights.ReadWrite, out int descriptor), "open");
            EngineWorld.Require(world.Space.Map(VirtualAddress.Zero, 4096, MemoryProtection.ReadWrite, MapFlags.Shared, descriptor, 0,
                out _start), "mmap");
        }

        public override void Prepare(int count) => (_device.Accesses, _sum) = (0, 0);

        public override void Run(int count)
        {
            Mmu mmu = _world.Mmu;
            for (int i = 0; i < count; i++)
            {
                if (_stores) mmu.Write(_start + OffsetOf(i), (uint)i);
                else _sum += mmu.Read<uint>(_start + OffsetOf(i));
            }
        }

        public override void Verify(int count)
        {
            BrokenBenchmarkException.ThrowUnlessEqual("calls of the device", count, _device.Accesses);
            BrokenBenchmarkException.ThrowUnlessEqual("the sum of what was loaded", SumOf(count, _stores), _sum);
        }

        protected override void Dispose(bool disposing)
        {
            _file.Dispose();
            base.Dispose(disposing);
        }
    }

    /// <summary>The reference: the device, called through its interface.</summary>
    private sealed class BareCall(bool stores) : Contender(Role.Reference, "the device's method alone")
    {
        private readonly IMemoryDevice _device = new Registers();
        private ulong _sum;

        public override void Prepare(int count) => _sum = 0;

        public override void Run(int count)
        {
            for (int i = 0; i < count; i++)
            {
                if (stores) _device.Store(OffsetOf(i), sizeof(uint), (uint)i);
                else _sum += _device.Load(OffsetOf(i), sizeof(uint));
            }
        }

        public override void Verify(int count) =>
            BrokenBenchmarkException.ThrowUnlessEqual("the sum of what was loaded", SumOf(count, stores), (long)_sum);
    }

    /// <summary>The emulator's: a region with callbacks (uc_mmio_map), accessed through its memory API.</summary>
    private sealed class Emulator : Contender
    {
        private static long _accesses;

        private readonly EmulatedMemory _memory = new();
        private readonly bool _stores;

        // Unsafe: the callbacks are static and outlive the emulator.
        public unsafe Emulator(bool stores) : base(Role.Unicorn, stores ? "uc_mem_write of a uc_mmio_map" : "uc_mem_read of a uc_mmio_map")
        {
            _stores = stores;
            EmulatedMemory.Require(UnicornApi.MapDevice(_memory.Handle, EmulatedMemory.Start, 4096, &Load, 0, &Store, 0), "uc_mmio_map");
        }

        public override void Prepare(int count) => _accesses = 0;

        public override void Run(int count)
        {
            for (int i = 0; i < count; i++)
            {
                uint word = (uint)i;
                Span<byte> bytes = MemoryMarshal.AsBytes(new Span<uint>(ref word));
                if (_stores) _memory.Write(EmulatedMemory.Start + OffsetOf(i), bytes);
                else _memory.Read(EmulatedMemory.Start + OffsetOf(i), bytes);
            }
        }

        public override void Verify(int count) => BrokenBenchmarkException.ThrowUnless(_accesses >= count, "The device should be called.");

        protected override void Dispose(bool disposing)
        {
            if (disposing) _memory.Dispose();
            base.Dispose(disposing);
        }

        [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
        private static ulong Load(nint engine, ulong offset, uint byteLength, nint user)
        {
            _accesses++;
            return offset;
        }

        [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
        private static void Store(nint engine, ulong offset, uint byteLength, ulong value, nint user) => _accesses++;
    }
}
