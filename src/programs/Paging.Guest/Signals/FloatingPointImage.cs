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
    private const int OldByteLength = 112, NewByteLength = GuestContext.FloatingPointByteLength, StackInOld = 28,
        StatusAgain = 108;
    private const int HeaderByteLength = 64;    // struct xstate_header
    private const ulong FloatingPointPart = 1, VectorPart = 2, LegacyParts = 3, PartsWithMxcsr = 7;    // XFEATURE_MASK_FP, SSE, YMM
    private const ushort FirstControl = 0x37F;    // fninit
    private const uint FirstMxcsr = 0x1F80, DefaultMxcsrMask = 0xFFBF;    // SDM 1, 10.2.3 and 11.6.6
    private const uint FirstMagic = 0x4650_5853, SecondMagic = 0x4650_5845;    // FP_XSTATE_MAGIC1 and 2

    /// <summary>Returns the place of an image that ends below an address, with xsave's part aligned to 64 bytes.</summary>
    public static VirtualAddress PlaceBelow(VirtualAddress end, GuestTask task)
    {
        int extended = task.Context.ExtendedByteLength;
        if (extended == 0) return new((end - ByteLength).Value & ~63u);
        uint behindOld = (end - (uint)(NewByteLength + extended + sizeof(uint))).Value & ~63u;
        return new VirtualAddress(behindOld) - OldByteLength;    // the part of 64-byte alignment begins after fnsave's
    }

    public static bool TrySave(GuestTask task, VirtualAddress at)
    {
        Span<byte> image = stackalloc byte[ByteLength];
        image.Clear();
        Span<byte> extended = image[OldByteLength..];
        task.Context.SaveFloatingPoint(extended);
        WriteOld(image, extended);
        return task.Context.ExtendedByteLength == 0 ? task.User.TryCopyTo(at, image) : TrySaveExtended(task, at, image);
    }

    /// <summary>The state as fnsave stores it, 108 bytes, for a core file (NT_FPREGSET).</summary>
    public static byte[] OldOf(GuestTask task)
    {
        byte[] image = new byte[OldByteLength];
        WriteOld(image, VectorsOf(task));
        return image[..StatusAgain];    // the status again is of signal frames only
    }

    /// <summary>The state as fxsave stores it, for a core file (NT_PRXFPREG).</summary>
    public static byte[] VectorsOf(GuestTask task)
    {
        byte[] area = new byte[NewByteLength];
        task.Context.SaveFloatingPoint(area);
        area.AsSpan(Software).Clear();
        return area;
    }

    /// <summary>
    /// The x87's, SSE's and AVX's state as xsave stores it, for a core file (NT_X86_XSTATE); empty on processors without AVX.
    /// </summary>
    /// <remarks>XCR0 stands in the software's bytes, where gdb looks for it. Parts after AVX are left out.</remarks>
    public static byte[] ExtendedOf(GuestTask task)
    {
        const int wideByteLength = 256;    // YMM_Hi128: the upper halves, at byte 576 (SDM 1, 13.4.3)
        if (task.Context.ExtendedByteLength < HeaderByteLength + wideByteLength) return [];
        byte[] extended = new byte[task.Context.ExtendedByteLength];
        task.Context.SaveExtended(extended);
        byte[] area = [.. VectorsOf(task), .. extended.AsSpan(0, HeaderByteLength + wideByteLength)];
        BinaryPrimitives.WriteUInt64LittleEndian(area.AsSpan(Software), PartsWithMxcsr);
        ulong used = WideWord(area, NewByteLength) & PartsWithMxcsr;
        BinaryPrimitives.WriteUInt64LittleEndian(area.AsSpan(NewByteLength), used | LegacyParts);
        return area;
    }

    private static void WriteOld(Span<byte> image, Span<byte> extended)
    {
        Put(image, 0, 0xFFFF_0000u | Word(extended, Control));    // fnsave stores ones above 16 bits (SDM 1, 8.1.10)
        Put(image, 4, 0xFFFF_0000u | Word(extended, Status));    // fsave sets the unused upper halves
        Put(image, 8, 0xFFFF_0000u | FullTags(extended));
        extended.Slice(InstructionPointer, 4).CopyTo(image[12..]);
        Put(image, 16, Word(extended, InstructionSegment) | ((uint)Word(extended, Opcode) << 16));
        extended.Slice(DataPointer, 4).CopyTo(image[20..]);
        Put(image, 24, 0xFFFF_0000u | Word(extended, DataSegment));
        for (int i = 0; i < 8; i++) StackRegister(extended, i).CopyTo(StackRegisterOfOld(image, i));
        extended.Slice(Status, 2).CopyTo(image[StatusAgain..]);    // the magic number after it is 0: fxsave follows
    }

    /// <summary>
    /// Restores the state that an image holds; without an image, and after a bad one, it becomes that of a new program.
    /// </summary>
    /// <returns>False if the image cannot be read, or no processor could load it.</returns>
    /// <remarks>Linux: fpu__restore_sig, __fpu_restore_sig, copy_uabi_to_xstate (arch/x86/kernel/fpu).</remarks>
    public static bool TryRestore(GuestTask task, VirtualAddress at)
    {
        if (at != VirtualAddress.Zero && TryLoad(task, at)) return true;
        Span<byte> first = stackalloc byte[NewByteLength];
        first.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(first, FirstControl);
        Put(first, Mxcsr, FirstMxcsr);
        task.Context.RestoreFloatingPoint(first);
        if (task.Context.ExtendedByteLength != 0) task.Context.RestoreExtended(new byte[task.Context.ExtendedByteLength]);
        return at == VirtualAddress.Zero;
    }

    private static bool TryLoad(GuestTask task, VirtualAddress at)
    {
        Span<byte> image = stackalloc byte[ByteLength], present = stackalloc byte[NewByteLength];
        if (!task.User.TryCopyFrom(at, image)) return false;
        task.Context.SaveFloatingPoint(present);
        int length = task.Context.ExtendedByteLength;
        Span<byte> legacy = image.Slice(OldByteLength, NewByteLength), state = new byte[length];
        ulong parts = LegacyParts;
        if (length != 0 && !TryReadExtended(task, at, legacy, WideWord(present, Software), state, out parts)) return false;
        uint mask = DoubleWord(present, MxcsrMask);
        bool hasMxcsr = (parts & PartsWithMxcsr) != 0;
        if (hasMxcsr && (DoubleWord(legacy, Mxcsr) & ~(mask == 0 ? DefaultMxcsrMask : mask)) != 0) return false;
        if (!hasMxcsr) present.Slice(Mxcsr, sizeof(uint)).CopyTo(legacy[Mxcsr..]);
        FoldOld(image, legacy);
        if (length != 0)
        {
            parts &= WideWord(legacy, Software + 8) | (DoubleWord(legacy, Software) == FirstMagic ? 0 : LegacyParts);
            BinaryPrimitives.WriteUInt64LittleEndian(state, parts);
        }

        if ((parts & FloatingPointPart) == 0) ClearFloatingPoint(legacy);
        if ((parts & VectorPart) == 0) legacy[Vectors..Software].Clear();
        task.Context.RestoreFloatingPoint(legacy);
        if (length != 0) task.Context.RestoreExtended(state);
        return true;
    }

    /// <summary>
    /// Reads xsave's part and which parts of the state it holds. In a frame without the magic numbers those of fxsave. Linux:
    /// check_xstate_in_sigframe, validate_user_xstate_header.
    /// </summary>
    private static bool TryReadExtended(GuestTask task, VirtualAddress at, Span<byte> legacy, ulong possible, Span<byte> state,
        out ulong parts)
    {
        parts = LegacyParts;
        uint all = DoubleWord(legacy, Software + 4), size = DoubleWord(legacy, Software + 16);    // extended_size, xstate_size
        bool isWhole = DoubleWord(legacy, Software) == FirstMagic && size >= NewByteLength + HeaderByteLength
            && size <= (uint)(NewByteLength + state.Length) && size <= all;
        uint second = 0;
        if (isWhole && (!task.User.TryRead(at + OldByteLength + size, out second) || !task.User.TryCopyFrom(at + ByteLength, state)))
            return false;
        if (second != SecondMagic)
        {
            state.Clear();
            Put(legacy, Software, 0);    // as fxsave's alone
            return true;
        }

        parts = WideWord(state, 0);
        // Only parts that there are, the form that is not compacted, and nothing in the rest of the header
        return (parts & ~possible) == 0 && !state[8..HeaderByteLength].ContainsAnyExcept((byte)0);
    }

    /// <summary>Takes the x87's state from fnsave's half, where handlers of SIGFPE change it. Linux: convert_to_fxsr.</summary>
    private static void FoldOld(Span<byte> image, Span<byte> legacy)
    {
        image[..2].CopyTo(legacy[Control..]);
        image.Slice(4, 2).CopyTo(legacy[Status..]);
        int tags = Word(image, 8), used = 0;
        for (int i = 0; i < 8; i++)
        {
            if (((tags >> (i * 2)) & 3) != 3) used |= 1 << i;
        }

        (legacy[Tags], legacy[Tags + 1]) = ((byte)used, 0);
        image.Slice(12, 4).CopyTo(legacy[InstructionPointer..]);
        image.Slice(18, 2).CopyTo(legacy[Opcode..]);
        image.Slice(20, 4).CopyTo(legacy[DataPointer..]);
        for (int i = 0; i < 8; i++) StackRegisterOfOld(image, i).CopyTo(StackRegister(legacy, i));
    }

    private static void ClearFloatingPoint(Span<byte> legacy)
    {
        legacy[..Mxcsr].Clear();
        legacy[Stack..Vectors].Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(legacy, FirstControl);
    }

    private static bool TrySaveExtended(GuestTask task, VirtualAddress at, Span<byte> image)
    {
        Span<byte> state = new byte[task.Context.ExtendedByteLength + sizeof(uint)];
        task.Context.SaveExtended(state);
        state[0] |= (byte)LegacyParts;    // also if they are initial: a handler may change them alone (save_xstate_epilog)
        Put(state, state.Length - sizeof(uint), SecondMagic);
        Span<byte> software = image[(OldByteLength + Software)..];    // magic, length of all, parts, length of the state
        ulong parts = BinaryPrimitives.ReadUInt64LittleEndian(software);    // as the host's kernel reports them
        Put(software, 0, FirstMagic);
        Put(software, 4, (uint)(ByteLength + state.Length));
        BinaryPrimitives.WriteUInt64LittleEndian(software[8..], parts);
        Put(software, 16, (uint)(NewByteLength + task.Context.ExtendedByteLength));
        return task.User.TryCopyTo(at, image) && task.User.TryCopyTo(at + ByteLength, state);
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

    private static uint DoubleWord(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static ulong WideWord(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);

    private static void Put(Span<byte> bytes, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes[at..], value);
}
