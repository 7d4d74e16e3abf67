using Paging.Bench.Harness;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;

namespace Paging.Bench.Operations.Embedding;

/// <summary>What does a bank switch cost: another 16 KiB of a cartridge at the same addresses, and a load of each page?</summary>
/// <remarks>Expected: populated, the four entries are stored by the call; otherwise each load faults.</remarks>
internal static class BankRaces
{
    private const uint BankBytes = 16384, BankCount = 16;

    public static IEnumerable<RaceDefinition> All =>
    [
        new("bank-switch", "populated", "switch and 4 loads", static scale => Start(scale.Pick(20_000, tiny: 32), MapFlags.Populate)),
        new("bank-switch", "faults", "switch and 4 loads", static scale => Start(scale.Pick(20_000, tiny: 32), MapFlags.None)),
    ];

    private static Race Start(int count, MapFlags more)
    {
        EngineWorld world = new(1 << 20);
        byte[] cartridge = GC.AllocateArray<byte>((int)(BankCount * BankBytes), pinned: true);
        for (int i = 0; i < cartridge.Length; i++) cartridge[i] = (byte)(i >> VirtualAddress.PageShift);
        return new(count, 3, [new Ours(world, cartridge, more), new Table(cartridge)], world);
    }

    private static long SumOf(int count)
    {
        long sum = 0;
        for (int i = 0; i < count; i++)
            for (int page = 0; page < 4; page++) sum += (i % (int)BankCount * 4) + page;
        return sum;
    }

    private sealed class Ours : Contender
    {
        private static readonly VirtualAddress Bank = new(0x1000_8000);

        private readonly EngineWorld _world;
        private readonly GuestFile _file;
        private readonly OpenFileDescription _open;
        private readonly MapFlags _flags;
        private long _sum;

        public Ours(EngineWorld world, byte[] cartridge, MapFlags more)
            : base(Role.Engine, "OpenFileDescription.Map of a ROM, MapFlags.Fixed, Mmu.Read")
        {
            (_world, _flags) = (world, MapFlags.Shared | MapFlags.Fixed | more);
            _file = world.Engine.Files.CreateRom("cartridge", cartridge);
            EngineWorld.Require(_file.Open(FileRights.ReadWrite, OpenFlags.None, out OpenFileDescription? open), "open");
            _open = open!;
        }

        public override void Prepare(int count) => _sum = 0;

        public override void Run(int count)
        {
            Mmu mmu = _world.Mmu;
            for (int i = 0; i < count; i++)
            {
                ulong offset = (uint)i % BankCount * (ulong)BankBytes;
                Errno error = _open.Map(_world.Space, Bank, BankBytes, MemoryProtection.ReadWrite, _flags, offset, out _);
                EngineWorld.Require(error, "mmap");
                for (uint page = 0; page < 4; page++) _sum += mmu.Read<byte>(Bank + (page << VirtualAddress.PageShift));
            }
        }

        public override void Verify(int count) =>
            BrokenBenchmarkException.ThrowUnlessEqual("the sum of what was loaded", SumOf(count), _sum);

        protected override void Dispose(bool disposing)
        {
            _open.Dispose();
            _file.Dispose();
            base.Dispose(disposing);
        }
    }

    /// <summary>The reference: an emulator's own table, an offset for each page, which loads look up.</summary>
    private sealed class Table(byte[] cartridge) : Contender(Role.Reference, "a table of offsets")
    {
        private readonly int[] _offsets = new int[16];
        private long _sum;

        public override void Prepare(int count) => _sum = 0;

        public override void Run(int count)
        {
            for (int i = 0; i < count; i++)
            {
                int offset = i % (int)BankCount * (int)BankBytes;
                for (int page = 0; page < 4; page++) _offsets[8 + page] = offset + (page << VirtualAddress.PageShift);
                for (int page = 0; page < 4; page++) _sum += cartridge[_offsets[8 + page]];
            }
        }

        public override void Verify(int count) =>
            BrokenBenchmarkException.ThrowUnlessEqual("the sum of what was loaded", SumOf(count), _sum);
    }
}
