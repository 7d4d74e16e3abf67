using System.Buffers.Binary;
using Paging.Native;
using Paging.Programs.Cores;

namespace Paging.Programs.Images;

/// <summary>The registers that decide how a processor walks.</summary>
/// <remarks>QEMU: target/i386/arch_dump.c, QEMUCPUState: the note "QEMU" of dump-guest-memory. It does not have EFER.</remarks>
/// <param name="Cr0">Whether it walks at all.</param>
/// <param name="Cr3">Where the highest table is.</param>
/// <param name="Cr4">The extensions that are switched on.</param>
/// <param name="Is64BitCode">True if the processor was in code of 64 bits: the L bit of CS, which only long mode has.</param>
public readonly record struct ControlRegisters(ulong Cr0, PhysicalAddress Cr3, ulong Cr4, bool Is64BitCode)
{
    //  0 version, size    8 18 registers    152 ten segments of 24 bytes: selector, limit, flags, padding, base    392 CR0 to CR4
    private const int CodeSegmentFlagsAt = 152 + 8, Cr0At = 392;
    private const uint LongCode = 1 << 21;    // L, in the descriptor's second word

    /// <summary>CR0.PG: without it, addresses are physical.</summary>
    public bool IsPaging => (Cr0 & (1u << 31)) != 0;

    /// <summary>CR4.PAE.</summary>
    public bool IsPae => (Cr4 & (1 << 5)) != 0;

    /// <summary>True if entries of the directory may map large pages: CR4.PSE, or PAE (SDM 3A, 4.3 and 4.4).</summary>
    public bool HasLargePages => IsPae || (Cr4 & (1 << 4)) != 0;

    /// <summary>Finds those of the first processor whose paging is on, else of the first one; null if there are none.</summary>
    internal static ControlRegisters? Find(ReadOnlySpan<byte> notes)
    {
        ElfNotes all = new(notes);
        ControlRegisters? first = null;
        while (all.TryNext())
        {
            ReadOnlySpan<byte> state = all.Content;
            if (!all.Owner.SequenceEqual("QEMU\0"u8) || state.Length < Cr0At + (5 * sizeof(ulong))) continue;
            ControlRegisters found = new(Word(state, Cr0At), new(Word(state, Cr0At + 24)), Word(state, Cr0At + 32),
                (BinaryPrimitives.ReadUInt32LittleEndian(state[CodeSegmentFlagsAt..]) & LongCode) != 0);
            if (found.IsPaging) return found;
            first ??= found;
        }

        return first;
    }

    private static ulong Word(ReadOnlySpan<byte> state, int at) => BinaryPrimitives.ReadUInt64LittleEndian(state[at..]);
}
