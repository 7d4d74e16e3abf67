using System.Buffers.Binary;
using Paging.Guest.Tasks;
using Paging.Native;

namespace Paging.Guest.Signals;

/// <summary>
/// The floating-point state in a signal frame: the 112 bytes of fnsave with a status word, and the 512 of fxsave behind them.
/// </summary>
/// <remarks>Linux: struct _fpstate_32 (arch/x86/include/uapi/asm/sigcontext.h); convert_from_fxsr (arch/x86/kernel/fpu/regset.c).</remarks>
internal static class FloatingPointImage
{
    public const int ByteLength = 624;

    private const int OldByteLength = 112, NewByteLength = 512, RegistersInOld = 28, RegistersInNew = 32;

    public static bool TrySave(GuestTask task, VirtualAddress at)
    {
        Span<byte> image = stackalloc byte[ByteLength];
        image.Clear();
        Span<byte> extended = image[OldByteLength..];
        task.Context.SaveFloatingPoint(extended);
        Put(image, 0, 0xFFFF_0000u | Word(extended, 0));       // control
        Put(image, 4, 0xFFFF_0000u | Word(extended, 2));       // status
        Put(image, 8, 0xFFFF_0000u | FullTags(extended));
        extended.Slice(8, 4).CopyTo(image[12..]);              // instruction pointer
        Put(image, 16, Word(extended, 12) | ((uint)Word(extended, 6) << 16));
        extended.Slice(16, 4).CopyTo(image[20..]);             // data pointer
        Put(image, 24, 0xFFFF_0000u | Word(extended, 20));
        for (int i = 0; i < 8; i++) extended.Slice(RegistersInNew + (i * 16), 10).CopyTo(image[(RegistersInOld + (i * 10))..]);
        extended.Slice(2, 2).CopyTo(image[108..]);             // status again; the magic number behind it is 0: fxsave follows
        return task.User.TryCopyTo(at, image);
    }

    public static bool TryRestore(GuestTask task, VirtualAddress at)
    {
        Span<byte> image = stackalloc byte[ByteLength];
        if (!task.User.TryCopyFrom(at, image)) return false;
        Span<byte> extended = image.Slice(OldByteLength, NewByteLength);
        for (int i = 0; i < 8; i++) image.Slice(RegistersInOld + (i * 10), 10).CopyTo(extended[(RegistersInNew + (i * 16))..]);
        task.Context.RestoreFloatingPoint(extended);
        return true;
    }

    /// <summary>fxsave says of each register whether it is empty; fnsave tells zero and special numbers apart as well.</summary>
    private static uint FullTags(ReadOnlySpan<byte> extended)
    {
        int top = (Word(extended, 2) >> 11) & 7;
        uint tags = 0;
        for (int i = 0; i < 8; i++)
        {
            uint tag = 3;
            if ((extended[4] & (1 << i)) != 0) tag = TagOf(extended.Slice(RegistersInNew + (((i - top) & 7) * 16), 10));
            tags |= tag << (i * 2);
        }

        return tags;
    }

    private static uint TagOf(ReadOnlySpan<byte> register)
    {
        int exponent = Word(register, 8) & 0x7FFF;
        ulong mantissa = BinaryPrimitives.ReadUInt64LittleEndian(register);
        if (exponent == 0x7FFF) return 2;
        if (exponent == 0) return mantissa == 0 ? 1u : 2;
        return mantissa >> 63 != 0 ? 0u : 2;
    }

    private static ushort Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static void Put(Span<byte> bytes, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes[at..], value);
}
