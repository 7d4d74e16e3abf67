using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Paging.Guest.Tasks;
using Paging.Processors;
using Layout = Paging.Processors.FloatingPointLayout;

namespace Paging.Guest.Debugging;

/// <summary>The registers of a thread in gdb's order: eax … gs, st0–st7, the x87's words, xmm0–xmm7, mxcsr.</summary>
/// <remarks>Source: gdb's features/i386/32bit-core.xml and 32bit-sse.xml.</remarks>
internal static class DebugRegisters
{
    private const int CoreCount = 16, StackTop = 16, Control = 24, Vector = 32, VectorControl = 40, Count = 41;
    private const int WordLength = 4, StackLength = Layout.StackRegisterByteLength, VectorLength = Layout.RegisterByteLength;
    private const int EspIndex = 4, EbpIndex = 5, EipIndex = 8;    // the order of GDB, not of the SDM

    // gdb's numbers 0-7 are eax ecx edx ebx esp ebp esi edi, then eip eflags cs ss ds es fs gs: the order of GuestRegisters.
    private static string[] CoreNames => "eax ecx edx ebx esp ebp esi edi eip eflags cs ss ds es fs gs".Split(' ');

    private static string[] ControlNames => "fctrl fstat ftag fiseg fioff foseg fooff fop".Split(' ');

    /// <summary>The description that gdb reads as target.xml.</summary>
    public static string Description { get; } = Describe();

    /// <summary>Reads all of them, for the packet g.</summary>
    public static string ReadAll(GuestTask task)
    {
        StringBuilder text = new();
        for (int register = 0; register < Count; register++) text.Append(Read(task, register));
        return text.ToString();
    }

    /// <summary>Reads one of them; empty if there is no such register.</summary>
    public static string Read(GuestTask task, int register)
    {
        if (register is < 0 or >= Count) return "";
        Span<byte> value = stackalloc byte[VectorLength];
        value = value[..LengthOf(register)];
        if (register < CoreCount)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(value, Words(task)[register]);
            return PacketText.Of(value);
        }

        Span<byte> area = stackalloc byte[GuestContext.FloatingPointByteLength];
        task.Context.SaveFloatingPoint(area);
        if (register < Control) area.Slice(Layout.Stack + ((register - StackTop) * VectorLength), StackLength).CopyTo(value);
        else if (register < Vector) BinaryPrimitives.WriteUInt32LittleEndian(value, ControlWord(area, register - Control));
        else if (register < VectorControl) area.Slice(Layout.Vectors + ((register - Vector) * VectorLength), VectorLength).CopyTo(value);
        else area.Slice(Layout.Mxcsr, WordLength).CopyTo(value);
        return PacketText.Of(value);
    }

    /// <summary>Sets the registers in the packet G.</summary>
    public static bool TryWriteAll(GuestTask task, ReadOnlySpan<byte> values)
    {
        for (int register = 0; register < Count && values.Length >= LengthOf(register); register++)
        {
            if (!TryWrite(task, register, values[..LengthOf(register)])) return false;
            values = values[LengthOf(register)..];
        }

        return true;
    }

    /// <summary>Sets one of them. The x87's tags and last addresses are kept as they are.</summary>
    public static bool TryWrite(GuestTask task, int register, ReadOnlySpan<byte> value)
    {
        if (register is < 0 or >= Count || value.Length < LengthOf(register)) return false;
        if (register < CoreCount)
        {
            Words(task)[register] = BinaryPrimitives.ReadUInt32LittleEndian(value);
            return true;
        }

        Span<byte> area = stackalloc byte[GuestContext.FloatingPointByteLength];
        task.Context.SaveFloatingPoint(area);
        value = value[..LengthOf(register)];
        if (register < Control) value.CopyTo(area[(Layout.Stack + ((register - StackTop) * VectorLength))..]);
        else if (register - Control is 0 or 1) value[..2].CopyTo(area[((register - Control) * 2)..]);    // fctrl and fstat
        else if (register < Vector) return true;
        else if (register < VectorControl) value.CopyTo(area[(Layout.Vectors + ((register - Vector) * VectorLength))..]);
        else value.CopyTo(area[Layout.Mxcsr..]);
        task.Context.RestoreFloatingPoint(area);
        return true;
    }

    private static Span<uint> Words(GuestTask task) =>
        MemoryMarshal.Cast<GuestRegisters, uint>(MemoryMarshal.CreateSpan(ref task.Registers, 1));

    private static int LengthOf(int register) => register switch
    {
        >= StackTop and < Control => StackLength,
        >= Vector and < VectorControl => VectorLength,
        _ => WordLength,
    };

    /// <summary>fctrl, fstat, ftag, fiseg, fioff, foseg, fooff, fop.</summary>
    private static uint ControlWord(ReadOnlySpan<byte> area, int index) => index switch
    {
        0 => BinaryPrimitives.ReadUInt16LittleEndian(area[Layout.Control..]),
        1 => BinaryPrimitives.ReadUInt16LittleEndian(area[Layout.Status..]),
        2 => FullTags(area[Layout.Tags]),
        3 => BinaryPrimitives.ReadUInt16LittleEndian(area[Layout.InstructionSegment..]),
        4 => BinaryPrimitives.ReadUInt32LittleEndian(area[Layout.InstructionPointer..]),
        5 => BinaryPrimitives.ReadUInt16LittleEndian(area[Layout.DataSegment..]),
        6 => BinaryPrimitives.ReadUInt32LittleEndian(area[Layout.DataPointer..]),
        _ => BinaryPrimitives.ReadUInt16LittleEndian(area[Layout.Opcode..]),
    };

    private static uint FullTags(byte used)
    {
        uint tags = 0;
        for (int i = 0; i < 8; i++)
            if ((used >> i & 1) == 0) tags |= 3u << (2 * i);    // 3: empty; gdb computes the other tags itself
        return tags;
    }

    private static string Describe()
    {
        StringBuilder text = new("<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target>"
            + "<architecture>i386</architecture><osabi>GNU/Linux</osabi><feature name=\"org.gnu.gdb.i386.core\">");
        for (int i = 0; i < CoreCount; i++)
        {
            string type = i is EspIndex or EbpIndex ? "data_ptr" : i == EipIndex ? "code_ptr" : "int32";
            text.Append(System.Globalization.CultureInfo.InvariantCulture,
                $"<reg name=\"{CoreNames[i]}\" bitsize=\"32\" type=\"{type}\"/>");
        }

        for (int i = 0; i < 8; i++)
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"<reg name=\"st{i}\" bitsize=\"80\" type=\"i387_ext\"/>");
        foreach (string name in ControlNames)
            text.Append("<reg name=\"").Append(name).Append("\" bitsize=\"32\" type=\"int\" group=\"float\"/>");
        text.Append("</feature><feature name=\"org.gnu.gdb.i386.sse\"><vector id=\"v4f\" type=\"ieee_single\" count=\"4\"/>"
            + "<vector id=\"v4i\" type=\"int32\" count=\"4\"/><union id=\"vec128\"><field name=\"v4_float\" type=\"v4f\"/>"
            + "<field name=\"v4_int32\" type=\"v4i\"/><field name=\"uint128\" type=\"uint128\"/></union>");
        for (int i = 0; i < 8; i++)
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"<reg name=\"xmm{i}\" bitsize=\"128\" type=\"vec128\"/>");
        return text.Append("<reg name=\"mxcsr\" bitsize=\"32\" type=\"int\" group=\"vector\"/></feature></target>").ToString();
    }
}
