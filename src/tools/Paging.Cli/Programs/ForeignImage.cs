using System.Buffers.Binary;
using System.Text;

namespace Paging.Cli.Programs;

/// <summary>Describes a file that execve(2) refused, and the remedy.</summary>
internal static class ForeignImage
{
    private const int HeaderByteLength = 52, SegmentByteLength = 32;
    private const int HeadersByteLengthMax = 4096;    // PT_INTERP and its path lie on the first page, as linkers write them
    private const uint InterpreterSegment = 3;        // PT_INTERP
    private const ushort Relocatable = 1, Core = 4;
    private const ushort I386 = 3, I486 = 6, X64 = 62, Arm = 40, Arm64 = 183;

    /// <summary>Returns a description from the first bytes, or the host's error if they cannot be read.</summary>
    public static string Describe(string path)
    {
        byte[] bytes = new byte[HeaderByteLength];
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            int length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return Describe(bytes.AsSpan(0, length));
        }
        catch (Exception exception) when (UserFiles.IsRefusal(exception))    // some files can be opened but not read: /proc/self/mem
        {
            return $"cannot be read: {UserFiles.ReasonOf(exception, path)}";
        }
    }

    /// <summary>Returns the interpreter that a program names in PT_INTERP or after <c>#!</c>, or null.</summary>
    public static string? InterpreterOf(string path)
    {
        byte[] bytes = new byte[HeadersByteLengthMax];
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        ReadOnlySpan<byte> start = bytes.AsSpan(0, file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
        if (start.StartsWith("#!"u8))
            return Encoding.UTF8.GetString(start[2..]).Split('\n')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        if (!start.StartsWith("\u007fELF"u8) || start.Length < HeaderByteLength) return null;
        uint headers = BinaryPrimitives.ReadUInt32LittleEndian(start[28..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(start[44..]);
        for (int i = 0; i < count; i++)
        {
            ulong at = headers + (ulong)(i * SegmentByteLength);
            if (at + SegmentByteLength > (ulong)start.Length) return null;
            ReadOnlySpan<byte> segment = start[(int)at..];
            if (BinaryPrimitives.ReadUInt32LittleEndian(segment) != InterpreterSegment) continue;
            ulong offset = BinaryPrimitives.ReadUInt32LittleEndian(segment[4..]);
            ulong end = offset + BinaryPrimitives.ReadUInt32LittleEndian(segment[16..]);
            return end > (ulong)start.Length ? null : Encoding.UTF8.GetString(start[(int)offset..(int)end]).TrimEnd('\0');
        }

        return null;
    }

    private static string Describe(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return "an empty file";
        if (bytes.StartsWith("#!"u8)) return "a script: execute its interpreter";
        if (!bytes.StartsWith("\u007fELF"u8)) return "not an ELF image";
        if (bytes.Length < HeaderByteLength) return "an ELF image that is cut short";
        ushort machine = BinaryPrimitives.ReadUInt16LittleEndian(bytes[18..]);
        if (bytes[4] != 1) return $"an ELF image of 64 bits{NameOf(machine)}; this machine is an i386 (compile with -m32)";
        if (machine is not (I386 or I486)) return $"an ELF image for another machine{NameOf(machine)}; this one is an i386";
        return BinaryPrimitives.ReadUInt16LittleEndian(bytes[16..]) switch
        {
            Relocatable => "an object file that has not been linked",
            Core => "a core dump, not a program",
            _ => "an ELF image with headers that cannot be read, or cut short",
        };
    }

    private static string NameOf(ushort machine) => machine switch
    {
        X64 => " (x86-64)",
        Arm => " (ARM)",
        Arm64 => " (AArch64)",
        _ => "",
    };
}
