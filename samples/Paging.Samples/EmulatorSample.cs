using System.Diagnostics;
using System.Globalization;
using Paging.Core;
using Paging.Native;
using Paging.Samples.Mos6502;

namespace Paging.Samples;

/// <summary>An emulator of an 8-bit machine: fixed devices, banks, ROM, snapshots, a watch, a rewind, workers.</summary>
public static class EmulatorSample
{
    // LDX #0
    // next: TXA, STA $8000, STX $10      the bank of X
    //       LDA #0, STA $11, LDY #0
    // loop: CLC, LDA $11, ADC $8000,Y, STA $11, INY, BNE loop
    //       LDA $11, STA $D000           the sum of its first 256 bytes to the port
    //       LDX $10, INX, CPX #4, BNE next
    //       BRK
    private static readonly byte[] Program =
    [
        0xA2, 0, 0x8A, 0x8D, 0, 0x80, 0x86, 0x10, 0xA9, 0, 0x85, 0x11, 0xA0, 0,
        0x18, 0xA5, 0x11, 0x79, 0, 0x80, 0x85, 0x11, 0xC8, 0xD0, 0xF5,
        0xA5, 0x11, 0x8D, 0, 0xD0, 0xA6, 0x10, 0xE8, 0xE0, 4, 0xD0, 0xDD, 0,
    ];

    /// <summary>Runs it to the end, from a snapshot in the middle again, and in two workers.</summary>
    public static void Run(TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(output);
        (byte[] cartridge, byte[] rom) = (NewCartridge(), NewRom());
        using PagingEngine engine = new(new EngineOptions { RamBytes = 1 << 20 });
        Machine machine = Machine.Build(engine, cartridge, rom, value => output.Write($" {value:x2}"));
        output.Write("the sums of the banks:");
        machine.Processor.Run(3_000);    // in the second bank
        using Snapshot middle = machine.Process.TakeSnapshot();
        machine.Processor.Run(long.MaxValue);
        output.Write("\nfrom the snapshot again:");
        Require(middle.Restore());
        int stores = 0;
        using (machine.Process.Memory.Mmu.Watch(new(0x11), 1, WatchedAccesses.Write, _ => stores++))
            machine.Processor.Run(long.MaxValue);
        output.WriteLine($"\nstores to $11 since: {stores}");

        RewindFrames(machine, middle, output);
        ProcessImage image = ProcessImage.Of(middle);
        string[] lines = new string[2];
        Parallel.For(0, lines.Length, worker =>
        {
            using PagingEngine own = new(new EngineOptions { RamBytes = 1 << 20 });
            Machine clone = Machine.Clone(own, image, cartridge, rom, value => lines[worker] += $" {value:x2}");
            clone.Processor.Run(long.MaxValue);
        });
        for (int worker = 0; worker < lines.Length; worker++) output.WriteLine($"worker {worker}:{lines[worker]}");
    }

    /// <summary>Records a state each frame of 100 instructions, goes back while a key is down, and plays on from there.</summary>
    private static void RewindFrames(Machine machine, Snapshot start, TextWriter output)
    {
        using Rewind rewind = machine.Process.OpenRewind(new() { BudgetBytes = 1 << 20, Spacings = [new(1, 20), new(10, 20)] });
        Require(start.Restore());
        output.Write("recorded:");
        do Require(rewind.Record());
        while (machine.Processor.Run(100) == 100);
        long each = rewind.HeldBytes / rewind.States.Count;
        output.WriteLine($"\nframes {rewind.Current!.Number + 1}, kept {rewind.States.Count}, {each >> 10} KiB each");
        for (int frame = 0; frame < 15; frame++) Require(rewind.Restore(rewind.Previous!));
        output.Write($"again from frame {rewind.Current!.Number}:");
        machine.Processor.Run(long.MaxValue);
        output.WriteLine();
    }

    private static void Require(Errno error)
    {
        if (error != Errno.None) throw new InvalidOperationException($"There is no memory to record or restore a state: {error}.");
    }

    /// <summary>Measures the machine beside one whose memory is an array.</summary>
    public static void Measure(TextWriter output, int rounds = 12)
    {
        ArgumentNullException.ThrowIfNull(output);
        byte[] rom = NewRom();
        ReadOnlySpan<byte> endless = [0xA2, 0, 0x18, 0xA5, 0x11, 0x79, 0, 0x02, 0x85, 0x11, 0x99, 0, 3, 0xC8, 0x4C, 2, 0xE0];
        endless.CopyTo(rom);
        using PagingEngine engine = new(new EngineOptions { RamBytes = 1 << 20 });
        Machine machine = Machine.Build(engine, NewCartridge(), rom, static _ => { });
        byte[] memory = new byte[0x1_0000];
        rom.CopyTo(memory, 0xE000);
        Processor<ArrayBus> plain = new(new(memory));
        plain.Reset();
        double paged = double.MaxValue, array = double.MaxValue;
        for (int round = 0; round < rounds; round++)
        {
            array = Math.Min(array, Time(plain.Run));
            paged = Math.Min(paged, Time(machine.Processor.Run));
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"an instruction: {paged:f2} ns, in an array {array:f2} ns"));

        static double Time(Func<long, long> run)
        {
            const long count = 5_000_000;
            long start = Stopwatch.GetTimestamp();
            _ = run(count);
            return Stopwatch.GetElapsedTime(start).TotalNanoseconds / count;
        }
    }

    private static byte[] NewCartridge()
    {
        byte[] banks = GC.AllocateArray<byte>(4 * 0x4000, pinned: true);
        for (int i = 0; i < banks.Length; i++) banks[i] = (i & 0xFF) <= (i >> 14) * 16 ? (byte)1 : (byte)0;
        return banks;
    }

    private static byte[] NewRom()
    {
        byte[] rom = new byte[0x2000];
        Program.CopyTo(rom, 0);
        rom[0x1FFD] = 0xE0;    // the reset vector: e000
        return rom;
    }

    private readonly struct ArrayBus(byte[] memory) : IBus
    {
        public byte Read(ushort address) => memory[address];

        public void Write(ushort address, byte value) => memory[address] = value;
    }
}
