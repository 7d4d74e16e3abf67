using System.Buffers.Binary;
using Paging.Native;
using Paging.Programs.Cores;

namespace Paging.Programs.Images;

/// <summary>The control registers that decide how a processor walks.</summary>
/// <remarks>QEMU: target/i386/arch_dump.c, QEMUCPUState: the note "QEMU" of dump-guest-memory.</remarks>
/// <param name="Cr3">Where the highest table is.</param>
/// <param name="Cr4">The extensions that are switched on.</param>
public readonly record struct ControlRegisters(PhysicalAddress Cr3, ulong Cr4)
{
    private const int Cr0At = 392;    // version, size, 18 registers and 10 segments of 24 bytes come before

    /// <summary>CR4.PAE.</summary>
    public bool IsPae => (Cr4 & (1 << 5)) != 0;

    /// <summary>Finds those of the first processor in notes; null if there are none.</summary>
    internal static ControlRegisters? Find(ReadOnlySpan<byte> notes)
    {
        ElfNotes all = new(notes);
        while (all.TryNext())
        {
            ReadOnlySpan<byte> state = all.Content;
            if (!all.Owner.SequenceEqual("QEMU\0"u8) || state.Length < Cr0At + (5 * sizeof(ulong))) continue;
            return new(new(BinaryPrimitives.ReadUInt64LittleEndian(state[(Cr0At + 24)..])),
                BinaryPrimitives.ReadUInt64LittleEndian(state[(Cr0At + 32)..]));
        }

        return null;
    }
}
