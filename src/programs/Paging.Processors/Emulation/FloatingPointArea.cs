using System.Buffers.Binary;
using Paging.Processors.Unicorn;

namespace Paging.Processors.Emulation;

//   0    2    4   5   6     8          24       28             32                160               288        512
//  ┌────┬────┬───┬───┬─────┬──────────┬────────┬─────────────┬─────────────────┬─────────────────┬──────────┐
//  │FCW │FSW │FTW│ 0 │ FOP │ pointers │ MXCSR  │ MXCSR mask  │ ST0 … ST7, 16 B │ XMM0 … XMM7     │ reserved │
//  └────┴────┴───┴───┴─────┴──────────┴────────┴─────────────┴─────────────────┴─────────────────┴──────────┘
/// <summary>The floating-point state of a saved context in the layout of <c>fxsave</c>: what Linux puts into a signal frame.</summary>
internal static class FloatingPointArea
{
    private const int StatusOffset = 2, TagOffset = 4, MxcsrOffset = 24, StackOffset = 32, VectorOffset = 160;
    private const int RegisterCount = 8;
    private const UnicornRegister Stack0 = (UnicornRegister)114, Vector0 = (UnicornRegister)122, Tags = (UnicornRegister)247;

    // Safe: the slice is checked first; eight registers of 16 bytes end at byte 288 of 512.
    public static unsafe void Save(nint context, Span<byte> area)
    {
        area[..GuestContext.FloatingPointByteLength].Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(area, (ushort)Read(context, UnicornRegister.FpuControl));
        BinaryPrimitives.WriteUInt16LittleEndian(area[StatusOffset..], (ushort)Read(context, UnicornRegister.FpuStatus));
        area[TagOffset] = Abridge((ushort)Read(context, Tags));
        BinaryPrimitives.WriteUInt32LittleEndian(area[MxcsrOffset..], (uint)Read(context, UnicornRegister.Mxcsr));
        BinaryPrimitives.WriteUInt32LittleEndian(area[(MxcsrOffset + 4)..], 0xFFFF);
        fixed (byte* bytes = area)
        {
            for (int i = 0; i < RegisterCount; i++)
            {
                UnicornApi.Check(UnicornApi.ReadContextRegister(context, Stack0 + i, bytes + StackOffset + (i * 16)),
                    "read the floating-point stack");
                UnicornApi.Check(UnicornApi.ReadContextRegister(context, Vector0 + i, bytes + VectorOffset + (i * 16)),
                    "read a vector register");
            }
        }
    }

    // Safe: area[..GuestContext.FloatingPointByteLength] is checked before it is pinned; the registers end at byte 288 of 512.
    public static unsafe void Restore(nint context, ReadOnlySpan<byte> area)
    {
        Write(context, UnicornRegister.FpuControl, BinaryPrimitives.ReadUInt16LittleEndian(area));
        // with the top of the stack
        Write(context, UnicornRegister.FpuStatus, BinaryPrimitives.ReadUInt16LittleEndian(area[StatusOffset..]));
        Write(context, UnicornRegister.Mxcsr, BinaryPrimitives.ReadUInt32LittleEndian(area[MxcsrOffset..]) & 0xFFFF);
        fixed (byte* bytes = area[..GuestContext.FloatingPointByteLength])
        {
            for (int i = 0; i < RegisterCount; i++)
            {
                UnicornApi.Check(UnicornApi.WriteContextRegister(context, Stack0 + i, bytes + StackOffset + (i * 16)),
                    "write the floating-point stack");
                UnicornApi.Check(UnicornApi.WriteContextRegister(context, Vector0 + i, bytes + VectorOffset + (i * 16)),
                    "write a vector register");
            }
        }

        Write(context, Tags, Expand(area[TagOffset]));    // last: writing a register of the stack may mark it as used
    }

    /// <summary>The errors that are set and not masked, in the bits of the x87 status word.</summary>
    public static uint Errors(UnicornMachine machine, ProcessorVector vector)
    {
        if (vector == ProcessorVector.FloatingPoint)
            return machine.Read(UnicornRegister.FpuStatus) & ~machine.Read(UnicornRegister.FpuControl) & 0x3F;
        uint mxcsr = machine.Read(UnicornRegister.Mxcsr);
        return mxcsr & ~(mxcsr >> 7) & 0x3F;
    }

    // Two bits a register, 3 for an empty one, become one bit that says it is in use, and back.
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

    // Safe: no control register is wider than the local.
    private static unsafe ulong Read(nint context, UnicornRegister register)
    {
        ulong value = 0;
        UnicornApi.Check(UnicornApi.ReadContextRegister(context, register, &value), "read a floating-point register");
        return value;
    }

    // Safe: as for Read.
    private static unsafe void Write(nint context, UnicornRegister register, ulong value) =>
        UnicornApi.Check(UnicornApi.WriteContextRegister(context, register, &value), "write a floating-point register");
}
