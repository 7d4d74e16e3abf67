using Paging.Core;
using Paging.Native;

namespace Paging.Samples.Mos6502;

//   0000 ┬ RAM, page 0 as well     8000 ┬ a bank of 16 KiB of the cartridge;     d000 ─ serial port     e000 ┬ ROM
//   7fff ┴                         bfff ┴ a store selects the bank                                        ffff ┴ reset vector at fffc
/// <summary>A machine with 64 KiB of addresses: RAM, a cartridge with banks, a port and a ROM, at their own addresses.</summary>
/// <remarks>Its processor's registers and the selected bank go with snapshots, images and clones (<see cref="IHostState"/>).</remarks>
public sealed class Machine : IHostState
{
    private const uint BankBytes = 0x4000;
    private static readonly VirtualAddress Bank = new(0x8000), Port = new(0xD000), Rom = new(0xE000);

    private readonly UserProcess _process;
    private readonly OpenFileDescription _cartridge;
    private readonly BankRegister _register;
    private readonly byte[] _state = new byte[Processor<Bus>.StateLength + 1];
    private byte _bank;

    private Machine(UserProcess process, OpenFileDescription cartridge, BankRegister register)
    {
        (_process, _cartridge, _register) = (process, cartridge, register);
        Processor = new(new(this));
    }

    /// <summary>The processor.</summary>
    public Processor<Bus> Processor { get; }

    /// <summary>The process whose memory it is.</summary>
    public UserProcess Process => _process;

    /// <summary>Builds a machine in an engine.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="cartridge">Banks of 16 KiB.</param>
    /// <param name="rom">8 KiB.</param>
    /// <param name="print">Gets the bytes that are sent to the port.</param>
    public static Machine Build(PagingEngine engine, byte[] cartridge, byte[] rom, Action<byte> print)
    {
        ArgumentNullException.ThrowIfNull(engine);
        UserProcess process = engine.CreateProcess("machine",
            new() { LowestAddress = VirtualAddress.Zero, HighestAddress = new(0xFFFF) });
        BankRegister register = new();
        using GuestFile banks = engine.Files.CreateRom("cartridge", cartridge, register),    // the mappings keep what they need
            port = engine.Files.CreateDevice("port", new SerialPort(print), VirtualAddress.PageSize),
            code = engine.Files.CreateRom("rom", rom);
        Machine machine = Attach(process, banks, register);
        process.Memory.MapAnonymous(VirtualAddress.Zero, 0x8000);
        process.Memory.MapDevice(Port, port);
        process.Memory.MapDevice(Rom, code);
        machine.ShowBank();
        process.HostState = machine;
        machine.Processor.Reset();
        return machine;
    }

    /// <summary>Makes a clone of an image: the memory is shared until it is written, the devices are its own.</summary>
    public static Machine Clone(PagingEngine engine, ProcessImage image, byte[] cartridge, byte[] rom, Action<byte> print)
    {
        ArgumentNullException.ThrowIfNull(engine);
        BankRegister register = new();
        using GuestFile banks = engine.Files.CreateRom("cartridge", cartridge, register),
            port = engine.Files.CreateDevice("port", new SerialPort(print), VirtualAddress.PageSize),
            code = engine.Files.CreateRom("rom", rom);
        UserProcess process = engine.CloneProcess(image, name => name switch { "cartridge" => banks, "port" => port, _ => code });
        Machine machine = Attach(process, banks, register);
        process.HostState = machine;    // restores the registers that came with the image
        return machine;
    }

    private static Machine Attach(UserProcess process, GuestFile banks, BankRegister register)
    {
        if (banks.Open(FileRights.ReadWrite, OpenFlags.None, out OpenFileDescription? open) is not Errno.None and var error)
            throw new InvalidOperationException($"Cannot open the cartridge: {error}.");
        return new(process, open!, register);
    }

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Save()
    {
        Processor.Save(_state);
        _state[^1] = _bank;
        return _state;
    }

    /// <inheritdoc/>
    public void Restore(ReadOnlySpan<byte> state)
    {
        Processor.Restore(state);
        _bank = _register.Wanted = state[^1];    // the mapping itself is the process's, and is back already
    }

    /// <summary>Maps the selected bank over the one before, with its pages present at once.</summary>
    private void ShowBank()
    {
        _bank = _register.Wanted;
        const MapFlags flags = MapFlags.Shared | MapFlags.Fixed | MapFlags.Populate;
        Errno error = _cartridge.Map(_process.Memory, Bank, BankBytes, MemoryProtection.ReadWrite, flags, _bank * (ulong)BankBytes, out _);
        if (error != Errno.None) throw new InvalidOperationException($"The cartridge has no bank {_bank}: {error}.");
    }

    /// <summary>The bus of the processor: each access is one call of the <see cref="Mmu"/>.</summary>
    public readonly struct Bus(Machine machine) : IBus
    {
        private readonly Mmu _memory = machine._process.Memory.Mmu;

        /// <inheritdoc/>
        public byte Read(ushort address) => _memory.TryRead(new(address), out byte value) ? value : (byte)0xFF;    // an open bus

        /// <inheritdoc/>
        public void Write(ushort address, byte value)
        {
            _ = _memory.TryWrite(new(address), value);    // nothing listens on an open bus
            if (machine._register.Wanted != machine._bank) machine.ShowBank();
        }
    }

    /// <summary>Gets the stores to the cartridge. A device may not call the engine, so the bus switches the bank after the store.</summary>
    private sealed class BankRegister : IMemoryDevice
    {
        public byte Wanted { get; set; }

        public ulong Load(ulong offset, int byteLength) => 0;    // never called: loads find the ROM's bytes

        public void Store(ulong offset, int byteLength, ulong value) => Wanted = (byte)value;
    }

    private sealed class SerialPort(Action<byte> print) : IMemoryDevice
    {
        public ulong Load(ulong offset, int byteLength) => 0;

        public void Store(ulong offset, int byteLength, ulong value) => print((byte)value);
    }
}
