using System.Buffers.Binary;
using Paging.Processors;

namespace Paging.WindowsGuest.Threads;

/// <summary>Registers as exception handlers see them: CONTEXT of winnt.h for x86, 0x2CC bytes.</summary>
/// <remarks>The floating-point state is kept by the processor and not shown: its fields are zero, and their flag is clear.</remarks>
internal static class ContextRecord
{
    public const int ByteLength = 0x2CC;

    private const uint ControlIntegerSegments = 0x1_0007;    // CONTEXT_FULL
    private const int Gs = 0x8C, Fs = 0x90, Es = 0x94, Ds = 0x98, Edi = 0x9C, Esi = 0xA0, Ebx = 0xA4, Edx = 0xA8, Ecx = 0xAC, Eax = 0xB0,
        Ebp = 0xB4, Eip = 0xB8, Cs = 0xBC, Eflags = 0xC0, Esp = 0xC4, Ss = 0xC8;

    public static void Write(Span<byte> record, in GuestRegisters registers)
    {
        record[..ByteLength].Clear();
        ReadOnlySpan<(int Offset, uint Value)> words =
        [
            (0, ControlIntegerSegments), (Gs, registers.Gs), (Fs, registers.Fs), (Es, registers.Es), (Ds, registers.Ds),
            (Edi, registers.Edi), (Esi, registers.Esi), (Ebx, registers.Ebx), (Edx, registers.Edx), (Ecx, registers.Ecx),
            (Eax, registers.Eax), (Ebp, registers.Ebp), (Eip, registers.Eip), (Cs, registers.Cs), (Eflags, registers.Eflags),
            (Esp, registers.Esp), (Ss, registers.Ss),
        ];
        foreach ((int offset, uint value) in words) BinaryPrimitives.WriteUInt32LittleEndian(record[offset..], value);
    }

    /// <summary>Reads back the registers that a handler may have changed. Selectors stay: they are the system's.</summary>
    public static void Read(ReadOnlySpan<byte> record, ref GuestRegisters registers)
    {
        registers.Edi = Word(record, Edi);
        registers.Esi = Word(record, Esi);
        registers.Ebx = Word(record, Ebx);
        registers.Edx = Word(record, Edx);
        registers.Ecx = Word(record, Ecx);
        registers.Eax = Word(record, Eax);
        registers.Ebp = Word(record, Ebp);
        registers.Eip = Word(record, Eip);
        registers.Eflags = Word(record, Eflags);
        registers.Esp = Word(record, Esp);
    }

    private static uint Word(ReadOnlySpan<byte> record, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(record[offset..]);
}
