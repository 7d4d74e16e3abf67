using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Paging.Bench.Harness;
using Paging.Bench.Peers;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;
using Paging.Processors.Unicorn;

namespace Paging.Bench.Operations.Embedding;

/// <summary>What does a driver's poll cost: the status of a UART again and again, and a byte stored whenever it is ready?</summary>
/// <remarks>
/// The registers are those of a 16550: LSR at 5 with bit 5 for an empty transmitter, THR at 0. It is ready at each sixteenth poll.
/// </remarks>
internal static class PollRaces
{
    private const uint Status = 5, PollsToReady = 16, BufferBytes = 4096;
    private const byte IsEmpty = 0x20;

    public static RaceDefinition Definition =>
        new("device-poll", "uart", "poll of a register", static scale => Start(scale.Pick(1_000_000, tiny: 1_600)));

    private static Race Start(int count)
    {
        EngineWorld world = new(1 << 20);
        List<Contender> contenders = [new Ours(world, new Uart()), new Switch()];
        if (PeerLibrary.Hits.IsAvailable) contenders.Add(new FromC(world));
        if (PeerLibrary.Unicorn.IsAvailable) contenders.Add(new Emulator());
        return new(count, 3, contenders, world);
    }

    /// <summary>The device, which is polled and sent to.</summary>
    private sealed class Uart : IMemoryDevice
    {
        private uint _polls;

        public long Sent { get; private set; }

        public ulong Load(ulong offset, int byteLength) =>
            offset == Status && ++_polls % PollsToReady == 0 ? IsEmpty : 0u;

        public void Store(ulong offset, int byteLength, ulong value) => Sent++;

        public void Start() => (_polls, Sent) = (0, 0);

        public void Verify(int count) => BrokenBenchmarkException.ThrowUnlessEqual("bytes sent", count / PollsToReady, Sent);
    }

    /// <summary>The device between other memory of its 4 MiB, as it lies in a machine.</summary>
    private abstract class Mapped : Contender
    {
        private readonly GuestFile _file;

        protected Mapped(Role role, string what, EngineWorld world, IMemoryDevice device, uint at) : base(role, what)
        {
            World = world;
            _file = world.Engine.Files.CreateDevice("uart", device, BufferBytes);
            EngineWorld.Require(_file.Open(world.Process, FileRights.ReadWrite, out int descriptor), "open");
            VirtualAddress start = new(at);
            world.MapAt(start, 4 * BufferBytes);
            world.Mmu.Write(start, 1);    // its table is there
            Registers = start + BufferBytes;
            const MapFlags flags = MapFlags.Shared | MapFlags.Fixed;
            EngineWorld.Require(world.Space.Map(Registers, BufferBytes, MemoryProtection.ReadWrite, flags, descriptor, 0, out _), "mmap");
        }

        protected EngineWorld World { get; }

        protected VirtualAddress Registers { get; }

        protected override void Dispose(bool disposing)
        {
            _file.Dispose();
            base.Dispose(disposing);
        }
    }

    private sealed class Ours(EngineWorld world, Uart uart)
        : Mapped(Role.Engine, "Mmu.Read and Mmu.Write, IMemoryDevice", world, uart, 0x1000_0000)
    {
        public override void Prepare(int count) => uart.Start();

        public override void Run(int count)
        {
            Mmu mmu = World.Mmu;
            VirtualAddress start = Registers;
            for (int i = 0; i < count; i++)
                if ((mmu.Read<byte>(start + Status) & IsEmpty) != 0) mmu.Write(start, (byte)i);
        }

        public override void Verify(int count) => uart.Verify(count);
    }

    /// <summary>The engine from C: the loop and the device in C, between which nothing managed runs.</summary>
    private sealed class FromC : Mapped
    {
        private uint _sent;

        public FromC(EngineWorld world)
            : base(Role.Cpp, "paging_load8 and paging_store8, INativeDevice", world, new NativeUart(), 0x1800_0000)
        {
            _ = world.Mmu.ShowTables();
            world.Mmu.Read<byte>(Registers);    // its page is shown from now on
        }

        public override void Run(int count) => _sent = PeerCalls.PollDevice(World.Mmu.ShowTables().Start, Registers.Value, (uint)count);

