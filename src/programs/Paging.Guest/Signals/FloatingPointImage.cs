using System.Buffers.Binary;
using Paging.Guest.Tasks;
using Paging.Native;
using Paging.Processors;
using static Paging.Processors.FloatingPointLayout;

namespace Paging.Guest.Signals;

/// <summary>
/// The floating-point state in a signal frame: the 112 bytes of fnsave with a status word, then the 512 of fxsave. With xsave, the rest
/// follows between two magic numbers.
/// </summary>
/// <remarks>
/// Linux: struct _fpstate_32 (arch/x86/include/uapi/asm/sigcontext.h); convert_from_fxsr (arch/x86/kernel/fpu/regset.c);
/// save_xstate_epilog, check_xstate_in_sigframe (arch/x86/kernel/fpu/signal.c).
/// </remarks>
internal static class FloatingPointImage
{
    private const int ByteLength = 624;    // 112 + 512
    private const int OldByteLength = 112, NewByteLength = GuestContext.FloatingPointByteLength, StackInOld = 28;
    private const uint FirstMagic = 0x4650_5853, SecondMagic = 0x4650_5845;    // FP_XSTATE_MAGIC1 and 2

    /// <summary>Returns the place of an image that ends below an address, with xsave's part aligned to 64 bytes.</summary>
    public static VirtualAddress PlaceBelow(VirtualAddress end, GuestTask task)
    {
        int extended = task.Context.ExtendedByteLength;
        if (extended == 0) return new((end - ByteLength).Value & ~63u);
        uint behindOld = (end - (uint)(NewByteLength + extended + sizeof(uint))).Value & ~63u;
        return new VirtualAddress(behindOld) - OldByteLength;    // the part of 64-byte alignment begins behind fnsave's
    }

    public static bool TrySave(GuestTask task, VirtualAddress at)
    {
        Span<byte> image = stackalloc byte[ByteLength];
        image.Clear();
        Span<byte> extended = image[OldByteLength..];
        task.Context.SaveFloatingPoint(extended);
        Put(image, 0, 0xFFFF_0000u | Word(extended, Control));    // fnsave stores ones above 16 bits (SDM 1, 8.1.10)
        Put(image, 4, 0xFFFF_0000u | Word(extended, Status));    // fsave sets the unused upper halves
        Put(image, 8, 0xFFFF_0000u | FullTags(extended));
        extended.Slice(InstructionPointer, 4).CopyTo(image[12..]);
        Put(image, 16, Word(extended, InstructionSegment) | ((uint)Word(extended, Opcode) << 16));
        extended.Slice(DataPointer, 4).CopyTo(image[20..]);
        Put(image, 24, 0xFFFF_0000u | Word(extended, DataSegment));
        for (int i = 0; i < 8; i++) StackRegister(extended, i).CopyTo(StackRegisterOfOld(image, i));
        extended.Slice(Status, 2).CopyTo(image[108..]);    // the status again; the magic number after it is 0: fxsave follows
        return task.Context.ExtendedByteLength == 0 ? task.User.TryCopyTo(at, image) : TrySaveExtended(task, at, image);
    }

    public static bool TryRestore(GuestTask task, VirtualAddress at)
    {
        Span<byte> image = stackalloc byte[ByteLength];
        if (!task.User.TryCopyFrom(at, image)) return false;
        Span<byte> extended = image.Slice(OldByteLength, NewByteLength);
        for (int i = 0; i < 8; i++) StackRegisterOfOld(image, i).CopyTo(StackRegister(extended, i));
        task.Context.RestoreFloatingPoint(extended);
        return task.Context.ExtendedByteLength == 0 || TryRestoreExtended(task, at, extended);
    }

    private static bool TrySaveExtended(GuestTask task, VirtualAddress at, Span<byte> image)
    {
        Span<byte> state = new byte[task.Context.ExtendedByteLength + sizeof(uint)];
        task.Context.SaveExtended(state);
        Put(state, state.Length - sizeof(uint), SecondMagic);
        Span<byte> software = image[(OldByteLength + Software)..];    // magic, length of all, parts, length of the state
        ulong parts = BinaryPrimitives.ReadUInt64LittleEndian(software);    // as the host's kernel reports them
        Put(software, 0, FirstMagic);
        Put(software, 4, (uint)(ByteLength + state.Length));
        BinaryPrimitives.WriteUInt64LittleEndian(software[8..], parts);
        Put(software, 16, (uint)(NewByteLength + task.Context.ExtendedByteLength));
        return task.User.TryCopyTo(at, image) && task.User.TryCopyTo(at + ByteLength, state);
    }

    /// <summary>Restores xsave's part. In a frame without the magic numbers, that part becomes the initial state.</summary>
    private static bool TryRestoreExtended(GuestTask task, VirtualAddress at, ReadOnlySpan<byte> legacy)
    {
        Span<byte> state = new byte[task.Context.ExtendedByteLength + sizeof(uint)];
        bool isWhole = BinaryPrimitives.ReadUInt32LittleEndian(legacy[Software..]) == FirstMagic;
        if (isWhole && !task.User.TryCopyFrom(at + ByteLength, state)) return false;
        if (!isWhole || BinaryPrimitives.ReadUInt32LittleEndian(state[^sizeof(uint)..]) != SecondMagic) state.Clear();
        task.Context.RestoreExtended(state[..^sizeof(uint)]);
        return true;
    }

    /// <summary>Returns fnsave's tags, which distinguish zero and special numbers, where fxsave's only mark empty registers.</summary>
    private static uint FullTags(Span<byte> extended)
    {
        int top = (Word(extended, Status) >> 11) & 7;    // fxsave stores by ST(i), tags are by physical register
        uint tags = 0;
        for (int i = 0; i < 8; i++)
        {
            uint tag = 3;    // empty; 0 valid, 1 zero, 2 special (SDM 1, 8.1.7)
            if ((extended[Tags] & (1 << i)) != 0) tag = TagOf(StackRegister(extended, (i - top) & 7));
            tags |= tag << (i * 2);
        }

        return tags;
    }

    private static uint TagOf(ReadOnlySpan<byte> register)
    {
        int exponent = Word(register, 8) & 0x7FFF;
        ulong mantissa = BinaryPrimitives.ReadUInt64LittleEndian(register);
        if (exponent == 0x7FFF) return 2;    // special: infinity or NaN (SDM 1 8.1.7)
        if (exponent == 0) return mantissa == 0 ? 1u : 2;
        return mantissa >> 63 != 0 ? 0u : 2;    // without its integer bit a number is unnormal
    }

    private static Span<byte> StackRegister(Span<byte> extended, int index) =>
        extended.Slice(Stack + (index * RegisterByteLength), StackRegisterByteLength);

    private static Span<byte> StackRegisterOfOld(Span<byte> image, int index) =>
        image.Slice(StackInOld + (index * StackRegisterByteLength), StackRegisterByteLength);

    private static ushort Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static void Put(Span<byte> bytes, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes[at..], value);
}
