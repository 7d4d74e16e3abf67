using Paging.Core;
using Paging.Native;

namespace Paging.Samples;

/// <summary>A serial port: a program prints by storing to its registers, as it would on a machine.</summary>
public static class DeviceSample
{
    private const uint Transmit = 0, Status = 4, Count = 8;

    /// <summary>Prints a line through the port and reads how many bytes it has sent.</summary>
    public static void Run(TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(output);
        using PagingEngine engine = new(new EngineOptions { RamBytes = 16 << 20 });
        using GuestFile port = engine.Files.CreateDevice("serial", new SerialPort(output), 4096);
        UserProcess process = engine.CreateProcess("printer");
        VirtualAddress registers = process.Memory.MapDevice(port);

        Mmu memory = process.Memory.Mmu;
        foreach (char letter in "each store is one call\n")
        {
            while (memory.Read<uint>(registers + Status) == 0) { }    // wait until the port is ready
            memory.Write(registers + Transmit, (byte)letter);
        }

        output.WriteLine($"sent {memory.Read<uint>(registers + Count)} bytes; resident {process.Memory.Usage.ResidentShared} pages");
    }

    private sealed class SerialPort(TextWriter output) : IMemoryDevice
    {
        private uint _sent;
        private bool _isReady;

        public ulong Load(ulong offset, int byteLength)
        {
            if (offset != Status) return offset == Count ? _sent : 0u;
            _isReady = !_isReady;    // busy every other time
            return _isReady ? 1u : 0u;
        }

        public void Store(ulong offset, int byteLength, ulong value)
        {
            if (offset != Transmit) return;
            output.Write((char)value);
            _sent++;
        }
    }
}