        public override void Verify(int count) =>
            BrokenBenchmarkException.ThrowUnlessEqual("bytes sent", count / PollsToReady, _sent);

        private sealed class NativeUart : INativeDevice
        {
            public nint Functions { get; } = PeerCalls.DeviceFunctions();

            public ulong Load(ulong offset, int byteLength) => 0;

            public void Store(ulong offset, int byteLength, ulong value) { }
        }
    }

    /// <summary>The reference: an emulator without pages, whose accesses are a switch over its physical addresses.</summary>
    private sealed class Switch() : Contender(Role.Reference, "a switch statement over addresses")
    {
        private const uint Ram = 0x1000_0000, Device = Ram + BufferBytes;

        private readonly Uart _uart = new();
        private readonly byte[] _ram = new byte[BufferBytes];

        public override void Prepare(int count) => _uart.Start();

        public override void Run(int count)
        {
            for (int i = 0; i < count; i++)
                if ((Load(Device + Status) & IsEmpty) != 0) Store(Device, (byte)i);
        }

        public override void Verify(int count) => _uart.Verify(count);

        [MethodImpl(MethodImplOptions.NoInlining)]
        private byte Load(uint address) => (address >> VirtualAddress.PageShift) switch
        {
            Ram >> VirtualAddress.PageShift => _ram[address - Ram],
            Device >> VirtualAddress.PageShift => (byte)_uart.Load(address - Device, 1),
            _ => throw new BrokenBenchmarkException("No memory."),
        };

        [MethodImpl(MethodImplOptions.NoInlining)]
        private void Store(uint address, byte value)
        {
            switch (address >> VirtualAddress.PageShift)
            {
                case Ram >> VirtualAddress.PageShift:
                    _ram[address - Ram] = value;
                    break;
                case Device >> VirtualAddress.PageShift:
                    _uart.Store(address - Device, 1, value);
                    break;
                default:
                    throw new BrokenBenchmarkException("No memory.");
            }
        }
    }

    /// <summary>The emulator's: the loop as a program, and a region with callbacks (uc_mmio_map).</summary>
    private sealed class Emulator : Contender
    {
        private const ulong Code = 0x2000_0000;
        private static readonly Uart Device = new();    // the callbacks are static

        private readonly EmulatedMemory _memory = new();

        private static ReadOnlySpan<byte> Program =>
        [
            0x8A, 0x42, (byte)Status,     // poll: mov al, [edx+5]
            0xA8, IsEmpty, 0x74, 2,       //       test al, 20h; jz next
            0x88, 0x02,                   //       mov [edx], al
            0x49, 0x75, 0xF4,             // next: dec ecx; jnz poll
        ];

        // Unsafe: the callbacks are static and outlive the emulator.
        public unsafe Emulator() : base(Role.Unicorn, "a program's loop, a uc_mmio_map")
        {
            UnicornError error = UnicornApi.MapDevice(_memory.Handle, EmulatedMemory.Start, BufferBytes, &Load, 0, &Store, 0);
            EmulatedMemory.Require(error, "uc_mmio_map");
            _memory.Map(Code, BufferBytes, EmulatedMemory.All);
            _memory.Write(Code, Program);
        }

        // Unsafe: the emulator reads a word of the stack.
        public override unsafe void Prepare(int count)
        {
            ulong start = EmulatedMemory.Start;
            EmulatedMemory.Require(UnicornApi.WriteRegister(_memory.Handle, UnicornRegister.Ecx, &count), "uc_reg_write");
            EmulatedMemory.Require(UnicornApi.WriteRegister(_memory.Handle, UnicornRegister.Edx, &start), "uc_reg_write");
            Device.Start();
        }

        public override void Run(int count) =>
            EmulatedMemory.Require(UnicornApi.Start(_memory.Handle, Code, Code + (ulong)Program.Length, 0, 0), "uc_emu_start");

        public override void Verify(int count) => Device.Verify(count);

        protected override void Dispose(bool disposing)
        {
            if (disposing) _memory.Dispose();
            base.Dispose(disposing);
        }

        [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
        private static ulong Load(nint engine, ulong offset, uint byteLength, nint user) => Device.Load(offset, (int)byteLength);

        [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
        private static void Store(nint engine, ulong offset, uint byteLength, ulong value, nint user) =>
            Device.Store(offset, (int)byteLength, value);
    }
}
