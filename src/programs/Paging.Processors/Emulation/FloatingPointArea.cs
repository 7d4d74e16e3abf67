using System.Buffers.Binary;
using Paging.Processors.Unicorn;
using static Paging.Processors.FloatingPointLayout;

namespace Paging.Processors.Emulation;

/// <summary>The floating-point state of a saved context in the layout of <c>fxsave</c>, as Linux puts it into a signal frame.</summary>
internal static class FloatingPointArea
{
    private const int RegisterCount = 8;
    private const UnicornRegister Stack0 = (UnicornRegister)114, Vector0 = (UnicornRegister)122, TagWord = (UnicornRegister)247;

    // SAFETY: the slice is checked first; eight registers of 16 bytes end at byte 288 of 512.
    public static unsafe void Save(nint context, Span<byte> area)
    {
        area[..GuestContext.FloatingPointByteLength].Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(area, (ushort)Read(context, UnicornRegister.FpuControl));
        BinaryPrimitives.WriteUInt16LittleEndian(area[Status..], (ushort)Read(context, UnicornRegister.FpuStatus));
        area[Tags] = Abridge((ushort)Read(context, TagWord));
        BinaryPrimitives.WriteUInt32LittleEndian(area[Mxcsr..], (uint)Read(context, UnicornRegister.Mxcsr));
        BinaryPrimitives.WriteUInt32LittleEndian(area[MxcsrMask..], 0xFFFF);
        fixed (byte* bytes = area)
        {
            for (int i = 0; i < RegisterCount; i++)
            {
                UnicornApi.Check(UnicornApi.ReadContextRegister(context, Stack0 + i, bytes + Stack + (i * RegisterByteLength)),
                    "read the floating-point stack");
                UnicornApi.Check(UnicornApi.ReadContextRegister(context, Vector0 + i, bytes + Vectors + (i * RegisterByteLength)),
                    "read a vector register");
            }
        }
    }

    /// <summary>Reads XMM0 to XMM7 of a machine that is executing.</summary>
    // SAFETY: the length is checked; each register takes 16 of the 128 bytes.
    public static unsafe void ReadVectors(nint machine, Span<byte> vectors)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(vectors.Length, RegisterCount * RegisterByteLength, nameof(vectors));
        fixed (byte* bytes = vectors)
        {
            for (int i = 0; i < RegisterCount; i++)
                UnicornApi.Check(UnicornApi.ReadRegister(machine, Vector0 + i, bytes + (i * RegisterByteLength)), "read a vector register");
        }
    }

    // SAFETY: area[..GuestContext.FloatingPointByteLength] is checked before it is pinned; the registers end at byte 288 of 512.
    public static unsafe void Restore(nint context, ReadOnlySpan<byte> area)
    {
        Write(context, UnicornRegister.FpuControl, BinaryPrimitives.ReadUInt16LittleEndian(area));
        // with the top of the stack
        Write(context, UnicornRegister.FpuStatus, BinaryPrimitives.ReadUInt16LittleEndian(area[Status..]));
        Write(context, UnicornRegister.Mxcsr, BinaryPrimitives.ReadUInt32LittleEndian(area[Mxcsr..]) & 0xFFFF);
        fixed (byte* bytes = area[..GuestContext.FloatingPointByteLength])
        {
            for (int i = 0; i < RegisterCount; i++)
            {
                UnicornApi.Check(UnicornApi.WriteContextRegister(context, Stack0 + i, bytes + Stack + (i * RegisterByteLength)),
                    "write the floating-point stack");
                UnicornApi.Check(UnicornApi.WriteContextRegister(context, Vector0 + i, bytes + Vectors + (i * RegisterByteLength)),
                    "write a vector register");
            }
        }

        Write(context, TagWord, Expand(area[Tags]));    // last: writing a register of the stack may mark it as used
    }

    /// <summary>The errors that are set and not masked, in the bits of the x87 status word.</summary>
    public static uint Errors(UnicornMachine machine, ProcessorVector vector)
    {
        if (vector == ProcessorVector.FloatingPoint)
            return machine.Read(UnicornRegister.FpuStatus) & ~machine.Read(UnicornRegister.FpuControl) & 0x3F;
        uint mxcsr = machine.Read(UnicornRegister.Mxcsr);
        return mxcsr & ~(mxcsr >> 7) & 0x3F;
    }

    // Converts the tag word between its two forms: two bits per register, 3 if it is empty, and one bit per register, set if it is in use.
    private static byte Abridge(ushort tags)
    {
        int used = 0;
        for (int i = 0; i < RegisterCount; i++)
            if (((tags >> (i * 2)) & 3) != 3) used |= 1 << i;
        return (byte)used;
    }

    private static ushort Expand(byte used)
    {
        int tags = 0;
        for (int i = 0; i < RegisterCount; i++)
            if ((used & (1 << i)) == 0) tags |= 3 << (i * 2);
        return (ushort)tags;
    }

    // SAFETY: no control register is wider than the local.
    private static unsafe ulong Read(nint context, UnicornRegister register)
    {
        ulong value = 0;
        UnicornApi.Check(UnicornApi.ReadContextRegister(context, register, &value), "read a floating-point register");
        return value;
    }

    // SAFETY: as for Read.
    private static unsafe void Write(nint context, UnicornRegister register, ulong value) =>
        UnicornApi.Check(UnicornApi.WriteContextRegister(context, register, &value), "write a floating-point register");
}
