using System.Buffers.Binary;

namespace Paging.Cli.Walk;

/// <summary>The control registers that decide how a processor walks.</summary>
/// <remarks>QEMU: target/i386/arch_dump.c, QEMUCPUState: the note "QEMU" of dump-guest-memory.</remarks>
internal readonly record struct ControlRegisters(ulong Cr3, ulong Cr4)
{
    private const int Cr0At = 392;    // version, size, 18 registers and 10 segments of 24 bytes come before

    /// <summary>CR4.PAE.</summary>
    public bool IsPae => (Cr4 & (1 << 5)) != 0;

    /// <summary>Finds those of the first processor in notes; null if there are none.</summary>
    public static ControlRegisters? Find(ReadOnlySpan<byte> notes)
    {
        const int header = 12;
        while (notes.Length >= header)
        {
            ulong owner = BinaryPrimitives.ReadUInt32LittleEndian(notes), content = BinaryPrimitives.ReadUInt32LittleEndian(notes[4..]);
            ulong contentAt = header + ((owner + 3) & ~3ul), end = contentAt + ((content + 3) & ~3ul);
            if (contentAt + content > (ulong)notes.Length) return null;
            bool isQemu = owner == 5 && notes.Slice(header, 4).SequenceEqual("QEMU"u8);
            if (isQemu && content >= Cr0At + (5 * sizeof(ulong)))
            {
                ReadOnlySpan<byte> state = notes[(int)contentAt..];
                return new(BinaryPrimitives.ReadUInt64LittleEndian(state[(Cr0At + 24)..]),
                    BinaryPrimitives.ReadUInt64LittleEndian(state[(Cr0At + 32)..]));
            }

            notes = notes[(int)Math.Min(end, (ulong)notes.Length)..];
        }

        return null;
    }
}
